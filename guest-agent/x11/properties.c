/*
 * What windows say about themselves in properties (ICCCM 4.1.2, EWMH 5): asked for when a window is
 * first mapped, and again when it changes. Nothing here waits: each property has a function for its
 * reply.
 */
#define G_LOG_DOMAIN "ga-properties"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "x11.h"

enum {
	VALUE_MAX = 4096, /* units of 4 bytes that are asked of a property */

	/* WM_HINTS */
	HINTS_LEN = 9,
	HINTS_INPUT = 0x001,
	HINTS_STATE = 0x002,
	HINTS_ICON_PIXMAP = 0x004,
	HINTS_ICON_MASK = 0x020,
	HINTS_GROUP = 0x040,
	HINTS_URGENCY = 0x100,

	/* WM_NORMAL_HINTS: the flags that X11 before R4 did not have, and the length then */
	SIZE_HINTS_OLD_LEN = 15,
	SIZE_HINTS_NEW = VP_HINT_BASE_SIZE | VP_HINT_GRAVITY,
};

/* A reply's 32-bit values; NULL if there are less than min. */
static const uint32_t *words(const xcb_get_property_reply_t *reply, size_t min, size_t *count)
{
	if (reply == NULL || reply->format != 32)
		return NULL;
	size_t len = (size_t)xcb_get_property_value_length(reply) / sizeof(uint32_t);
	if (len < min)
		return NULL;
	*count = len;
	return xcb_get_property_value(reply);
}

static uint32_t first_word(const xcb_get_property_reply_t *reply, uint32_t otherwise)
{
	size_t count;
	const uint32_t *values = words(reply, 1, &count);
	return values != NULL ? values[0] : otherwise;
}

static char *text_of(struct ga_x11 *x11, const xcb_get_property_reply_t *reply)
{
	if (reply == NULL)
		return NULL;
	return ga_x11_text_from(x11, reply->type, reply->format, xcb_get_property_value(reply),
		(size_t)xcb_get_property_value_length(reply));
}

static void tell_title(struct ga_x11 *x11, struct ga_x11_window *window)
{
	const char *title = window->net_name != NULL ? window->net_name : window->name;
	if (window->announced)
		ga_x11_tell(x11, VP_MESSAGE(WINDOW_TITLE, window_title, window->id,
					 vp_text_from(title != NULL ? title : "", VP_TITLE_MAX)));
}

static void handle_net_name(
	struct ga_x11 *x11, struct ga_x11_window *window, xcb_get_property_reply_t *reply)
{
	g_free(window->net_name);
	window->net_name = text_of(x11, reply);
	tell_title(x11, window);
}

static void handle_name(
	struct ga_x11 *x11, struct ga_x11_window *window, xcb_get_property_reply_t *reply)
{
	g_free(window->name);
	window->name = text_of(x11, reply);
	if (window->net_name == NULL)
		tell_title(x11, window);
}

static void tell_class(struct ga_x11 *x11, struct ga_x11_window *window)
{
	if (window->announced)
		ga_x11_tell(
			x11, VP_MESSAGE(WINDOW_CLASS, window_class, .window = window->id,
				     .instance = vp_text_from(window->instance, VP_CLASS_MAX),
				     .class_name = vp_text_from(window->class_name, VP_CLASS_MAX)));
}

/* Two texts, each ended by NUL, in ISO 8859-1. */
static void handle_class(
	struct ga_x11 *x11, struct ga_x11_window *window, xcb_get_property_reply_t *reply)
{
	const char *value =
		reply != NULL && reply->format == 8 ? xcb_get_property_value(reply) : "";
	size_t len = reply != NULL && reply->format == 8
			     ? (size_t)xcb_get_property_value_length(reply)
			     : 0;
	size_t first = strnlen(value, len);
	size_t second = first < len ? first + 1 : len;
	g_free(window->instance);
	g_free(window->class_name);
	window->instance = ga_x11_text_from(x11, XCB_ATOM_STRING, 8, value, first);
	window->class_name = ga_x11_text_from(
		x11, XCB_ATOM_STRING, 8, value + second, strnlen(value + second, len - second));
	tell_class(x11, window);
}

