#include "question.h"

#include <cairo-xcb.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>
#include <xcb/xcb_icccm.h>

#include "prompt.h"
#include "words.h"

#define TITLE "Oriel: your desktop asks you"
#define CLASS "oriel-desk\0Oriel-desk"

enum {
	HARMLESS_MS = 500,
	MS_PER_SECOND = 1000,
	ICON_SIDE = 48,
	SENT_BIT = 0x80, /* of events that other clients send */
};

/* When something has come about, by the X server's clock, which its events tell: what the user did
 * before that must not count however late it is seen. */
struct moment {
	uint32_t awaited; /* events that will tell, of the last changes */
	xcb_timestamp_t time;
};

struct hc_question_window {
	struct hc_desk_display *display;
	uint32_t id;
	xcb_window_t window;
	struct hc_prompt *prompt;
	uint32_t width;
	uint32_t height;
	int64_t until; /* it is withdrawn then */
	int64_t drawn_at;
	struct moment seen; /* it was shown or uncovered */
	struct moment focused;
	bool shown; /* it has been drawn once */
	bool covered;
};

/* The server tells the time with the change of a property. */
static void begin_moment(
	struct hc_question_window *window, struct moment *moment, xcb_atom_t property)
{
	moment->awaited++;
	xcb_change_property(window->display->connection, XCB_PROP_MODE_APPEND, window->window,
		property, XCB_ATOM_CARDINAL, 32, 0, NULL);
}

static void note_moment(struct moment *moment, xcb_timestamp_t time)
{
	if (moment->awaited > 0)
		moment->awaited--;
	moment->time = time;
}

/* The server's time begins anew after 49 days. */
static bool is_long_after(const struct moment *moment, xcb_timestamp_t time)
{
	return moment->awaited == 0 && (int32_t)(time - moment->time) >= HARMLESS_MS;
}

static void disarm(struct hc_question_window *window, int64_t now)
{
	hc_prompt_disarm(window->prompt, now + HARMLESS_MS);
	begin_moment(window, &window->seen, window->display->atoms._ORIEL_SHOWN);
}

void hc_question_window_draw(struct hc_question_window *window, int64_t now)
{
	int64_t left = (MAX(window->until - now, 0) + MS_PER_SECOND - 1) / MS_PER_SECOND;
	g_autofree char *note = g_strdup_printf("Denied in %d s", (int)left);
	cairo_surface_t *surface = cairo_xcb_surface_create(window->display->connection,
		window->window, window->display->visual, (int)window->width, (int)window->height);
	cairo_t *cr = cairo_create(surface);

	window->drawn_at = now;
	hc_prompt_set_note(window->prompt, note);
	cairo_push_group(cr);
	hc_prompt_draw(window->prompt, cr, now);
	cairo_pop_group_to_source(cr);
	cairo_paint(cr);
	cairo_destroy(cr);
	cairo_surface_finish(surface);
	cairo_surface_destroy(surface);
}

/* The next whole second, or when the buttons can be pressed. */
int64_t hc_question_window_deadline(const struct hc_question_window *window)
{
	int64_t left = MAX(window->until - window->drawn_at, 0);
	int64_t next =
		left > 0 ? window->until - (left - 1) / MS_PER_SECOND * MS_PER_SECOND : INT64_MAX;
	int64_t armed = hc_prompt_armed_at(window->prompt);

	return armed > window->drawn_at ? MIN(armed, next) : next;
}

/* The window */

static void set_property(struct hc_question_window *window, xcb_atom_t property, xcb_atom_t type,
	uint8_t format, uint32_t count, const void *data)
{
	xcb_change_property(window->display->connection, XCB_PROP_MODE_REPLACE, window->window,
		property, type, format, count, data);
}

/* It is to be seen above others, and everywhere; and a window without a time of the user's takes no
 * focus. */
static void set_behaviour(struct hc_question_window *window)
{
	const struct hc_desk_display_atoms *atoms = &window->display->atoms;
	const uint32_t no_time = 0;
	const uint32_t whole = 0;
	const xcb_atom_t states[] = { atoms->_NET_WM_STATE_ABOVE, atoms->_NET_WM_STATE_STICKY };
	xcb_window_t fullscreen = hc_desk_display_fullscreen_window(window->display);

	set_property(window, atoms->_NET_WM_USER_TIME, XCB_ATOM_CARDINAL, 32, 1, &no_time);
	/* Popups of guests leave it uncovered. */
	set_property(window, atoms->_ORIEL_LABEL, XCB_ATOM_CARDINAL, 32, 1, &whole);
	set_property(window, atoms->_NET_WM_STATE, XCB_ATOM_ATOM, 32, G_N_ELEMENTS(states), states);
	set_property(window, atoms->_NET_WM_WINDOW_TYPE, XCB_ATOM_ATOM, 32, 1,
		&atoms->_NET_WM_WINDOW_TYPE_DIALOG);
	set_property(window, atoms->WM_PROTOCOLS, XCB_ATOM_ATOM, 32, 1, &atoms->WM_DELETE_WINDOW);
	if (fullscreen != XCB_NONE)
		set_property(
			window, XCB_ATOM_WM_TRANSIENT_FOR, XCB_ATOM_WINDOW, 32, 1, &fullscreen);
}

