/*
 * The pointer by XTEST. Windows have the same places on the guest's screen as on the primary's;
 * where the guest stacks them otherwise, the window that the primary means is raised first.
 */
#include <xcb/xtest.h>

#include "../scroll.h"
#include "input.h"

enum {
	WHEEL_UP = 4,
	WHEEL_DOWN = 5,
	WHEEL_LEFT = 6,
	WHEEL_RIGHT = 7,
	SERVER_BUTTONS = 10, /* of XTEST's pointer */
};

struct ga_x11_pointer {
	uint32_t held; /* a bit for each button, by us; bit 0 is button 1 */
	uint32_t scrolled; /* the window that the rests belong to */
	struct ga_scroll horizontal;
	struct ga_scroll vertical;
	xcb_window_t rest; /* lies under the pointer while that is in none of the guest's windows */
	bool resting;
};

static void fake_button(struct ga_x11 *x11, uint8_t type, uint8_t button)
{
	xcb_test_fake_input(
		x11->connection, type, button, XCB_CURRENT_TIME, XCB_WINDOW_NONE, 0, 0, 0);
}

struct ga_x11_pointer *ga_x11_pointer_create(struct ga_x11 *x11)
{
	const uint32_t override_redirect = 1;
	struct ga_x11_pointer *pointer = g_new0(struct ga_x11_pointer, 1);
	pointer->rest = xcb_generate_id(x11->connection);
	xcb_create_window(x11->connection, XCB_COPY_FROM_PARENT, pointer->rest, x11->root, 0, 0, 1,
		1, 0, XCB_WINDOW_CLASS_INPUT_ONLY, XCB_COPY_FROM_PARENT, XCB_CW_OVERRIDE_REDIRECT,
		&override_redirect);
	/* An agent before this one may have left some down; to release one that is up does nothing.
	 */
	for (uint8_t button = 1; button <= SERVER_BUTTONS; button++)
		fake_button(x11, XCB_BUTTON_RELEASE, button);
	return pointer;
}

void ga_x11_pointer_destroy(struct ga_x11_pointer *pointer)
{
	g_free(pointer);
}

/* Where a place of a window is on the screen; what lies outside of it is its edge, as for a real
 * pointer. */
static void set_place(struct ga_x11 *x11, const struct ga_x11_window *window, int32_t x, int32_t y)
{
	struct ga_x11_geometry place = ga_x11_window_place(window);
	x11->pointer_x = CLAMP(place.x + x, 0, (int32_t)x11->root_width - 1);
	x11->pointer_y = CLAMP(place.y + y, 0, (int32_t)x11->root_height - 1);
}

static void fake_motion(struct ga_x11 *x11)
{
	xcb_test_fake_input(x11->connection, XCB_MOTION_NOTIFY, 0, XCB_CURRENT_TIME, x11->root,
		(int16_t)x11->pointer_x, (int16_t)x11->pointer_y, 0);
}

static void end_rest(struct ga_x11 *x11, struct ga_x11_pointer *pointer)
{
	if (pointer->resting)
		xcb_unmap_window(x11->connection, pointer->rest);
	pointer->resting = false;
}

static void move(struct ga_x11 *x11, struct ga_x11_pointer *pointer,
	const struct ga_x11_window *window, int32_t x, int32_t y)
{
	set_place(x11, window, x, y);
	x11->pointer_window = window->id;
	fake_motion(x11);
	end_rest(x11, pointer);
}

/* Applications see no motion where there is none. */
static void move_if_elsewhere(struct ga_x11 *x11, struct ga_x11_pointer *pointer,
	const struct ga_x11_window *window, int32_t x, int32_t y)
{
	int32_t old_x = x11->pointer_x;
	int32_t old_y = x11->pointer_y;
	set_place(x11, window, x, y);
	if (x11->pointer_x != old_x || x11->pointer_y != old_y || x11->pointer_window != window->id)
		move(x11, pointer, window, x, y);
}

/* One that is to be mapped is so for the server before the click comes there. */
static bool is_seen(const struct ga_x11_window *window)
{
	bool wanted = window->map_wanted && window->stage == GA_X11_STAGE_KNOWN &&
		      (window->state & VP_STATE_MINIMIZED) == 0;
	return (window->mapped || wanted) && window->stage != GA_X11_STAGE_IGNORED;
}

static bool covers(const struct ga_x11_window *window, int32_t x, int32_t y)
{
	struct ga_x11_geometry place = ga_x11_window_place(window);
	struct vp_rect outer = ga_x11_window_outer(window);
	return is_seen(window) && x >= place.x && y >= place.y && x - place.x < outer.width &&
	       y - place.y < outer.height;
}

static bool is_topmost_at_pointer(struct ga_x11 *x11, const struct ga_x11_window *window)
{
	for (guint i = x11->stacking->len; i > 0; i--) {
		const struct ga_x11_window *other = g_ptr_array_index(x11->stacking, i - 1);
		if (other == window)
			return true;
		if (covers(other, x11->pointer_x, x11->pointer_y))
			return false;
	}
	return false;
}

