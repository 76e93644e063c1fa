#define G_LOG_DOMAIN "hc-x11"

#include <cairo-xcb.h>
#include <math.h>
#include <xcb/shape.h>

#include "fonts.h"
#include "paint.h"
#include "x11.h"

enum {
	SHOWN_MS = 3000, /* when a window begins to fill the screen, or comes back to the user */
	REFUSED_MS = 3000, /* after the user has left, so that leaving is not undone at once */
	/* at 96 dpi: */
	DPI = 96,
	WIDTH = 640,
	HEIGHT = 34,
	PADDING = 18,
};

static const double text_size = 13.5;
static const double hint_size = 12;

/* Says whose window fills the screen: over all that the guest can draw, for a while, and as long as
 * the pointer is there. It takes no input. */
struct hc_x11_fullscreen {
	xcb_window_t bar; /* XCB_NONE: does not show */
	uint32_t window; /* that it is about */
	double scale;
	bool held; /* the pointer is at the screen's edge, or on the bar */
	int64_t until; /* otherwise */
	int64_t refused_until;
	char *hint; /* how to leave */
};

static int64_t clock_milliseconds(void)
{
	return g_get_monotonic_time() / 1000;
}

/* True if the window manager shows it so. */
static bool fills_screen(const struct hc_x11_window *window)
{
	return !window->popup && window->visible && (window->state & VP_STATE_FULLSCREEN) != 0 &&
	       (window->state & VP_STATE_MINIMIZED) == 0;
}

static void hide(struct hc_x11 *x11)
{
	struct hc_x11_fullscreen *fullscreen = x11->fullscreen;

	if (fullscreen->bar != XCB_NONE)
		xcb_destroy_window(x11->connection, fullscreen->bar);
	fullscreen->bar = XCB_NONE;
	fullscreen->window = 0;
	fullscreen->held = false;
}

static void draw(struct hc_x11 *x11)
{
	const struct hc_x11_fullscreen *fullscreen = x11->fullscreen;
	const struct hc_x11_window *window = hc_x11_find(x11, fullscreen->window);
	struct hc_paint_rect part = { PADDING, 0, 0, HEIGHT };
	uint32_t ink = hc_paint_ink_on(x11->label.colour);
	cairo_surface_t *surface = cairo_xcb_surface_create(x11->connection, fullscreen->bar,
		x11->opaque.type, (int)ceil(WIDTH * fullscreen->scale),
		(int)ceil(HEIGHT * fullscreen->scale));
	cairo_t *cr = cairo_create(surface);

	cairo_scale(cr, fullscreen->scale, fullscreen->scale);
	hc_paint_set_colour(cr, x11->label.colour, 1);
	cairo_paint(cr);
	hc_paint_set_colour(cr, ink, 1);
	hc_fonts_set(cr, HC_FONT_SANS, false, hint_size);
	part.width = WIDTH - 3 * PADDING - hc_paint_text_width(cr, fullscreen->hint);
	hc_fonts_set(cr, HC_FONT_SANS, true, text_size);
	hc_paint_text(cr, window->title ? window->title : x11->label.name, &part, false);
	part.x += part.width + PADDING;
	part.width = WIDTH;
	hc_fonts_set(cr, HC_FONT_SANS, false, hint_size);
	hc_paint_text(cr, fullscreen->hint, &part, false);
	hc_paint_set_colour(cr, ink, 0.3);
	cairo_set_line_width(cr, 2);
	cairo_rectangle(cr, 0, 0, WIDTH, HEIGHT);
	cairo_stroke(cr);
	cairo_destroy(cr);
	cairo_surface_finish(surface);
	cairo_surface_destroy(surface);
}

static void open_bar(struct hc_x11 *x11, const struct hc_rect *monitor)
{
	struct hc_x11_fullscreen *fullscreen = x11->fullscreen;
	uint32_t width = (uint32_t)ceil(WIDTH * fullscreen->scale);
	uint32_t height = (uint32_t)ceil(HEIGHT * fullscreen->scale);
	const xcb_create_window_value_list_t values = {
		.background_pixel = x11->label.colour,
		.border_pixel = 0,
		.override_redirect = 1,
		.event_mask = XCB_EVENT_MASK_EXPOSURE,
		.colormap = x11->opaque.colormap,
	};

	fullscreen->bar = xcb_generate_id(x11->connection);
	xcb_create_window_aux(x11->connection, x11->opaque.depth, fullscreen->bar, x11->root,
		(int16_t)(monitor->x + ((int32_t)monitor->width - (int32_t)width) / 2),
		(int16_t)monitor->y, (uint16_t)width, (uint16_t)height, 0,
		XCB_WINDOW_CLASS_INPUT_OUTPUT, x11->opaque.type->visual_id,
		XCB_CW_BACK_PIXEL | XCB_CW_BORDER_PIXEL | XCB_CW_OVERRIDE_REDIRECT |
			XCB_CW_EVENT_MASK | XCB_CW_COLORMAP,
		&values);
	if (x11->shape.present)
		xcb_shape_rectangles(x11->connection, XCB_SHAPE_SO_SET, XCB_SHAPE_SK_INPUT,
			XCB_CLIP_ORDERING_UNSORTED, fullscreen->bar, 0, 0, 0, NULL);
	xcb_map_window(x11->connection, fullscreen->bar);
}

