#define G_LOG_DOMAIN "hc-x11"

#include <cairo-xcb.h>
#include <string.h>

#include "x11.h"

enum {
	WIDTH = 440,
	HEIGHT = 130,
	MARGIN = 16,
	TEXT_BASELINE = 44,
	BUTTON_WIDTH = 110,
	BUTTON_HEIGHT = 32,
	/* X key codes of keys that are the same in every layout. */
	KEY_ESCAPE = 9,
	KEY_TAB = 23,
	KEY_RETURN = 36,
	KEY_SPACE = 65,
	KEY_KP_ENTER = 104,
	KEY_LEFT = 113,
	KEY_RIGHT = 114,
};

static const double text_size = 14;

enum choice { CHOICE_WAIT, CHOICE_END, CHOICES };

static const char *const choice_texts[CHOICES] = { "Wait", "End it" };

struct hc_x11_dialog {
	xcb_window_t window; /* XCB_NONE: does not show */
	uint32_t subject; /* id of the window that it asks about */
	enum choice chosen; /* what Return does */
};

static void close_dialog(struct hc_x11 *x11)
{
	if (x11->dialog->window != XCB_NONE)
		xcb_destroy_window(x11->connection, x11->dialog->window);
	x11->dialog->window = XCB_NONE;
	x11->dialog->subject = 0;
}

static void answer(struct hc_x11 *x11, enum choice choice)
{
	uint32_t subject = x11->dialog->subject;

	close_dialog(x11);
	if (choice == CHOICE_END)
		hc_x11_message(x11, VP_MESSAGE(WINDOW_KILL, window_kill, .window = subject));
}

/* Drawing */

static int32_t button_left(enum choice choice)
{
	return WIDTH - (CHOICES - (int32_t)choice) * (BUTTON_WIDTH + MARGIN);
}

static int32_t button_top(void)
{
	return HEIGHT - MARGIN - BUTTON_HEIGHT;
}

static void draw_button(cairo_t *cr, enum choice choice, bool chosen)
{
	cairo_text_extents_t extents;
	double left = button_left(choice);
	double top = button_top();

	cairo_rectangle(cr, left + 0.5, top + 0.5, BUTTON_WIDTH - 1, BUTTON_HEIGHT - 1);
	cairo_set_source_rgb(cr, 1, 1, 1);
	cairo_fill_preserve(cr);
	cairo_set_source_rgb(cr, 0.2, 0.2, 0.2);
	cairo_set_line_width(cr, chosen ? 3 : 1);
	cairo_stroke(cr);
	cairo_text_extents(cr, choice_texts[choice], &extents);
	cairo_move_to(cr, left + (BUTTON_WIDTH - extents.width) / 2,
		top + (BUTTON_HEIGHT + text_size) / 2 - 2);
	cairo_show_text(cr, choice_texts[choice]);
}

static void draw(struct hc_x11 *x11)
{
	cairo_surface_t *surface = cairo_xcb_surface_create(
		x11->connection, x11->dialog->window, x11->opaque.type, WIDTH, HEIGHT);
	cairo_t *cr = cairo_create(surface);
	char *text = g_strdup_printf("An application of \"%s\" does not respond.", x11->label.name);

	cairo_set_source_rgb(cr, 0.93, 0.93, 0.93);
	cairo_paint(cr);
	cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(cr, text_size);
	cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
	cairo_move_to(cr, MARGIN, TEXT_BASELINE);
	cairo_show_text(cr, text);
	for (enum choice choice = CHOICE_WAIT; choice < CHOICES; choice++)
		draw_button(cr, choice, choice == x11->dialog->chosen);
	g_free(text);
	cairo_destroy(cr);
	cairo_surface_finish(surface);
	cairo_surface_destroy(surface);
}

/* Showing */

static void set_words(struct hc_x11 *x11, xcb_atom_t property, xcb_atom_t type,
	const uint32_t *words, uint32_t count)
{
	xcb_change_property(x11->connection, XCB_PROP_MODE_REPLACE, x11->dialog->window, property,
		type, 32, count, words);
}

static void set_properties(struct hc_x11 *x11, const struct hc_x11_window *subject)
{
	char *title = g_strdup_printf("[%s] not responding", x11->label.name);

	xcb_change_property(x11->connection, XCB_PROP_MODE_REPLACE, x11->dialog->window,
		x11->atoms._NET_WM_NAME, x11->atoms.UTF8_STRING, 8, (uint32_t)strlen(title), title);
	g_free(title);
	set_words(x11, XCB_ATOM_WM_TRANSIENT_FOR, XCB_ATOM_WINDOW, &subject->toplevel, 1);
	set_words(x11, x11->atoms._NET_WM_WINDOW_TYPE, XCB_ATOM_ATOM,
		&x11->atoms._NET_WM_WINDOW_TYPE_DIALOG, 1);
	set_words(x11, x11->atoms.WM_PROTOCOLS, XCB_ATOM_ATOM, &x11->atoms.WM_DELETE_WINDOW, 1);
	set_words(x11, x11->atoms._NET_WM_USER_TIME, XCB_ATOM_CARDINAL, &x11->time, 1);
}