/* A click must not end in another window. */
static void raise_window(struct ga_x11 *x11, const struct ga_x11_window *window)
{
	const uint32_t above = XCB_STACK_MODE_ABOVE;
	if (covers(window, x11->pointer_x, x11->pointer_y) && !is_topmost_at_pointer(x11, window))
		xcb_configure_window(
			x11->connection, window->xid, XCB_CONFIG_WINDOW_STACK_MODE, &above);
}

static void handle_button(struct ga_x11 *x11, struct ga_x11_pointer *pointer,
	const struct ga_x11_window *window, const struct vp_pointer_button *message)
{
	uint32_t bit = 1U << (message->button - 1);
	/* An application may have warped the pointer: a click must end where the primary's pointer
	 * is. */
	if (window != NULL && message->pressed)
		move(x11, pointer, window, message->x, message->y);
	else if (window != NULL)
		move_if_elsewhere(x11, pointer, window, message->x, message->y);
	if (message->pressed && window != NULL && (pointer->held & bit) == 0) {
		if (pointer->held == 0)
			raise_window(x11, window);
		pointer->held |= bit;
		fake_button(x11, XCB_BUTTON_PRESS, message->button);
	} else if (!message->pressed && (pointer->held & bit) != 0) {
		/* Even if the window has gone meanwhile. */
		pointer->held &= ~bit;
		fake_button(x11, XCB_BUTTON_RELEASE, message->button);
	}
}

static void turn_wheel(struct ga_x11 *x11, int32_t notches, uint8_t back, uint8_t forth)
{
	uint8_t button = notches < 0 ? back : forth;
	for (int32_t i = ABS(notches); i > 0; i--) {
		fake_button(x11, XCB_BUTTON_PRESS, button);
		fake_button(x11, XCB_BUTTON_RELEASE, button);
	}
}

/* XTEST's pointer has no axes for scrolling: whole notches are what the guest's server can take. */
static void handle_scroll(struct ga_x11 *x11, struct ga_x11_pointer *pointer,
	const struct ga_x11_window *window, const struct vp_pointer_scroll *message)
{
	if (pointer->scrolled != window->id)
		pointer->horizontal = pointer->vertical = (struct ga_scroll){ 0 };
	pointer->scrolled = window->id;
	int32_t columns = ga_scroll_add(&pointer->horizontal, message->horizontal);
	int32_t rows = ga_scroll_add(&pointer->vertical, message->vertical);
	if (columns == 0 && rows == 0)
		return;
	move_if_elsewhere(x11, pointer, window, message->x, message->y);
	raise_window(x11, window);
	turn_wheel(x11, rows, WHEEL_UP, WHEEL_DOWN);
	turn_wheel(x11, columns, WHEEL_LEFT, WHEEL_RIGHT);
}

/* The window sees the pointer leave, and the guest still sees where it is. */
static void begin_rest(struct ga_x11 *x11, struct ga_x11_pointer *pointer)
{
	const uint32_t values[] = { (uint32_t)x11->pointer_x, (uint32_t)x11->pointer_y,
		XCB_STACK_MODE_ABOVE };
	x11->pointer_window = 0;
	fake_motion(x11);
	xcb_configure_window(x11->connection, pointer->rest,
		XCB_CONFIG_WINDOW_X | XCB_CONFIG_WINDOW_Y | XCB_CONFIG_WINDOW_STACK_MODE, values);
	xcb_map_window(x11->connection, pointer->rest);
	pointer->resting = true;
}

static void handle_crossing(struct ga_x11 *x11, struct ga_x11_pointer *pointer,
	const struct ga_x11_window *window, const struct vp_pointer_crossing *message)
{
	if (message->entered) {
		set_place(x11, window, message->x, message->y);
		raise_window(x11, window);
		move(x11, pointer, window, message->x, message->y);
	} else if (pointer->held == 0) {
		set_place(x11, window, message->x, message->y);
		begin_rest(x11, pointer);
	}
}

void ga_x11_pointer_handle_message(
	struct ga_x11 *x11, struct ga_x11_pointer *pointer, const struct vp_message *message)
{
	/* The first field of all of them. */
	const struct ga_x11_window *window =
		ga_x11_window_by_id(x11, message->pointer_motion.window);
	if (message->op == VP_OP_POINTER_BUTTON) {
		handle_button(x11, pointer, window, &message->pointer_button);
		return;
	}
	if (window == NULL)
		return;
	if (message->op == VP_OP_POINTER_MOTION)
		move(x11, pointer, window, message->pointer_motion.x, message->pointer_motion.y);
	else if (message->op == VP_OP_POINTER_SCROLL)
		handle_scroll(x11, pointer, window, &message->pointer_scroll);
	else
		handle_crossing(x11, pointer, window, &message->pointer_crossing);
}

void ga_x11_pointer_release(struct ga_x11 *x11, struct ga_x11_pointer *pointer)
{
	for (uint8_t button = 1; button <= VP_BUTTON_MAX; button++)
		if ((pointer->held >> (button - 1) & 1) != 0)
			fake_button(x11, XCB_BUTTON_RELEASE, button);
	pointer->held = 0;
}
