#include "local-sandbox.h"

#include <stdbool.h>
#include <string.h>

/* Places inside of the sandbox. */
#define INNER_DIRECTORY "/run/oriel"
#define INNER_SESSION INNER_DIRECTORY "/session"
#define INNER_XAUTHORITY INNER_DIRECTORY "/Xauthority"
#define INNER_X11 "/tmp/.X11-unix"

enum { SCREEN_ROOM_WIDTH = 4096, SCREEN_ROOM_HEIGHT = 2304, SCREEN_MAX = 16384 };

/* What of the primary's system a guest needs: programs, their data and settings, nothing of its
 * users. */
static const char *const system_paths[] = {
	"/usr",
	"/bin",
	"/sbin",
	"/lib",
	"/lib32",
	"/lib64",
	"/libx32",
	"/etc",
	"/opt",
	"/nix/store",
	"/gnu/store",
	"/var/cache/fontconfig",
	"/var/lib/dbus",
	"/var/lib/xkb",
	"/var/lib/ghostscript",
	"/sys/devices/system/cpu",
};

/* What the network's settings in /etc may refer to. */
static const char *const network_paths[] = { "/run/systemd/resolve", "/run/resolvconf",
	"/run/NetworkManager/resolv.conf" };

/* With a sandbox, only these are taken over: the caller's environment may hold secrets. */
static const char *const kept_names[] = { "PATH", "LANG", "LANGUAGE", "TZ", "TERM", "SHELL", "USER",
	"LOGNAME", "XDG_DATA_DIRS", "XDG_CONFIG_DIRS", "JAVA_HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS",
	"LSAN_OPTIONS", "LLVM_PROFILE_FILE" };
static const char *const kept_prefixes[] = { "LC_", "ORIEL_", "G_MESSAGES_", "MALLOC_" };

/* Without one, everything but what names the primary's session, its home, or its input methods. */
static const char *const dropped_names[] = { "DISPLAY", "XAUTHORITY", "SESSION_MANAGER", "WINDOWID",
	"DESKTOP_SESSION", "DESKTOP_STARTUP_ID", "DESKTOP_AUTOSTART_ID", "SSH_AUTH_SOCK",
	"SSH_AGENT_PID", "GPG_AGENT_INFO", "ICEAUTHORITY", "AT_SPI_BUS_ADDRESS", "PULSE_SERVER",
	"PIPEWIRE_REMOTE", "NOTIFY_SOCKET", "INVOCATION_ID", "JOURNAL_STREAM", "MANAGERPID",
	"SYSTEMD_EXEC_PID", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
	"XDG_CACHE_HOME", "XDG_SEAT", "XDG_SEAT_PATH", "XDG_VTNR", "XDG_CURRENT_DESKTOP",
	"XDG_MENU_PREFIX", "XDG_ACTIVATION_TOKEN", "GDK_BACKEND", "GDK_SCALE", "GDK_DPI_SCALE",
	"QT_QPA_PLATFORM", "QT_SCALE_FACTOR", "QT_SCREEN_SCALE_FACTORS", "QT_FONT_DPI",
	"QT_AUTO_SCREEN_SCALE_FACTOR", "QT_ENABLE_HIGHDPI_SCALING",
	"QT_SCALE_FACTOR_ROUNDING_POLICY", "XCURSOR_SIZE", "XCURSOR_THEME", "GTK_IM_MODULE",
	"QT_IM_MODULE", "XMODIFIERS", "PWD", "OLDPWD" };
static const char *const dropped_prefixes[] = { "WAYLAND_", "DBUS_", "XDG_SESSION_", "LISTEN_",
	"GNOME_", "KDE_", "GIO_LAUNCHED_DESKTOP_" };

static void add(GPtrArray *command, const char *argument)
{
	g_ptr_array_add(command, g_strdup(argument));
}

static void add_option(GPtrArray *command, const char *option, const char *value)
{
	add(command, option);
	add(command, value);
}

static void add_mount(
	GPtrArray *command, const char *option, const char *source, const char *target)
{
	add_option(command, option, source);
	add(command, target);
}

static bool listed(const char *entry, size_t name_len, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(names[i]) == name_len && strncmp(entry, names[i], name_len) == 0)
			return true;
	return false;
}

static bool prefixed(const char *entry, const char *const *prefixes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (g_str_has_prefix(entry, prefixes[i]))
			return true;
	return false;
}

/* The guest's XDG_RUNTIME_DIR, as the guest sees it. */
static char *inner_runtime(const struct hv_session_plan *plan)
{
	if (plan->config->isolation == HV_ISOLATION_NONE)
		return g_strdup(plan->paths->runtime);
	return g_strdup_printf("/run/user/%u", (unsigned int)plan->uid);
}

/* Root needs no user namespace, but loses its capabilities; terminals end without these, which give
 * root nothing that it does not own already. */
static void add_privileges(GPtrArray *command, uid_t uid)
{
	static const char *const kept[] = { "CAP_CHOWN", "CAP_SETGID", "CAP_SETUID" };
	if (uid != 0) {
		add(command, "--unshare-user");
		return;
	}
	add_option(command, "--cap-drop", "ALL");
	for (size_t i = 0; i < G_N_ELEMENTS(kept); i++)
		add_option(command, "--cap-add", kept[i]);
}

static void add_namespaces(GPtrArray *command, const struct hv_session_plan *plan)
{
	add_privileges(command, plan->uid);
	add(command, "--unshare-pid");
	add(command, "--unshare-ipc");
	add(command, "--unshare-uts");
	add(command, "--unshare-cgroup-try");
	if (!plan->config->network)
		add(command, "--unshare-net");
	add_option(command, "--hostname", plan->config->name);
	add(command, "--new-session");
	/* the session is the reaper anyway, and all processes die with it */
	add(command, "--as-pid-1");
}