static void show(struct hc_x11 *x11, const struct hc_x11_window *subject)
{
	const uint32_t events =
		XCB_EVENT_MASK_EXPOSURE | XCB_EVENT_MASK_KEY_PRESS | XCB_EVENT_MASK_BUTTON_PRESS;
	const struct hc_rect *rect = &subject->content_rect;

	close_dialog(x11);
	x11->dialog->window = xcb_generate_id(x11->connection);
	x11->dialog->subject = subject->id;
	x11->dialog->chosen = CHOICE_WAIT;
	xcb_create_window(x11->connection, XCB_COPY_FROM_PARENT, x11->dialog->window, x11->root,
		(int16_t)CLAMP(rect->x + ((int32_t)rect->width - WIDTH) / 2, 0, INT16_MAX),
		(int16_t)CLAMP(rect->y + ((int32_t)rect->height - HEIGHT) / 2, 0, INT16_MAX), WIDTH,
		HEIGHT, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT, XCB_CW_EVENT_MASK,
		&events);
	set_properties(x11, subject);
	xcb_map_window(x11->connection, x11->dialog->window);
}

/* The user's answer */

static void handle_key(struct hc_x11 *x11, xcb_keycode_t code)
{
	switch (code) {
	case KEY_ESCAPE:
		answer(x11, CHOICE_WAIT);
		break;
	case KEY_RETURN:
	case KEY_KP_ENTER:
	case KEY_SPACE:
		answer(x11, x11->dialog->chosen);
		break;
	case KEY_TAB:
	case KEY_LEFT:
	case KEY_RIGHT:
		x11->dialog->chosen = x11->dialog->chosen == CHOICE_WAIT ? CHOICE_END : CHOICE_WAIT;
		draw(x11);
		break;
	default:
		break;
	}
}

static void handle_button(struct hc_x11 *x11, const xcb_button_press_event_t *event)
{
	for (enum choice choice = CHOICE_WAIT; choice < CHOICES; choice++) {
		int32_t x = event->event_x - button_left(choice);
		int32_t y = event->event_y - button_top();
		if (x >= 0 && x < BUTTON_WIDTH && y >= 0 && y < BUTTON_HEIGHT) {
			answer(x11, choice);
			return;
		}
	}
}

/* Of the person at the primary: what other clients send does not end applications. */
void hc_x11_dialog_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event)
{
	const xcb_client_message_event_t *message = (const void *)event;
	xcb_window_t window = x11->dialog->window;

	if (window == XCB_NONE)
		return;
	switch (event->response_type) {
	case XCB_EXPOSE:
		if (((const xcb_expose_event_t *)event)->window == window)
			draw(x11);
		break;
	case XCB_KEY_PRESS:
		if (((const xcb_key_press_event_t *)event)->event == window)
			handle_key(x11, ((const xcb_key_press_event_t *)event)->detail);
		break;
	case XCB_BUTTON_PRESS:
		if (((const xcb_button_press_event_t *)event)->event == window)
			handle_button(x11, (const void *)event);
		break;
	default:
		if (hc_x11_event_type(event) == XCB_CLIENT_MESSAGE && message->window == window &&
			message->data.data32[0] == x11->atoms.WM_DELETE_WINDOW)
			answer(x11, CHOICE_WAIT);
		break;
	}
}

void hc_x11_dialog_set_hung(struct hc_x11 *x11, struct hc_x11_window *window, bool hung)
{
	if (window->hung == hung)
		return;
	window->hung = hung;
	if (window->title != NULL)
		hc_x11_properties_title(x11, window, window->title);
	if (!hung && x11->dialog->subject == window->id)
		close_dialog(x11);
}

void hc_x11_dialog_window_closed_by_user(struct hc_x11 *x11, struct hc_x11_window *window)
{
	if (window->hung)
		show(x11, window);
}

void hc_x11_dialog_window_removed(struct hc_x11 *x11, struct hc_x11_window *window)
{
	if (x11->dialog->subject == window->id)
		close_dialog(x11);
}

bool hc_x11_dialog_init(struct hc_x11 *x11)
{
	x11->dialog = g_new0(struct hc_x11_dialog, 1);
	return true;
}

void hc_x11_dialog_finish(struct hc_x11 *x11)
{
	g_free(x11->dialog);
	x11->dialog = NULL;
}