void ga_x11_owner_tell(struct ga_x11 *x11, struct ga_x11_window *window)
{
	if (!window->announced)
		return;
	uint32_t owner = ga_x11_popups_owner(x11, window);
	bool changed = owner != window->owner;
	window->owner = owner;
	ga_x11_tell(x11,
		VP_MESSAGE(WINDOW_OWNER, window_owner, .window = window->id, .owner = window->owner,
			.group = window->group != XCB_NONE ? window->group : window->leader));
	if (changed && window->popup)
		ga_x11_popups_tell_place(x11, window);
}

static void handle_transient_for(
	struct ga_x11 *x11, struct ga_x11_window *window, xcb_get_property_reply_t *reply)
{
	window->transient_for = first_word(reply, XCB_NONE);
	ga_x11_owner_tell(x11, window);
}

static void handle_leader(
	struct ga_x11 *x11, struct ga_x11_window *window, xcb_get_property_reply_t *reply)
{
	window->leader = first_word(reply, XCB_NONE);
	ga_x11_owner_tell(x11, window);
}

static void handle_hints(
	struct ga_x11 *x11, struct ga_x11_window *window, xcb_get_property_reply_t *reply)
{
	size_t count;
	const uint32_t *values = words(reply, HINTS_LEN - 1, &count);
	uint32_t flags = values != NULL ? values[0] : 0;
	bool took_input = window->takes_input;
	bool urgent = (flags & HINTS_URGENCY) != 0;
	window->takes_input = (flags & HINTS_INPUT) == 0 || values[1] != 0;
	window->iconic = (flags & HINTS_STATE) != 0 && values[2] == GA_X11_ICONIC_STATE;
	window->group = (flags & HINTS_GROUP) != 0 && count >= HINTS_LEN ? values[8] : XCB_NONE;
	window->icon_pixmap = flags & HINTS_ICON_PIXMAP ? values[3] : XCB_NONE;
	window->icon_mask = flags & HINTS_ICON_MASK ? values[7] : XCB_NONE;
	if (urgent != window->urgent)
		ga_x11_state_request(x11, window, VP_STATE_DEMANDS_ATTENTION,
			urgent ? VP_STATE_DEMANDS_ATTENTION : 0);
	window->urgent = urgent;
	ga_x11_owner_tell(x11, window);
	if (took_input != window->takes_input)
		ga_x11_hints_tell(x11, window);
	if (window->announced)
		ga_x11_icon_ask(x11, window);
}

/* The flags and fields are those of enum vp_hint, X11's own. */
static void handle_normal_hints(
	struct ga_x11 *x11, struct ga_x11_window *window, xcb_get_property_reply_t *reply)
{
	size_t count = 0;
	const uint32_t *values = words(reply, SIZE_HINTS_OLD_LEN, &count);
	memset(window->size_hints, 0, sizeof(window->size_hints));
	if (values != NULL)
		memcpy(window->size_hints, values,
			MIN(count, G_N_ELEMENTS(window->size_hints)) * sizeof(values[0]));
	if (count < GA_X11_SIZE_HINTS)
		window->size_hints[0] &= ~(uint32_t)SIZE_HINTS_NEW;
	ga_x11_hints_tell(x11, window);
}

static uint32_t size_in_range(uint32_t size)
{
	return size > INT32_MAX ? 0 : MIN(size, VP_SIZE_MAX);
}

static uint32_t positive(uint32_t number)
{
	return number > INT32_MAX ? 0 : number;
}

