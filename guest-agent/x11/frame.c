/*
 * The frame that the primary's window manager, and the label, put around a window. The guest's
 * server has none, but applications are told of it and reckon with it: by ICCCM 4.1.2.3 a place
 * that they ask for is that of a point of the frame, which one the window's gravity says.
 */
#define G_LOG_DOMAIN "ga-wm"

#include <string.h>

#include "x11.h"

static void write_frame(struct ga_x11 *x11, xcb_window_t window, const struct ga_x11_frame *frame)
{
	const uint32_t extents[] = { frame->left, frame->right, frame->top, frame->bottom };
	xcb_change_property(x11->connection, XCB_PROP_MODE_REPLACE, window,
		x11->atoms._NET_FRAME_EXTENTS, XCB_ATOM_CARDINAL, 32, G_N_ELEMENTS(extents),
		extents);
}

void ga_x11_frame_estimate(struct ga_x11 *x11, xcb_window_t window)
{
	write_frame(x11, window, &x11->usual_frame);
}

void ga_x11_frame_guess(struct ga_x11 *x11, struct ga_x11_window *window)
{
	window->frame = x11->usual_frame;
	write_frame(x11, window->xid, &window->frame);
}

void ga_x11_frame_set(
	struct ga_x11 *x11, struct ga_x11_window *window, const struct ga_x11_frame *frame)
{
	if (memcmp(&window->frame, frame, sizeof(*frame)) == 0)
		return;
	window->frame = *frame;
	write_frame(x11, window->xid, frame);
	if ((window->state & VP_STATE_FULLSCREEN) == 0)
		x11->usual_frame = *frame;
}

enum { FIRST, MIDDLE, LAST };

/* How far the content is moved by the frame's sides before and after it, along one axis, if that
 * point of the frame keeps its place. */
static int32_t offset(uint32_t point, uint16_t before, uint16_t after)
{
	if (point == FIRST)
		return before;
	return point == MIDDLE ? (before - after) / 2 : -after;
}

void ga_x11_frame_place_content(
	const struct ga_x11_window *window, uint8_t gravity, int32_t *x, int32_t *y)
{
	const struct ga_x11_frame *frame = &window->frame;
	if (gravity == 0 && (window->size_hints[0] & VP_HINT_GRAVITY) != 0)
		gravity = (uint8_t)MIN(window->size_hints[17], XCB_GRAVITY_STATIC);
	if (gravity == 0)
		gravity = XCB_GRAVITY_NORTH_WEST;
	if (gravity >= XCB_GRAVITY_STATIC || !window->map_wanted)
		return;
	/* From north-west to south-east, in rows of three. */
	uint32_t point = gravity - XCB_GRAVITY_NORTH_WEST;
	*x += offset(point % 3, frame->left, frame->right);
	*y += offset(point / 3, frame->top, frame->bottom);
}
