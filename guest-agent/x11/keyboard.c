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
#include "input.h"

enum {
	COMPILE_TIME_MAX_MS = 5000,
	ARRIVED_MAX = 16,
};

/* A layout of the primary that the input has not come to yet. */
struct arrived {
	uint32_t serial;
	char *text;
};

struct ga_x11_keyboard {
	GQueue arrived; /* of struct arrived, owned, in the order of their serials */
	bool wanting; /* input waits for a layout: */
	uint32_t wanted;
	char *keymap; /* the last that was set or is being set; NULL none */
	uint32_t serial; /* of it */
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
	g_queue_init(&x11->keyboard->arrived);
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

static void free_arrived(void *data)
{
	struct arrived *arrived = data;
	g_free(arrived->text);
	g_free(arrived);
}

void ga_x11_keyboard_destroy(struct ga_x11 *x11)
{
	if (x11->keyboard == NULL)
		return;
	kill_compiler(x11->keyboard);
	g_queue_clear_full(&x11->keyboard->arrived, free_arrived);
	g_free(x11->keyboard->keymap);
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

/* Serials may wrap around. */
static bool has_come_to(uint32_t serial, uint32_t wanted)
{
	return (int32_t)(serial - wanted) >= 0;
}

/* Takes the layout that is wanted, if it has come. Those before it have been overtaken, and it may
 * itself have been dropped for the next. False if it is still to come. */
static bool take_wanted(struct ga_x11_keyboard *keyboard, char **text)
{
	struct arrived *arrived;
	while ((arrived = g_queue_pop_head(&keyboard->arrived)) != NULL) {
		bool wanted = has_come_to(arrived->serial, keyboard->wanted);
		if (wanted) {
			*text = g_steal_pointer(&arrived->text);
			keyboard->serial = arrived->serial;
		}
		free_arrived(arrived);
		if (wanted)
			return true;
	}
	return false;
}

static void set_wanted(struct ga_x11 *x11)
{
	struct ga_x11_keyboard *keyboard = x11->keyboard;
	char *text;
	if (!keyboard->wanting || keyboard->compiler != 0)
		return;
	if (!has_come_to(keyboard->serial, keyboard->wanted)) {
		if (!take_wanted(keyboard, &text))
			return;
		bool same = g_strcmp0(text, keyboard->keymap) == 0;
		g_free(keyboard->keymap);
		keyboard->keymap = text;
		if (!same)
			start_compiler(x11);
	}
	keyboard->wanting = keyboard->compiler != 0;
}

void ga_x11_keyboard_want(struct ga_x11 *x11, uint32_t serial)
{
	if (!x11->xkb.present)
		return;
	x11->keyboard->wanting = true;
	x11->keyboard->wanted = serial;
	set_wanted(x11);
}

void ga_x11_keyboard_handle_keymap(struct ga_x11 *x11, const struct vp_keymap *message)
{
	struct ga_x11_keyboard *keyboard = x11->keyboard;
	if (!x11->xkb.present)
		return;
	if (keyboard->arrived.length == ARRIVED_MAX)
		free_arrived(g_queue_pop_head(&keyboard->arrived));
	struct arrived *arrived = g_new(struct arrived, 1);
	*arrived = (struct arrived){ message->serial,
		g_strndup(message->keymap.data, message->keymap.len) };
	g_queue_push_tail(&keyboard->arrived, arrived);
	bool waited = keyboard->wanting;
	set_wanted(x11);
	if (waited && !keyboard->wanting)
		ga_x11_input_resume(x11);
}

/* The server tells applications of the change before it sends them the next key. */
void ga_x11_keyboard_set_keysyms(struct ga_x11 *x11, const struct vp_input_keysyms *message)
{
	xcb_keysym_t keysyms[VP_KEYSYMS_MAX] = { XCB_NO_SYMBOL };
	size_t count = message->keysyms.count;
	for (size_t i = 0; i < count; i++)
		keysyms[i] = vp_ids_get(message->keysyms, i);
	xcb_change_keyboard_mapping(x11->connection, 1,
		(xcb_keycode_t)(message->code + GA_X11_EVDEV_OFFSET), (uint8_t)MAX(count, 1),
		keysyms);
	/* Which the server does not have any more. */
	g_clear_pointer(&x11->keyboard->keymap, g_free);
}

void ga_x11_keyboard_forget(struct ga_x11 *x11)
{
	struct ga_x11_keyboard *keyboard = x11->keyboard;
	g_queue_clear_full(&keyboard->arrived, free_arrived);
	keyboard->serial = 0;
	keyboard->wanted = 0;
	keyboard->wanting = keyboard->compiler != 0;
}

bool ga_x11_keyboard_busy(const struct ga_x11 *x11)
{
	return x11->keyboard->wanting;
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
	set_wanted(x11);
	if (!keyboard->wanting)
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