static void set_names(struct hc_question_window *window)
{
	const struct hc_desk_display_atoms *atoms = &window->display->atoms;
	const uint32_t pid = (uint32_t)getpid();

	set_property(window, XCB_ATOM_WM_NAME, XCB_ATOM_STRING, 8, strlen(TITLE), TITLE);
	set_property(window, atoms->_NET_WM_NAME, atoms->UTF8_STRING, 8, strlen(TITLE), TITLE);
	set_property(window, XCB_ATOM_WM_CLASS, XCB_ATOM_STRING, 8, sizeof(CLASS), CLASS);
	set_property(window, atoms->_NET_WM_PID, XCB_ATOM_CARDINAL, 32, 1, &pid);
}

static void set_icon(struct hc_question_window *window)
{
	uint32_t words[2 + ICON_SIDE * ICON_SIDE] = { ICON_SIDE, ICON_SIDE };
	cairo_surface_t *surface =
		cairo_image_surface_create(CAIRO_FORMAT_ARGB32, ICON_SIDE, ICON_SIDE);
	cairo_t *cr = cairo_create(surface);

	hc_prompt_draw_icon(cr, ICON_SIDE);
	cairo_destroy(cr);
	cairo_surface_flush(surface);
	memcpy(words + 2, cairo_image_surface_get_data(surface),
		sizeof(words) - 2 * sizeof(*words));
	cairo_surface_destroy(surface);
	set_property(window, window->display->atoms._NET_WM_ICON, XCB_ATOM_CARDINAL, 32,
		G_N_ELEMENTS(words), words);
}

static void set_hints(struct hc_question_window *window, int32_t x, int32_t y)
{
	xcb_connection_t *connection = window->display->connection;
	int32_t width = (int32_t)window->width;
	int32_t height = (int32_t)window->height;
	xcb_size_hints_t size = { 0 };
	xcb_icccm_wm_hints_t hints = { 0 };

	xcb_icccm_size_hints_set_position(&size, 1, x, y);
	xcb_icccm_size_hints_set_min_size(&size, width, height);
	xcb_icccm_size_hints_set_max_size(&size, width, height);
	xcb_icccm_size_hints_set_win_gravity(&size, XCB_GRAVITY_STATIC);
	xcb_icccm_set_wm_normal_hints(connection, window->window, &size);
	xcb_icccm_wm_hints_set_input(&hints, 1);
	xcb_icccm_wm_hints_set_normal(&hints);
	xcb_icccm_set_wm_hints(connection, window->window, &hints);
}

static void open_window(struct hc_question_window *window)
{
	const struct hc_desk_display *display = window->display;
	const xcb_rectangle_t monitor = hc_desk_display_monitor(display);
	const uint32_t events[] = { XCB_EVENT_MASK_EXPOSURE | XCB_EVENT_MASK_KEY_PRESS |
				    XCB_EVENT_MASK_BUTTON_PRESS | XCB_EVENT_MASK_BUTTON_RELEASE |
				    XCB_EVENT_MASK_FOCUS_CHANGE | XCB_EVENT_MASK_PROPERTY_CHANGE |
				    XCB_EVENT_MASK_VISIBILITY_CHANGE };
	int32_t x = monitor.x + (monitor.width - (int32_t)window->width) / 2;
	int32_t y = monitor.y + (monitor.height - (int32_t)window->height) / 2;

	window->window = xcb_generate_id(display->connection);
	xcb_create_window(display->connection, XCB_COPY_FROM_PARENT, window->window,
		display->screen->root, (int16_t)x, (int16_t)y, (uint16_t)window->width,
		(uint16_t)window->height, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT,
		XCB_CW_EVENT_MASK, events);
	set_names(window);
	set_icon(window);
	set_behaviour(window);
	set_hints(window, x, y);
	xcb_map_window(display->connection, window->window);
}

struct hc_question_window *hc_question_window_create(
	struct hc_desk_display *display, const struct hc_link_question *question, int64_t now)
{
	struct hc_question_window *window = g_new0(struct hc_question_window, 1);
	struct hc_words words;

	hc_words_init(&words, question);
	window->display = display;
	window->id = question->id;
	window->until = now + question->left;
	window->drawn_at = now;
	window->prompt = hc_prompt_create(&words.content, hc_desk_display_dpi(display));
	hc_words_clear(&words);
	hc_prompt_size(window->prompt, &window->width, &window->height);
	open_window(window);
	disarm(window, now);
	return window;
}

