/*
 * The keyboard layout: the primary's, as a text that xkbcomp gives to the guest's server. And the
 * bell.
 */
#define G_LOG_DOMAIN "ga-keyboard"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xcb/xkb.h>

#include "../process.h"
#include "x11.h"

enum { COMPILE_TIME_MAX_MS = 5000 };

struct ga_x11_keyboard {
	char *keymap; /* the last that was set or is being set; NULL none */
	char *next; /* came meanwhile; NULL none */
	pid_t compiler; /* is setting the keymap; 0 none */
	int64_t deadline; /* when the compiler is killed */
};

static void follow_bell(struct ga_x11 *x11)
{
	const uint16_t bell = XCB_XKB_EVENT_TYPE_BELL_NOTIFY;
	xcb_xkb_select_events(x11->connection, XCB_XKB_ID_USE_CORE_KBD, bell, 0, bell, 0, 0, NULL);
}

bool ga_x11_keyboard_create(struct ga_x11 *x11)
{
	x11->keyboard = g_new0(struct ga_x11_keyboard, 1);
	if (x11->xkb.present)
		follow_bell(x11);
	else
		g_warning("the X server has no XKEYBOARD extension; keys follow its own layout");
	return true;
}

static void kill_compiler(struct ga_x11_keyboard *keyboard)
{
	if (keyboard->compiler == 0)
		return;
	kill(keyboard->compiler, SIGKILL);
	waitpid(keyboard->compiler, NULL, 0);
	keyboard->compiler = 0;
}

void ga_x11_keyboard_destroy(struct ga_x11 *x11)
{
	if (x11->keyboard == NULL)
		return;
	kill_compiler(x11->keyboard);
	g_free(x11->keyboard->keymap);
	g_free(x11->keyboard->next);
	g_free(x11->keyboard);
	x11->keyboard = NULL;
}

bool ga_x11_keyboard_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event)
{
	/* All events of the extension have the shape of this one's beginning. */
	const xcb_xkb_bell_notify_event_t *bell = (const void *)event;
	if (!x11->xkb.present || event->response_type != x11->xkb.event)
		return false;
	if (bell->xkbType == XCB_XKB_BELL_NOTIFY)
		ga_x11_tell(
			x11, VP_MESSAGE(BELL, bell, .percent = (uint8_t)MIN(bell->percent, 100)));
	return true;
}

/* A file of the keymap's text that is there for the compiler alone. -1 with errno. */
static int open_text(const char *text)
{
	size_t len = strlen(text);
	int fd = memfd_create("keymap", MFD_CLOEXEC);
	if (fd != -1 && pwrite(fd, text, len, 0) == (ssize_t)len)
		return fd;
	if (fd != -1)
		close(fd);
	return -1;
}

static void start_compiler(struct ga_x11 *x11)
{
	struct ga_x11_keyboard *keyboard = x11->keyboard;
	const char *const argv[] = { "xkbcomp", "-w", "0", "-", x11->display, NULL };
	int text = open_text(keyboard->keymap);
	const struct ga_process_fd fds[] = { { text, STDIN_FILENO } };
	pid_t pid = text == -1 ? -1
			       : ga_process_spawn(&(struct ga_process_spec){
					 .argv = argv,
					 .fds = fds,
					 .fd_count = G_N_ELEMENTS(fds),
					 .parent_death_signal = SIGTERM,
				 });
	int error = errno;
	if (text != -1)
		close(text);
	if (pid != -1) {
		keyboard->compiler = pid;
		keyboard->deadline = ga_x11_now() + COMPILE_TIME_MAX_MS;
		return;
	}
	g_autofree char *why = ga_process_error(argv[0], error);
	g_warning("the primary's keyboard layout cannot be set (%s); keys follow the guest's own; "
		  "install xkbcomp (x11-xkb-utils)",
		why);
	g_clear_pointer(&keyboard->keymap, g_free);
}

void ga_x11_keyboard_handle_keymap(struct ga_x11 *x11, const struct vp_keymap *message)
{
	struct ga_x11_keyboard *keyboard = x11->keyboard;
	char *text = g_strndup(message->keymap.data, message->keymap.len);
	if (!x11->xkb.present ||
		g_strcmp0(text, keyboard->next != NULL ? keyboard->next : keyboard->keymap) == 0) {
		g_free(text);
		return;
	}
	if (keyboard->compiler != 0) {
		g_free(keyboard->next);
		keyboard->next = text;
		return;
	}
	g_free(keyboard->keymap);
	keyboard->keymap = text;
	start_compiler(x11);
}

bool ga_x11_keyboard_busy(const struct ga_x11 *x11)
{
	return x11->keyboard->compiler != 0;
}

static void handle_compiler_exit(struct ga_x11 *x11, int status)
{
	struct ga_x11_keyboard *keyboard = x11->keyboard;
	keyboard->compiler = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		g_warning("xkbcomp does not take the primary's keyboard layout; keys follow the "
			  "guest's own");
		g_clear_pointer(&keyboard->keymap, g_free);
	}
	if (keyboard->next != NULL) {
		g_free(keyboard->keymap);
		keyboard->keymap = g_steal_pointer(&keyboard->next);
		start_compiler(x11);
	}
	if (keyboard->compiler == 0)
		ga_x11_input_resume(x11);
}

int64_t ga_x11_keyboard_deadline(const struct ga_x11 *x11)
{
	return x11->keyboard->compiler != 0 ? x11->keyboard->deadline : -1;
}

void ga_x11_keyboard_dispatch(struct ga_x11 *x11)
{
	struct ga_x11_keyboard *keyboard = x11->keyboard;
	int status = 0;
	if (keyboard->compiler == 0)
		return;
	if (waitpid(keyboard->compiler, &status, WNOHANG) == keyboard->compiler) {
		handle_compiler_exit(x11, status);
	} else if (ga_x11_now() >= keyboard->deadline) {
		kill(keyboard->compiler, SIGKILL);
		keyboard->deadline = ga_x11_now() + COMPILE_TIME_MAX_MS;
	}
}