void ga_x11_hints_tell(struct ga_x11 *x11, struct ga_x11_window *window)
{
	const uint32_t *values = window->size_hints;
	uint32_t flags = values[0] & (VP_HINT_ALL & ~VP_HINT_NO_INPUT);
	uint8_t gravity = (uint8_t)MIN(values[17], XCB_GRAVITY_STATIC);
	if (!window->takes_input && !window->takes_focus)
		flags |= VP_HINT_NO_INPUT;
	if (window->placed) {
		flags |= VP_HINT_USER_POSITION | VP_HINT_USER_SIZE | VP_HINT_GRAVITY;
		gravity = XCB_GRAVITY_STATIC;
	}
	if (!window->announced)
		return;
	ga_x11_tell(x11, VP_MESSAGE(WINDOW_HINTS, window_hints, .window = window->id,
				 .flags = (uint16_t)flags, .min_width = size_in_range(values[5]),
				 .min_height = size_in_range(values[6]),
				 .max_width = size_in_range(values[7]),
				 .max_height = size_in_range(values[8]),
				 .width_increment = size_in_range(values[9]),
				 .height_increment = size_in_range(values[10]),
				 .min_aspect_num = positive(values[11]),
				 .min_aspect_den = positive(values[12]),
				 .max_aspect_num = positive(values[13]),
				 .max_aspect_den = positive(values[14]),
				 .base_width = size_in_range(values[15]),
				 .base_height = size_in_range(values[16]), .gravity = gravity));
}

static void handle_protocols(
	struct ga_x11 *x11, struct ga_x11_window *window, xcb_get_property_reply_t *reply)
{
	size_t count = 0;
	const uint32_t *atoms = words(reply, 0, &count);
	window->takes_focus = false;
	window->deletes = false;
	window->pings = false;
	window->syncs = false;
	for (size_t i = 0; atoms != NULL && i < count; i++) {
		window->takes_focus = window->takes_focus || atoms[i] == x11->atoms.WM_TAKE_FOCUS;
		window->deletes = window->deletes || atoms[i] == x11->atoms.WM_DELETE_WINDOW;
		window->pings = window->pings || atoms[i] == x11->atoms._NET_WM_PING;
		window->syncs = window->syncs || atoms[i] == x11->atoms._NET_WM_SYNC_REQUEST;
	}
	ga_x11_hints_tell(x11, window);
}

static void handle_sync_counter(
	struct ga_x11 *x11, struct ga_x11_window *window, xcb_get_property_reply_t *reply)
{
	ga_x11_sync_follow(x11, window, first_word(reply, XCB_NONE));
}

struct type_atom {
	enum vp_type type;
	size_t atom; /* its place in struct ga_x11_atoms */
};

#define TYPE_ATOM(type) \
	{ \
		VP_TYPE_##type, offsetof(struct ga_x11_atoms, _NET_WM_WINDOW_TYPE_##type) \
	}
static const struct type_atom type_atoms[] = {
	TYPE_ATOM(NORMAL),
	TYPE_ATOM(DIALOG),
	TYPE_ATOM(UTILITY),
	TYPE_ATOM(SPLASH),
	TYPE_ATOM(TOOLBAR),
	TYPE_ATOM(DOCK),
	TYPE_ATOM(DESKTOP),
	TYPE_ATOM(MENU),
	TYPE_ATOM(POPUP_MENU),
	TYPE_ATOM(DROPDOWN_MENU),
	TYPE_ATOM(TOOLTIP),
	TYPE_ATOM(COMBO),
	TYPE_ATOM(NOTIFICATION),
	TYPE_ATOM(DND),
};
#undef TYPE_ATOM

static bool type_of_atom(const struct ga_x11 *x11, xcb_atom_t atom, uint32_t *type)
{
	for (size_t i = 0; i < G_N_ELEMENTS(type_atoms); i++) {
		const char *atoms = (const char *)&x11->atoms;
		if (*(const xcb_atom_t *)(atoms + type_atoms[i].atom) == atom) {
			*type = type_atoms[i].type;
			return true;
		}
	}
	return false;
}

/* EWMH: of several types the first that is known counts; without one a transient window is a
 * dialog. */
