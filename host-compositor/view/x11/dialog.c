#define G_LOG_DOMAIN "hc-x11"

#include <cairo-xcb.h>

#include "fonts.h"
#include "prompt.h"
#include "title.h"
#include "x11.h"

enum choice { CHOICE_WAIT, CHOICE_END };

struct hc_x11_dialog {
	struct hc_x11_window *window; /* NULL: does not show */
	struct hc_prompt *prompt; /* in it */
	uint32_t subject; /* id of the window that it asks about */
	struct hc_fonts *fonts;
};

static void close_dialog(struct hc_x11 *x11)
{
	if (x11->dialog->window != NULL)
		hc_x11_window_unmake(x11, x11->dialog->window);
	hc_prompt_destroy(x11->dialog->prompt);
	x11->dialog->prompt = NULL;
	x11->dialog->window = NULL;
	x11->dialog->subject = 0;
}

static void answer(struct hc_x11 *x11, int choice)
{
	uint32_t subject = x11->dialog->subject;

	close_dialog(x11);
	if (choice == CHOICE_END)
		hc_x11_message(x11, VP_MESSAGE(WINDOW_KILL, window_kill, .window = subject));
}

static void draw(struct hc_x11 *x11)
{
	const struct hc_x11_dialog *dialog = x11->dialog;
	const struct hc_rect *rect = &dialog->window->content_rect;
	cairo_surface_t *surface = cairo_xcb_surface_create(x11->connection,
		dialog->window->content, x11->opaque.type, (int)rect->width, (int)rect->height);
	cairo_t *cr = cairo_create(surface);

	hc_prompt_draw(dialog->prompt, cr, 0);
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
	int32_t width = (int32_t)place->width;
	int32_t height = (int32_t)place->height;
	struct hc_rect monitor;
	struct hc_rect area;

	place->x = middle_x - width / 2;
	place->y = middle_y - height / 2;
	if (!hc_x11_monitors_at(x11, middle_x, middle_y, &monitor, &area))
		return;
	place->x = MIN(place->x, area.x + (int32_t)area.width - width - border);
	place->y = MIN(place->y, area.y + (int32_t)area.height - height - border);
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
		.min_width = window->content_rect.width,
		.min_height = window->content_rect.height,
		.max_width = window->content_rect.width,
		.max_height = window->content_rect.height,
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
	const struct hc_prompt_content content = {
		.heading = subject->title,
		.text = "does not respond. Wait for it, or end its application?",
		.buttons = { [CHOICE_WAIT] = "Wait", [CHOICE_END] = "End it" },
		.cancel = CHOICE_WAIT,
	};
	struct vp_window_create create = { 0 };

	close_dialog(x11);
	x11->dialog->prompt = hc_prompt_create(&content, hc_x11_settings_dpi(x11));
	hc_prompt_size(x11->dialog->prompt, &create.width, &create.height);
	find_place(x11, subject, &create);
	struct hc_x11_window *window = hc_x11_window_make(x11, &create);
	x11->dialog->window = window;
	x11->dialog->subject = subject->id;
	xcb_change_window_attributes(
		x11->connection, window->content, XCB_CW_EVENT_MASK, &content_events);
	set_properties(x11, window, subject);
	hc_x11_window_map(x11, window, true);
	window->visible = true;
}

/* The user's answer */

static void handle_choice(struct hc_x11 *x11, int choice)
{
	if (choice == HC_PROMPT_NONE)
		draw(x11);
	else
		answer(x11, choice);
}

static void handle_key(struct hc_x11 *x11, const xcb_key_press_event_t *event)
{
	handle_choice(x11, hc_prompt_handle_key(x11->dialog->prompt, event->detail,
				   (event->state & XCB_MOD_MASK_SHIFT) != 0, 0));
}

static void handle_button(struct hc_x11 *x11, const xcb_button_press_event_t *event)
{
	if (event->detail == XCB_BUTTON_INDEX_1)
		handle_choice(x11, hc_prompt_handle_button(x11->dialog->prompt,
					   event->response_type == XCB_BUTTON_PRESS, event->event_x,
					   event->event_y, 0));
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
		handle_key(x11, key);
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

bool hc_x11_dialog_init(struct hc_x11 *x11)
{
	x11->dialog = g_new0(struct hc_x11_dialog, 1);
	x11->dialog->fonts = hc_fonts_load();
	return true;
}

void hc_x11_dialog_finish(struct hc_x11 *x11)
{
	if (x11->dialog == NULL)
		return;
	close_dialog(x11);
	hc_fonts_destroy(x11->dialog->fonts);
	g_free(x11->dialog);
	x11->dialog = NULL;
}
