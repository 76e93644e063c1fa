#define G_LOG_DOMAIN "hc-x11"

#include <xcb/shape.h>

#include "x11.h"

enum { LABEL_SIDES = 4 };

/* The rectangles of the border, in the toplevel's coordinates. */
static void label_rects(const struct hc_x11_window *window, xcb_rectangle_t rects[LABEL_SIDES])
{
	uint16_t border = (uint16_t)window->border;
	uint16_t width = (uint16_t)(window->content_rect.width + 2U * border);
	uint16_t height = (uint16_t)(window->content_rect.height + 2U * border);
	int16_t right = (int16_t)(width - border);
	int16_t bottom = (int16_t)(height - border);

	rects[0] = (xcb_rectangle_t){ 0, 0, width, border };
	rects[1] = (xcb_rectangle_t){ 0, bottom, width, border };
	rects[2] = (xcb_rectangle_t){ 0, 0, border, height };
	rects[3] = (xcb_rectangle_t){ right, 0, border, height };
}

/* The toplevel's shape is the label and the content's shape, so that the label is always seen. */
static void join_label(struct hc_x11 *x11, const struct hc_x11_window *window)
{
	xcb_rectangle_t sides[LABEL_SIDES];
	int16_t border = (int16_t)window->border;

	label_rects(window, sides);
	xcb_shape_rectangles(x11->connection, XCB_SHAPE_SO_SET, XCB_SHAPE_SK_BOUNDING,
		XCB_CLIP_ORDERING_UNSORTED, window->toplevel, 0, 0, LABEL_SIDES, sides);
	xcb_shape_combine(x11->connection, XCB_SHAPE_SO_UNION, XCB_SHAPE_SK_BOUNDING,
		XCB_SHAPE_SK_BOUNDING, window->toplevel, border, border, window->content);
}

static void clear_shape(struct hc_x11 *x11, xcb_window_t xid)
{
	xcb_shape_mask(
		x11->connection, XCB_SHAPE_SO_SET, XCB_SHAPE_SK_BOUNDING, xid, 0, 0, XCB_NONE);
}

static void set_shape(struct hc_x11 *x11, const struct hc_x11_window *window, struct vp_rects rects)
{
	xcb_rectangle_t shape[VP_RECTS_MAX];

	for (size_t i = 0; i < rects.count; i++) {
		struct vp_rect rect = vp_rects_get(rects, i);
		shape[i] = (xcb_rectangle_t){ rect.x, rect.y, rect.width, rect.height };
	}
	xcb_shape_rectangles(x11->connection, XCB_SHAPE_SO_SET, XCB_SHAPE_SK_BOUNDING,
		XCB_CLIP_ORDERING_UNSORTED, window->content, 0, 0, (uint32_t)rects.count, shape);
	join_label(x11, window);
}

void hc_x11_shapes_set(
	struct hc_x11 *x11, struct hc_x11_window *window, const struct vp_window_shape *message)
{
	/* With an input shape a click on what the guest shows would reach what lies below, which
	 * may be another VM's or the primary's. */
	if (!x11->shape.present || message->shape != VP_SHAPE_BOUNDING)
		return;
	window->shaped = message->shaped;
	if (message->shaped) {
		set_shape(x11, window, message->rects);
	} else {
		clear_shape(x11, window->content);
		clear_shape(x11, window->toplevel);
	}
	hc_x11_popup_clip_apply(x11, window, true);
}

void hc_x11_shapes_restore(struct hc_x11 *x11, const struct hc_x11_window *window)
{
	if (window->shaped)
		join_label(x11, window);
	else
		clear_shape(x11, window->toplevel);
}

void hc_x11_shapes_resized(struct hc_x11 *x11, struct hc_x11_window *window)
{
	if (window->shaped)
		join_label(x11, window);
}
