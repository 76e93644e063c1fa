#define G_LOG_DOMAIN "hc-x11"

#include <cairo-xcb.h>

#include "title.h"
#include "x11.h"

enum {
	WIDTH = 440,
	HEIGHT = 150,
	MARGIN = 16,
	TITLE_BASELINE = 36,
	QUESTION_BASELINE = 64,
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

static const char font_family[] = "sans-serif";
static const double text_size = 14;
static const char question[] = "does not respond. Wait for it, or end its application?";

enum choice { CHOICE_WAIT, CHOICE_END, CHOICES };

static const char *const choice_texts[CHOICES] = { "Wait", "End it" };

struct hc_x11_dialog {
	struct hc_x11_window *window; /* NULL: does not show */
	uint32_t subject; /* id of the window that it asks about */
	enum choice chosen; /* what Return does */
	enum choice pressed; /* what the mouse is held on; CHOICES none */
	cairo_scaled_font_t *font; /* keeps its file loaded */
};

static void close_dialog(struct hc_x11 *x11)
{
	if (x11->dialog->window != NULL)
		hc_x11_window_unmake(x11, x11->dialog->window);
	x11->dialog->window = NULL;
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

static double text_width(cairo_t *cr, const char *text)
{
	cairo_text_extents_t extents;

	cairo_text_extents(cr, text, &extents);
	return extents.x_advance;
}

static char *cut_text(const char *text, glong characters)
{
	const char *end = g_utf8_offset_to_pointer(text, characters);

	return g_strdup_printf("%.*s\xe2\x80\xa6", (int)(end - text), text);
}

/* The text, or as much of it as the width takes and an ellipsis. The caller frees it. */
static char *fit_text(cairo_t *cr, const char *text, double width)
{
	glong fits = 0;
	glong too_many = g_utf8_strlen(text, -1);

	if (text_width(cr, text) <= width)
		return g_strdup(text);
	while (too_many - fits > 1) {
		glong middle = (fits + too_many) / 2;
		char *cut = cut_text(text, middle);
		if (text_width(cr, cut) <= width)
			fits = middle;
		else
			too_many = middle;
		g_free(cut);
	}
	return cut_text(text, fits);
}

static void draw_texts(cairo_t *cr, const char *title)
{
	char *fitted = fit_text(cr, title, WIDTH - 2 * MARGIN);

	cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
	cairo_move_to(cr, MARGIN, TITLE_BASELINE);
	cairo_show_text(cr, fitted);
	cairo_move_to(cr, MARGIN, QUESTION_BASELINE);
	cairo_show_text(cr, question);
	g_free(fitted);
}

static void draw(struct hc_x11 *x11)
{
	const struct hc_x11_dialog *dialog = x11->dialog;
	const struct hc_x11_window *subject = hc_x11_find(x11, dialog->subject);
	cairo_surface_t *surface = cairo_xcb_surface_create(
		x11->connection, dialog->window->content, x11->opaque.type, WIDTH, HEIGHT);
	cairo_t *cr = cairo_create(surface);

	cairo_set_source_rgb(cr, 0.93, 0.93, 0.93);
	cairo_paint(cr);
	cairo_select_font_face(cr, font_family, CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(cr, text_size);
	draw_texts(cr, subject->title);
	for (enum choice choice = CHOICE_WAIT; choice < CHOICES; choice++)
		draw_button(cr, choice, choice == dialog->chosen);
	cairo_destroy(cr);
	cairo_surface_finish(surface);
	cairo_surface_destroy(surface);
}

/* Showing */

/* Over the middle of the subject, and wholly on its monitor. */
static void find_place(
	struct hc_x11 *x11, const struct hc_x11_window *subject, struct vp_window_create *place)
{
	const struct hc_rect *rect = &subject->content_rect;
	int32_t middle_x = rect->x + (int32_t)rect->width / 2;
	int32_t middle_y = rect->y + (int32_t)rect->height / 2;
	int32_t border = (int32_t)x11->label.border;
	struct hc_rect monitor;
	struct hc_rect area;

	place->x = middle_x - WIDTH / 2;
	place->y = middle_y - HEIGHT / 2;
	if (!hc_x11_monitors_at(x11, middle_x, middle_y, &monitor, &area))
		return;
	place->x = MIN(place->x, area.x + (int32_t)area.width - WIDTH - border);
	place->y = MIN(place->y, area.y + (int32_t)area.height - HEIGHT - border);
	place->x = MAX(place->x, area.x + border);
	place->y = MAX(place->y, area.y + border);
}

static void set_properties(
	struct hc_x11 *x11, struct hc_x11_window *window, const struct hc_x11_window *subject)
{
	const struct vp_window_owner owner = { .owner = subject->id };
	const struct vp_window_hints hints = {
		.flags = VP_HINT_USER_POSITION | VP_HINT_MIN_SIZE | VP_HINT_MAX_SIZE |
			 VP_HINT_GRAVITY,
		.min_width = WIDTH,
		.min_height = HEIGHT,
		.max_width = WIDTH,
		.max_height = HEIGHT,
		.gravity = XCB_GRAVITY_STATIC,
	};
	char *title = hc_title_label(x11->label.name, "not responding");
	char *class = hc_title_class(x11->label.name, "oriel-view");

	hc_x11_properties_init_window(x11, window);
	hc_x11_properties_title(x11, window, title);
	hc_x11_properties_class(x11, window, class, class);
	hc_x11_properties_type(x11, window, VP_TYPE_DIALOG);
	hc_x11_properties_owner(x11, window, &owner);
	hc_x11_properties_hints(x11, window, &hints);
	g_free(class);
	g_free(title);
}

static void show(struct hc_x11 *x11, const struct hc_x11_window *subject)
{
	const uint32_t content_events =
		HC_X11_CONTENT_EVENTS | XCB_EVENT_MASK_BUTTON_PRESS | XCB_EVENT_MASK_BUTTON_RELEASE;
	struct vp_window_create create = { .width = WIDTH, .height = HEIGHT };

	close_dialog(x11);
	find_place(x11, subject, &create);
	struct hc_x11_window *window = hc_x11_window_make(x11, &create);
	x11->dialog->window = window;
	x11->dialog->subject = subject->id;
	x11->dialog->chosen = CHOICE_WAIT;
	x11->dialog->pressed = CHOICES;
	xcb_change_window_attributes(
		x11->connection, window->content, XCB_CW_EVENT_MASK, &content_events);
	set_properties(x11, window, subject);
	hc_x11_window_map(x11, window, true);
	window->visible = true;
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

static enum choice choice_at(int32_t x, int32_t y)
{
	enum choice choice = CHOICE_WAIT;

	while (choice < CHOICES &&
		(x < button_left(choice) || x >= button_left(choice) + BUTTON_WIDTH))
		choice++;
	return y >= button_top() && y < button_top() + BUTTON_HEIGHT ? choice : CHOICES;
}

/* What is pressed happens when the mouse button goes up: neither of both is for the window below.
 */
static void handle_button(struct hc_x11 *x11, const xcb_button_press_event_t *event)
{
	enum choice at = choice_at(event->event_x, event->event_y);

	if (event->detail != XCB_BUTTON_INDEX_1)
		return;
	if (event->response_type == XCB_BUTTON_PRESS)
		x11->dialog->pressed = at;
	else if (at != CHOICES && at == x11->dialog->pressed)
		answer(x11, at);
}

static void handle_expose(struct hc_x11 *x11, const xcb_expose_event_t *event)
{
	if (event->count > 0)
		return;
	if (event->window == x11->dialog->window->content)
		draw(x11);
	else if (event->window == x11->dialog->window->toplevel)
		hc_x11_label_draw(x11, x11->dialog->window);
}

static void handle_message(struct hc_x11 *x11, const xcb_client_message_event_t *event)
{
	if (event->window == x11->dialog->window->toplevel &&
		event->type == x11->atoms.WM_PROTOCOLS &&
		event->data.data32[0] == x11->atoms.WM_DELETE_WINDOW)
		answer(x11, CHOICE_WAIT);
}

static bool is_button(const xcb_generic_event_t *event)
{
	return event->response_type == XCB_BUTTON_PRESS ||
	       event->response_type == XCB_BUTTON_RELEASE;
}

/* Keys and buttons of the person at the primary: what other clients send does not end applications.
 */
void hc_x11_dialog_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event)
{
	const xcb_key_press_event_t *key = (const void *)event;
	const xcb_button_press_event_t *button = (const void *)event;
	const struct hc_x11_window *window = x11->dialog->window;

	if (window == NULL)
		return;
	if (event->response_type == XCB_KEY_PRESS && key->event == window->toplevel)
		handle_key(x11, key->detail);
	else if (is_button(event) && button->event == window->content)
		handle_button(x11, button);
	else if (event->response_type == XCB_EXPOSE)
		handle_expose(x11, (const void *)event);
	else if (hc_x11_event_type(event) == XCB_CLIENT_MESSAGE)
		handle_message(x11, (const void *)event);
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

/* Loads it: later, the view has no files. The caller destroys it. */
static cairo_scaled_font_t *load_font(void)
{
	cairo_font_face_t *face = cairo_toy_font_face_create(
		font_family, CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
	cairo_font_options_t *options = cairo_font_options_create();
	cairo_matrix_t identity;
	cairo_matrix_t size;
	cairo_text_extents_t extents;

	cairo_matrix_init_identity(&identity);
	cairo_matrix_init_scale(&size, text_size, text_size);
	cairo_scaled_font_t *font = cairo_scaled_font_create(face, &size, &identity, options);
	cairo_scaled_font_text_extents(font, question, &extents);
	cairo_font_options_destroy(options);
	cairo_font_face_destroy(face);
	return font;
}

bool hc_x11_dialog_init(struct hc_x11 *x11)
{
	x11->dialog = g_new0(struct hc_x11_dialog, 1);
	x11->dialog->font = load_font();
	return true;
}

void hc_x11_dialog_finish(struct hc_x11 *x11)
{
	if (x11->dialog == NULL)
		return;
	close_dialog(x11);
	cairo_scaled_font_destroy(x11->dialog->font);
	g_free(x11->dialog);
	x11->dialog = NULL;
}