void hc_question_window_destroy(struct hc_question_window *window)
{
	if (!window)
		return;
	xcb_destroy_window(window->display->connection, window->window);
	hc_prompt_destroy(window->prompt);
	g_free(window);
}

uint32_t hc_question_window_id(const struct hc_question_window *window)
{
	return window->id;
}

/* Events */

static enum hc_question_answer answer_of(struct hc_question_window *window, int button, int64_t now)
{
	switch (button) {
	case HC_WORDS_DENY:
		return HC_QUESTION_DENY;
	case HC_WORDS_ALLOW_ONCE:
		return HC_QUESTION_ALLOW_ONCE;
	case HC_WORDS_ALLOW_A_WHILE:
		return HC_QUESTION_ALLOW_A_WHILE;
	default:
		hc_question_window_draw(window, now);
		return HC_QUESTION_OPEN;
	}
}

static enum hc_question_answer handle_key(
	struct hc_question_window *window, const xcb_key_press_event_t *event, int64_t now)
{
	if (window->covered || !is_long_after(&window->seen, event->time) ||
		!is_long_after(&window->focused, event->time))
		return HC_QUESTION_OPEN;
	return answer_of(window,
		hc_prompt_handle_key(window->prompt, event->detail,
			(event->state & XCB_MOD_MASK_SHIFT) != 0, now),
		now);
}

static enum hc_question_answer handle_button(
	struct hc_question_window *window, const xcb_button_press_event_t *event, int64_t now)
{
	if (event->detail != XCB_BUTTON_INDEX_1 || window->covered ||
		!is_long_after(&window->seen, event->time))
		return HC_QUESTION_OPEN;
	return answer_of(window,
		hc_prompt_handle_button(window->prompt, event->response_type == XCB_BUTTON_PRESS,
			event->event_x, event->event_y, now),
		now);
}

static void handle_expose(struct hc_question_window *window, int64_t now)
{
	if (!window->shown)
		disarm(window, now);
	window->shown = true;
	hc_question_window_draw(window, now);
}

/* What lies over it may hide what the buttons are about. */
static void handle_visibility(
	struct hc_question_window *window, const xcb_visibility_notify_event_t *event, int64_t now)
{
	const uint32_t above = XCB_STACK_MODE_ABOVE;
	bool covered = event->state != XCB_VISIBILITY_UNOBSCURED;

	if (covered && !window->covered)
		xcb_configure_window(window->display->connection, window->window,
			XCB_CONFIG_WINDOW_STACK_MODE, &above);
	window->covered = covered;
	disarm(window, now);
	hc_question_window_draw(window, now);
}

static void handle_property(
	struct hc_question_window *window, const xcb_property_notify_event_t *event)
{
	const struct hc_desk_display_atoms *atoms = &window->display->atoms;

	if (event->atom == atoms->_ORIEL_SHOWN)
		note_moment(&window->seen, event->time);
	else if (event->atom == atoms->_ORIEL_FOCUSED)
		note_moment(&window->focused, event->time);
}

static bool is_close(const struct hc_question_window *window, const xcb_generic_event_t *event)
{
	const struct hc_desk_display_atoms *atoms = &window->display->atoms;
	const xcb_client_message_event_t *message = (const void *)event;

	return (event->response_type & ~SENT_BIT) == XCB_CLIENT_MESSAGE &&
	       message->window == window->window && message->type == atoms->WM_PROTOCOLS &&
	       message->data.data32[0] == atoms->WM_DELETE_WINDOW;
}

/* Keys and buttons of the person at the primary: what other clients send is none. */
enum hc_question_answer hc_question_window_handle_event(
	struct hc_question_window *window, const xcb_generic_event_t *event, int64_t now)
{
	switch (event->response_type) {
	case XCB_KEY_PRESS:
		return handle_key(window, (const void *)event, now);
	case XCB_BUTTON_PRESS:
	case XCB_BUTTON_RELEASE:
		return handle_button(window, (const void *)event, now);
	case XCB_FOCUS_IN:
		begin_moment(window, &window->focused, window->display->atoms._ORIEL_FOCUSED);
		return HC_QUESTION_OPEN;
	case XCB_PROPERTY_NOTIFY:
		handle_property(window, (const void *)event);
		return HC_QUESTION_OPEN;
	case XCB_VISIBILITY_NOTIFY:
		handle_visibility(window, (const void *)event, now);
		return HC_QUESTION_OPEN;
	case XCB_EXPOSE:
		handle_expose(window, now);
		return HC_QUESTION_OPEN;
	default:
		return is_close(window, event) ? HC_QUESTION_DENY : HC_QUESTION_OPEN;
	}
}