static void tell_type(struct ga_x11 *x11, struct ga_x11_window *window)
{
	if (!window->typed)
		window->type = window->transient_for != XCB_NONE && !window->popup ? VP_TYPE_DIALOG
										   : VP_TYPE_NORMAL;
	if (window->announced)
		ga_x11_tell(x11,
			VP_MESSAGE(WINDOW_TYPE, window_type, window->id, (uint8_t)window->type));
}

static void handle_type(
	struct ga_x11 *x11, struct ga_x11_window *window, xcb_get_property_reply_t *reply)
{
	size_t count = 0;
	const uint32_t *atoms = words(reply, 1, &count);
	window->typed = false;
	for (size_t i = 0; atoms != NULL && i < count && !window->typed; i++)
		window->typed = type_of_atom(x11, atoms[i], &window->type);
	tell_type(x11, window);
}

static void handle_opacity(
	struct ga_x11 *x11, struct ga_x11_window *window, xcb_get_property_reply_t *reply)
{
	window->opacity = first_word(reply, UINT32_MAX);
	if (window->announced)
		ga_x11_tell(x11,
			VP_MESSAGE(WINDOW_OPACITY, window_opacity, window->id, window->opacity));
}

/* Read once, before a window is shown: the property is ours from then on. */
static void handle_state(
	struct ga_x11 *x11, struct ga_x11_window *window, xcb_get_property_reply_t *reply)
{
	size_t count = 0;
	const uint32_t *atoms = words(reply, 1, &count);
	window->wanted_state = 0;
	for (size_t i = 0; atoms != NULL && i < count; i++)
		window->wanted_state |= ga_x11_state_of_atom(x11, atoms[i]);
	window->wanted_state &= ~(uint32_t)VP_STATE_FOCUSED;
}

typedef void property_handler(
	struct ga_x11 *x11, struct ga_x11_window *window, xcb_get_property_reply_t *reply);

/* Rows of the properties that are followed: a name for functions, the atom, how it is handled. */
#define PROPERTIES(P) \
	P(net_name, x11->atoms._NET_WM_NAME, handle_net_name) \
	P(name, XCB_ATOM_WM_NAME, handle_name) \
	P(class, XCB_ATOM_WM_CLASS, handle_class) \
	P(transient_for, XCB_ATOM_WM_TRANSIENT_FOR, handle_transient_for) \
	P(leader, x11->atoms.WM_CLIENT_LEADER, handle_leader) \
	P(hints, XCB_ATOM_WM_HINTS, handle_hints) \
	P(normal_hints, XCB_ATOM_WM_NORMAL_HINTS, handle_normal_hints) \
	P(protocols, x11->atoms.WM_PROTOCOLS, handle_protocols) \
	P(sync_counter, x11->atoms._NET_WM_SYNC_REQUEST_COUNTER, handle_sync_counter) \
	P(type, x11->atoms._NET_WM_WINDOW_TYPE, handle_type) \
	P(opacity, x11->atoms._NET_WM_WINDOW_OPACITY, handle_opacity)

static void handle_property(struct ga_x11 *x11, void *reply, uint32_t id, property_handler *handler)
{
	struct ga_x11_window *window = ga_x11_window_by_id(x11, id);
	if (window != NULL)
		handler(x11, window, reply);
}

#define REPLY_HANDLER(name, atom, handler) \
	static void handle_##name##_reply(struct ga_x11 *x11, void *reply, uint32_t id) \
	{ \
		handle_property(x11, reply, id, handler); \
	}
PROPERTIES(REPLY_HANDLER)
#undef REPLY_HANDLER

static void handle_state_reply(struct ga_x11 *x11, void *reply, uint32_t id)
{
	handle_property(x11, reply, id, handle_state);
}

