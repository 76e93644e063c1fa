#define G_LOG_DOMAIN "ga-properties"

#include <stdlib.h>
#include <xcb/shape.h>

#include "../damage.h"
#include "x11.h"

static xcb_shape_kind_t kind_of(enum vp_shape shape)
{
	return shape == VP_SHAPE_INPUT ? XCB_SHAPE_SK_INPUT : XCB_SHAPE_SK_BOUNDING;
}

void ga_x11_shape_follow(struct ga_x11 *x11, struct ga_x11_window *window)
{
	if (x11->shape.present)
		xcb_shape_select_input(x11->connection, window->xid, 1);
}

static void tell_shape(struct ga_x11 *x11, struct ga_x11_window *window, enum vp_shape shape,
	struct vp_rect *rects, size_t count)
{
	uint8_t encoded[VP_RECTS_MAX * VP_RECT_BYTES];
	uint32_t width = window->shape_width;
	uint32_t height = window->shape_height;
	count = ga_damage_clip(rects, count, width, height);
	/* Of an unshaped window with a border the X.Org server forgets the right and bottom
	 * borders. */
	bool whole = count == 1 && rects[0].x == 0 && rects[0].y == 0 &&
		     rects[0].width + window->border_width >= (int)width &&
		     rects[0].height + window->border_width >= (int)height;
	if (whole && !window->shaped[shape])
		return;
	window->shaped[shape] = !whole;
	count = whole ? 0 : ga_damage_merge(rects, count, VP_RECTS_MAX);
	ga_x11_tell(x11, VP_MESSAGE(WINDOW_SHAPE, window_shape, .window = window->id,
				 .shape = (uint8_t)shape, .shaped = !whole,
				 .rects = vp_rects_put(encoded, rects, count)));
}

static void handle_rectangles(struct ga_x11 *x11, xcb_shape_get_rectangles_reply_t *reply,
	uint32_t id, enum vp_shape shape)
{
	struct ga_x11_window *window = ga_x11_window_by_id(x11, id);
	if (window == NULL || reply == NULL || !window->announced)
		return;
	const xcb_rectangle_t *region = xcb_shape_get_rectangles_rectangles(reply);
	size_t count = (size_t)xcb_shape_get_rectangles_rectangles_length(reply);
	struct vp_rect *rects = g_new(struct vp_rect, count);
	int border = window->border_width;
	for (size_t i = 0; i < count; i++)
		rects[i] = (struct vp_rect){ (int16_t)(region[i].x + border),
			(int16_t)(region[i].y + border), region[i].width, region[i].height };
	tell_shape(x11, window, shape, rects, count);
	g_free(rects);
}

static void handle_bounding(struct ga_x11 *x11, void *reply, uint32_t id)
{
	handle_rectangles(x11, reply, id, VP_SHAPE_BOUNDING);
}

static void handle_input(struct ga_x11 *x11, void *reply, uint32_t id)
{
	handle_rectangles(x11, reply, id, VP_SHAPE_INPUT);
}

/* The size that the window has when its shape is asked for: an unshaped one's shape is of this
 * size. */
static void handle_size(struct ga_x11 *x11, void *data, uint32_t id)
{
	struct ga_x11_window *window = ga_x11_window_by_id(x11, id);
	const xcb_get_geometry_reply_t *reply = data;
	if (window == NULL || reply == NULL)
		return;
	window->shape_width = MIN(reply->width + 2U * reply->border_width, VP_SIZE_MAX);
	window->shape_height = MIN(reply->height + 2U * reply->border_width, VP_SIZE_MAX);
}

static void ask_shape(struct ga_x11 *x11, const struct ga_x11_window *window, enum vp_shape shape)
{
	ga_x11_reply_expect(x11, xcb_get_geometry(x11->connection, window->xid).sequence,
		handle_size, window->id);
	xcb_shape_get_rectangles_cookie_t cookie =
		xcb_shape_get_rectangles(x11->connection, window->xid, kind_of(shape));
	ga_x11_reply_expect(x11, cookie.sequence,
		shape == VP_SHAPE_INPUT ? handle_input : handle_bounding, window->id);
}

void ga_x11_shape_announce(struct ga_x11 *x11, struct ga_x11_window *window)
{
	window->shaped[VP_SHAPE_BOUNDING] = false;
	window->shaped[VP_SHAPE_INPUT] = false;
	if (!x11->shape.present)
		return;
	ask_shape(x11, window, VP_SHAPE_BOUNDING);
	ask_shape(x11, window, VP_SHAPE_INPUT);
}

bool ga_x11_shape_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event)
{
	if (!x11->shape.present ||
		(event->response_type & ~GA_X11_SENT_EVENT) != x11->shape.event + XCB_SHAPE_NOTIFY)
		return false;
	const xcb_shape_notify_event_t *notify = (const void *)event;
	struct ga_x11_window *window = ga_x11_window_by_xid(x11, notify->affected_window);
	if (window == NULL || !window->announced)
		return true;
	if (notify->shape_kind == XCB_SHAPE_SK_INPUT)
		ask_shape(x11, window, VP_SHAPE_INPUT);
	else if (notify->shape_kind == XCB_SHAPE_SK_BOUNDING)
		ask_shape(x11, window, VP_SHAPE_BOUNDING);
	return true;
}