static void show(struct hc_x11 *x11, const struct hc_x11_window *window)
{
	struct hc_x11_fullscreen *fullscreen = x11->fullscreen;
	const struct hc_rect *rect = &window->content_rect;
	struct hc_rect monitor;
	struct hc_rect work_area;

	if (fullscreen->bar != XCB_NONE && fullscreen->window == window->id)
		return;
	hide(x11);
	if (!hc_x11_monitors_at(x11, rect->x + (int32_t)rect->width / 2,
		    rect->y + (int32_t)rect->height / 2, &monitor, &work_area))
		return;
	fullscreen->window = window->id;
	fullscreen->scale = (double)hc_x11_settings_dpi(x11) / DPI;
	open_bar(x11, &monitor);
}

static void show_for_a_while(struct hc_x11 *x11, const struct hc_x11_window *window)
{
	show(x11, window);
	x11->fullscreen->until = clock_milliseconds() + SHOWN_MS;
}

void hc_x11_fullscreen_changed(struct hc_x11 *x11, struct hc_x11_window *window, uint32_t before)
{
	uint32_t now = window->state;

	if (fills_screen(window) && (before & VP_STATE_FULLSCREEN) == 0)
		show_for_a_while(x11, window);
	else if (!fills_screen(window) && x11->fullscreen->window == window->id)
		hide(x11);
	if (((before ^ now) & VP_STATE_FULLSCREEN) != 0) {
		const uint32_t events =
			HC_X11_TOPLEVEL_EVENTS | (fills_screen(window) ? XCB_EVENT_MASK_ENTER_WINDOW
								       : XCB_EVENT_MASK_NO_EVENT);
		xcb_change_window_attributes(
			x11->connection, window->toplevel, XCB_CW_EVENT_MASK, &events);
	}
}

void hc_x11_fullscreen_focused(struct hc_x11 *x11, struct hc_x11_window *window, bool focused)
{
	if (focused && fills_screen(window))
		show_for_a_while(x11, window);
	else if (!focused && x11->fullscreen->window == window->id)
		hide(x11);
}

void hc_x11_fullscreen_window_removed(struct hc_x11 *x11, struct hc_x11_window *window)
{
	if (x11->fullscreen->window == window->id)
		hide(x11);
}

void hc_x11_fullscreen_window_renamed(struct hc_x11 *x11, uint32_t id, uint32_t new_id)
{
	if (x11->fullscreen->window == id)
		x11->fullscreen->window = new_id;
}

void hc_x11_fullscreen_popup_raised(struct hc_x11 *x11)
{
	const uint32_t above = XCB_STACK_MODE_ABOVE;

	if (x11->fullscreen->bar != XCB_NONE)
		xcb_configure_window(x11->connection, x11->fullscreen->bar,
			XCB_CONFIG_WINDOW_STACK_MODE, &above);
}

/* The pointer */

/* The label's border lies along the screen's edge: what enters it there is at the edge. */
static void handle_enter(struct hc_x11 *x11, const xcb_enter_notify_event_t *event)
{
	const struct hc_x11_window *window = hc_x11_find_xid(x11, event->event);

	if (window == NULL || event->event != window->toplevel || !fills_screen(window) ||
		event->event_y >= (int32_t)window->border)
		return;
	show(x11, window);
	x11->fullscreen->held = true;
}

void hc_x11_fullscreen_pointer_moved(
	struct hc_x11 *x11, const struct hc_x11_window *window, int32_t y)
{
	struct hc_x11_fullscreen *fullscreen = x11->fullscreen;

	if (!fullscreen->held || fullscreen->window != window->id ||
		y <= HEIGHT * fullscreen->scale)
		return;
	fullscreen->held = false;
	if (clock_milliseconds() >= fullscreen->until)
		hide(x11);
}

void hc_x11_fullscreen_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event)
{
	const xcb_expose_event_t *expose = (const void *)event;

	if (event->response_type == XCB_ENTER_NOTIFY)
		handle_enter(x11, (const void *)event);
	else if (event->response_type == XCB_EXPOSE && expose->window == x11->fullscreen->bar &&
		 expose->count == 0)
		draw(x11);
}

int64_t hc_x11_fullscreen_deadline(struct hc_x11 *x11)
{
	const struct hc_x11_fullscreen *fullscreen = x11->fullscreen;

	return fullscreen->bar != XCB_NONE && !fullscreen->held ? fullscreen->until : -1;
}

void hc_x11_fullscreen_handle_deadline(struct hc_x11 *x11, int64_t now)
{
	if (now >= hc_x11_fullscreen_deadline(x11))
		hide(x11);
}

/* The way out */

bool hc_x11_fullscreen_leave(struct hc_x11 *x11, struct hc_x11_window *window)
{
	const struct vp_window_state_request request = {
		.window = window->id,
		.mask = VP_STATE_FULLSCREEN,
	};

	if ((window->state & VP_STATE_FULLSCREEN) == 0)
		return false;
	x11->fullscreen->refused_until = clock_milliseconds() + REFUSED_MS;
	hc_x11_states_request(x11, window, &request);
	return true;
}

bool hc_x11_fullscreen_refused(const struct hc_x11 *x11)
{
	return clock_milliseconds() < x11->fullscreen->refused_until;
}

void hc_x11_fullscreen_set_keys(struct hc_x11 *x11, const char *shown)
{
	g_free(x11->fullscreen->hint);
	x11->fullscreen->hint = g_strdup_printf("%s leaves full screen", shown);
}

bool hc_x11_fullscreen_init(struct hc_x11 *x11)
{
	x11->fullscreen = g_new0(struct hc_x11_fullscreen, 1);
	hc_x11_fullscreen_set_keys(x11, "Control+Alt+Break");
	return true;
}

void hc_x11_fullscreen_finish(struct hc_x11 *x11)
{
	if (x11->fullscreen == NULL)
		return;
	hide(x11);
	g_free(x11->fullscreen->hint);
	g_free(x11->fullscreen);
	x11->fullscreen = NULL;
}