static void ask(struct ga_x11 *x11, struct ga_x11_window *window, xcb_atom_t property,
	ga_x11_reply_handler *handler)
{
	xcb_get_property_cookie_t cookie = xcb_get_property(
		x11->connection, 0, window->xid, property, XCB_GET_PROPERTY_TYPE_ANY, 0, VALUE_MAX);
	ga_x11_reply_expect(x11, cookie.sequence, handler, window->id);
}

static void handle_attributes_reply(struct ga_x11 *x11, void *data, uint32_t id)
{
	struct ga_x11_window *window = ga_x11_window_by_id(x11, id);
	const xcb_get_window_attributes_reply_t *reply = data;
	if (window == NULL || reply == NULL)
		return;
	window->visual = reply->visual;
	if (reply->_class == XCB_WINDOW_CLASS_INPUT_ONLY)
		window->stage = GA_X11_STAGE_IGNORED;
}

/* The last of the replies that a window waits for. */
static void handle_geometry_reply(struct ga_x11 *x11, void *data, uint32_t id)
{
	struct ga_x11_window *window = ga_x11_window_by_id(x11, id);
	const xcb_get_geometry_reply_t *reply = data;
	if (window == NULL || reply == NULL)
		return;
	window->depth = reply->depth;
	if (window->stage == GA_X11_STAGE_IGNORED) {
		if (!window->popup)
			xcb_map_window(x11->connection, window->xid);
		return;
	}
	if (window->iconic)
		window->wanted_state |= VP_STATE_MINIMIZED;
	if (window->urgent)
		window->wanted_state |= VP_STATE_DEMANDS_ATTENTION;
	ga_x11_wm_handle_known(x11, window);
}

void ga_x11_properties_ask(struct ga_x11 *x11, struct ga_x11_window *window)
{
	xcb_connection_t *c = x11->connection;
	const uint32_t events = XCB_EVENT_MASK_PROPERTY_CHANGE;
	window->stage = GA_X11_STAGE_ASKED;
	xcb_change_window_attributes(c, window->xid, XCB_CW_EVENT_MASK, &events);
	ga_x11_reply_expect(x11, xcb_get_window_attributes(c, window->xid).sequence,
		handle_attributes_reply, window->id);
#define ASK(name, atom, handler) ask(x11, window, atom, handle_##name##_reply);
	PROPERTIES(ASK)
#undef ASK
	ask(x11, window, x11->atoms._NET_WM_STATE, handle_state_reply);
	ga_x11_shape_follow(x11, window);
	ga_x11_reply_expect(
		x11, xcb_get_geometry(c, window->xid).sequence, handle_geometry_reply, window->id);
}

void ga_x11_properties_announce(struct ga_x11 *x11, struct ga_x11_window *window)
{
	tell_title(x11, window);
	tell_class(x11, window);
	tell_type(x11, window);
	ga_x11_owner_tell(x11, window);
	ga_x11_hints_tell(x11, window);
	if (window->opacity != UINT32_MAX)
		ga_x11_tell(x11,
			VP_MESSAGE(WINDOW_OPACITY, window_opacity, window->id, window->opacity));
	if (window->hung)
		ga_x11_tell(x11, VP_MESSAGE(WINDOW_HUNG, window_hung, window->id, 1));
	ga_x11_shape_announce(x11, window);
	if (!window->popup)
		ga_x11_icon_ask(x11, window);
}

bool ga_x11_properties_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event)
{
	if ((event->response_type & ~GA_X11_SENT_EVENT) != XCB_PROPERTY_NOTIFY)
		return false;
	const xcb_property_notify_event_t *notify = (const void *)event;
	struct ga_x11_window *window = ga_x11_window_by_xid(x11, notify->window);
	if (window == NULL)
		return false;
#define ASK_CHANGED(name, property, handler) \
	if (notify->atom == (property)) \
		ask(x11, window, property, handle_##name##_reply);
	PROPERTIES(ASK_CHANGED)
#undef ASK_CHANGED
	if (notify->atom == x11->atoms._NET_WM_ICON && window->announced)
		ga_x11_icon_ask(x11, window);
	return true;
}