static void add_system(GPtrArray *command, const struct hv_session_plan *plan)
{
	for (size_t i = 0; i < G_N_ELEMENTS(system_paths); i++)
		add_mount(command, "--ro-bind-try", system_paths[i], system_paths[i]);
	add_option(command, "--proc", "/proc");
	add_option(command, "--dev", "/dev");
	add_option(command, "--tmpfs", "/tmp");
	add_option(command, "--tmpfs", "/run");
	add_option(command, "--tmpfs", "/var/tmp");
	for (size_t i = 0; plan->config->network && i < G_N_ELEMENTS(network_paths); i++)
		add_mount(command, "--ro-bind-try", network_paths[i], network_paths[i]);
}

static void add_own_places(GPtrArray *command, const struct hv_session_plan *plan)
{
	g_autofree char *runtime = inner_runtime(plan);
	g_autofree char *programs = g_path_get_dirname(plan->agent);
	add_option(command, "--perms", "0700");
	add_option(command, "--dir", runtime);
	add_mount(command, "--bind", plan->paths->x11, INNER_X11);
	add_mount(command, "--bind", plan->paths->session, INNER_SESSION);
	add_mount(command, "--ro-bind", plan->paths->xauthority, INNER_XAUTHORITY);
	/* lets a build run that is not installed */
	add_mount(command, "--ro-bind", programs, programs);
	add_mount(command, "--bind", plan->config->home, plan->config->home);
	add_option(command, "--chdir", plan->config->home);
}

static void add_sandbox(GPtrArray *command, const struct hv_session_plan *plan)
{
	g_autofree char *info_fd = g_strdup_printf("%d", HV_SESSION_INFO_FD);
	add(command, plan->bwrap);
	add_option(command, "--info-fd", info_fd);
	add_namespaces(command, plan);
	add_system(command, plan);
	add_own_places(command, plan);
	add(command, "--");
}

/* How large a side of the guest's screen can become; memory that is not drawn on costs nothing. */
static uint32_t screen_limit(uint32_t length, uint32_t room)
{
	return MAX(length, MIN(MAX(length * 2, room), SCREEN_MAX));
}

static void add_session(GPtrArray *command, const struct hv_session_plan *plan)
{
	bool boxed = plan->config->isolation == HV_ISOLATION_BWRAP;
	const struct hv_screen *screen = plan->screen;
	g_autofree char *runtime = inner_runtime(plan);
	add(command, plan->agent);
	add(command, "--session");
	g_ptr_array_add(command, g_strdup_printf("--display=%u", plan->display));
	g_ptr_array_add(command, g_strconcat("--xauthority=",
					 boxed ? INNER_XAUTHORITY : plan->paths->xauthority, NULL));
	g_ptr_array_add(command, g_strconcat("--runtime-dir=", runtime, NULL));
	g_ptr_array_add(command,
		g_strconcat("--state=", boxed ? INNER_SESSION "/state" : plan->paths->session_state,
			NULL));
	g_ptr_array_add(command, g_strdup_printf("--screen=%ux%u", screen->width, screen->height));
	g_ptr_array_add(command, g_strdup_printf("--max-screen=%ux%u",
					 screen_limit(screen->width, SCREEN_ROOM_WIDTH),
					 screen_limit(screen->height, SCREEN_ROOM_HEIGHT)));
	g_ptr_array_add(command, g_strdup_printf("--dpi=%u", screen->dpi));
	g_ptr_array_add(command, g_strdup_printf("--notify-fd=%d", HV_SESSION_NOTIFY_FD));
}

char **hv_session_command(const struct hv_session_plan *plan)
{
	GPtrArray *command = g_ptr_array_new();
	if (plan->config->isolation == HV_ISOLATION_BWRAP)
		add_sandbox(command, plan);
	add_session(command, plan);
	g_ptr_array_add(command, NULL);
	return (char **)g_ptr_array_free(command, FALSE);
}

static bool is_kept(const struct hv_session_plan *plan, const char *entry)
{
	size_t len = strcspn(entry, "=");
	if (plan->config->isolation == HV_ISOLATION_BWRAP)
		return listed(entry, len, kept_names, G_N_ELEMENTS(kept_names)) ||
		       prefixed(entry, kept_prefixes, G_N_ELEMENTS(kept_prefixes));
	return !listed(entry, len, dropped_names, G_N_ELEMENTS(dropped_names)) &&
	       !prefixed(entry, dropped_prefixes, G_N_ELEMENTS(dropped_prefixes));
}

char **hv_session_environment(const struct hv_session_plan *plan, const char *const *caller)
{
	static const char *const own_names[] = { "HOME", "ORIEL_VM", "ORIEL_VM_SESSION" };
	GPtrArray *environment = g_ptr_array_new();
	for (size_t i = 0; caller[i] != NULL; i++)
		if (is_kept(plan, caller[i]) && !listed(caller[i], strcspn(caller[i], "="),
							own_names, G_N_ELEMENTS(own_names)))
			add(environment, caller[i]);
	g_ptr_array_add(environment, g_strconcat("HOME=", plan->config->home, NULL));
	g_ptr_array_add(environment, g_strconcat("ORIEL_VM=", plan->config->name, NULL));
	add(environment, plan->marker);
	g_ptr_array_add(environment, NULL);
	return (char **)g_ptr_array_free(environment, FALSE);
}
