#include "display-doctor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xcb/randr.h>
#include <xcb/shm.h>
#include <xcb/xcb.h>
#include <xcb/xfixes.h>
#include <xcb/xinput.h>

enum { NAME_MAX_WORDS = 64 };

static const char fine[] = "fine", warning[] = "warn", wrong[] = "WRONG";

struct examination {
	xcb_connection_t *connection;
	FILE *out;
	bool well;
};

struct version {
	uint32_t major;
	uint32_t minor;
};

/* What the view uses of the X server, and what it is without. */
struct need {
	const char *extension;
	struct version least;
	bool (*ask)(xcb_connection_t *connection, struct version *version); /* NULL: any will do */
	const char *grade; /* of its absence */
	const char *without;
};

static void tell(struct examination *examination, const char *grade, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void tell(struct examination *examination, const char *grade, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fprintf(examination->out, "%-7s", grade);
	vfprintf(examination->out, format, arguments);
	fputc('\n', examination->out);
	va_end(arguments);
	examination->well = examination->well && grade != wrong;
}

/* The replies are of types that have nothing in common but the names of their fields. */
#define TAKE_VERSION(reply) \
	if (reply == NULL) \
		return false; \
	*version = (struct version){ reply->major_version, reply->minor_version }; \
	free(reply); \
	return true

static bool ask_shm(xcb_connection_t *connection, struct version *version)
{
	xcb_shm_query_version_reply_t *reply =
		xcb_shm_query_version_reply(connection, xcb_shm_query_version(connection), NULL);
	TAKE_VERSION(reply);
}

static bool ask_randr(xcb_connection_t *connection, struct version *version)
{
	xcb_randr_query_version_reply_t *reply = xcb_randr_query_version_reply(connection,
		xcb_randr_query_version(
			connection, XCB_RANDR_MAJOR_VERSION, XCB_RANDR_MINOR_VERSION),
		NULL);
	TAKE_VERSION(reply);
}

static bool ask_xfixes(xcb_connection_t *connection, struct version *version)
{
	xcb_xfixes_query_version_reply_t *reply = xcb_xfixes_query_version_reply(connection,
		xcb_xfixes_query_version(
			connection, XCB_XFIXES_MAJOR_VERSION, XCB_XFIXES_MINOR_VERSION),
		NULL);
	TAKE_VERSION(reply);
}

static bool ask_xinput(xcb_connection_t *connection, struct version *version)
{
	xcb_input_xi_query_version_reply_t *reply = xcb_input_xi_query_version_reply(connection,
		xcb_input_xi_query_version(
			connection, XCB_INPUT_MAJOR_VERSION, XCB_INPUT_MINOR_VERSION),
		NULL);
	TAKE_VERSION(reply);
}

static const struct need needs[] = {
	{ "XKEYBOARD", { 0, 0 }, NULL, wrong, "no key can be told to a guest" },
	{ "MIT-SHM", { 1, 2 }, ask_shm, warning,
		"pixels go to it by its socket, which is far slower; it is remote, or old" },
	{ "RANDR", { 1, 5 }, ask_randr, warning, "guests see one monitor of the whole screen" },
	{ "XFIXES", { 5, 0 }, ask_xfixes, warning,
		"guests' cursors do not hide, and the clipboard is not followed" },
	{ "XInputExtension", { 2, 2 }, ask_xinput, warning,
		"wheels turn whole clicks only, and menus of a guest stay open when one clicks "
		"elsewhere" },
	{ "SHAPE", { 0, 0 }, NULL, warning, "windows of another shape are rectangles" },
	{ "RENDER", { 0, 0 }, NULL, warning, "guests' cursors have no transparency" },
	{ "SYNC", { 0, 0 }, NULL, warning, "windows flicker while they are resized" },
	{ "X-Resource", { 0, 0 }, NULL, warning,
		"shortcuts of the clipboard cannot tell whose window has the focus" },
};

static bool has_extension(xcb_connection_t *connection, const char *name)
{
	xcb_query_extension_reply_t *reply = xcb_query_extension_reply(
		connection, xcb_query_extension(connection, (uint16_t)strlen(name), name), NULL);
	bool present = reply != NULL && reply->present != 0;
	free(reply);
	return present;
}

static bool is_older(const struct version *version, const struct version *least)
{
	return version->major < least->major ||
	       (version->major == least->major && version->minor < least->minor);
}

static void examine_need(struct examination *examination, const struct need *need)
{
	struct version version = { 0, 0 };
	if (!has_extension(examination->connection, need->extension))
		tell(examination, need->grade, "the X server lacks %s: %s", need->extension,
			need->without);
	else if (need->ask == NULL)
		tell(examination, fine, "the X server has %s", need->extension);
	else if (!need->ask(examination->connection, &version) || is_older(&version, &need->least))
		tell(examination, need->grade,
			"the X server has %s %" PRIu32 ".%" PRIu32 " and not %" PRIu32 ".%" PRIu32
			": %s",
			need->extension, version.major, version.minor, need->least.major,
			need->least.minor, need->without);
	else
		tell(examination, fine, "the X server has %s %" PRIu32 ".%" PRIu32, need->extension,
			version.major, version.minor);
}

/* The window manager */

static xcb_atom_t get_atom(xcb_connection_t *connection, const char *name)
{
	xcb_intern_atom_reply_t *reply = xcb_intern_atom_reply(
		connection, xcb_intern_atom(connection, 1, (uint16_t)strlen(name), name), NULL);
	xcb_atom_t atom = reply != NULL ? reply->atom : (xcb_atom_t)XCB_ATOM_NONE;
	free(reply);
	return atom;
}

static xcb_window_t get_window(
	xcb_connection_t *connection, xcb_window_t window, xcb_atom_t property)
{
	xcb_get_property_reply_t *reply = xcb_get_property_reply(connection,
		xcb_get_property(connection, 0, window, property, XCB_ATOM_WINDOW, 0, 1), NULL);
	xcb_window_t found = XCB_WINDOW_NONE;
	if (reply != NULL && reply->format == 32 && xcb_get_property_value_length(reply) == 4)
		memcpy(&found, xcb_get_property_value(reply), sizeof(found));
	free(reply);
	return found;
}

static void tell_manager(struct examination *examination, xcb_window_t manager)
{
	xcb_connection_t *connection = examination->connection;
	xcb_get_property_reply_t *reply = xcb_get_property_reply(connection,
		xcb_get_property(connection, 0, manager, get_atom(connection, "_NET_WM_NAME"),
			XCB_ATOM_ANY, 0, NAME_MAX_WORDS),
		NULL);
	int len = reply != NULL ? xcb_get_property_value_length(reply) : 0;
	tell(examination, fine, "the window manager is %.*s", len,
		len > 0 ? (const char *)xcb_get_property_value(reply) : "");
	free(reply);
}

/* A window that a manager has left behind does not say that it is itself. */
static void examine_manager(struct examination *examination)
{
	xcb_connection_t *connection = examination->connection;
	xcb_window_t root = xcb_setup_roots_iterator(xcb_get_setup(connection)).data->root;
	xcb_atom_t check = get_atom(connection, "_NET_SUPPORTING_WM_CHECK");
	xcb_window_t manager =
		check != XCB_ATOM_NONE ? get_window(connection, root, check) : XCB_WINDOW_NONE;
	if (manager != XCB_WINDOW_NONE && get_window(connection, manager, check) == manager)
		tell_manager(examination, manager);
	else
		tell(examination, wrong,
			"no window manager that keeps to EWMH runs: windows cannot be moved, "
			"raised or given the focus; start one, such as openbox");
}

static void examine_session(struct examination *examination)
{
	const char *type = getenv("XDG_SESSION_TYPE");
	const char *wayland = getenv("WAYLAND_DISPLAY");
	if ((type != NULL && strcmp(type, "wayland") == 0) || (wayland != NULL && *wayland != '\0'))
		tell(examination, warning,
			"this is a session of Wayland: windows show through Xwayland, shortcuts "
			"work only while an X client has the focus, and shared monitors may be "
			"scaled; a session of Xorg has no such limits");
	else
		tell(examination, fine, "this is a session of X11");
}

bool hc_x11_doctor_examine(const char *display, FILE *out)
{
	struct examination examination = { xcb_connect(display, NULL), out, true };
	const char *name = display != NULL ? display : getenv("DISPLAY");
	examine_session(&examination);
	if (xcb_connection_has_error(examination.connection) != 0) {
		tell(&examination, wrong,
			"%s%s cannot be reached: start this in a desktop session, or set DISPLAY "
			"and XAUTHORITY to one",
			name != NULL ? "the display " : "a display, which DISPLAY would name,",
			name != NULL ? name : "");
	} else {
		tell(&examination, fine, "the display %s can be used", name);
		for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
			examine_need(&examination, &needs[i]);
		examine_manager(&examination);
	}
	xcb_disconnect(examination.connection);
	return examination.well;
}
