#define G_LOG_DOMAIN "hc-x11-input"

#include <stdlib.h>

#include "click-guard.h"
#include "x11.h"

enum {
	XINPUT_MAJOR = 2,
	XINPUT_MINOR = 2,
	FIXED_SHIFT = 16, /* XInput's coordinates are 16.16 */
	BUTTON_WHEEL_FIRST = 4,
	BUTTON_WHEEL_LAST = 7,
};

struct hc_x11_input {
	struct hc_x11_scroll *scroll;

	/* The last motion of a batch, not yet told. */
	bool motion_pending;
	struct vp_pointer_motion motion;

	/* Windows by id, 0 none: where the pointer is, and where the guest was told it is. */
	uint32_t inside;
	uint32_t told_inside;
	struct vp_pointer_crossing crossing;
	uint32_t buttons; /* bits of those that are down, pressed over one of our windows */
	struct hc_click_guard guard;

	uint32_t focused;
	uint32_t told_focused;
	uint32_t focus_awaited; /* replies, before which more may come of what moved the focus */

	bool presses_watched; /* those outside the guest's windows, too */
};

struct hc_x11_scroll *hc_x11_input_scroll(struct hc_x11 *x11)
{
	return x11->input->scroll;
}

uint32_t hc_x11_input_focused(const struct hc_x11 *x11)
{
	return x11->input != NULL ? x11->input->focused : 0;
}

bool hc_x11_input_pressed(const struct hc_x11 *x11)
{
	return x11->input->buttons != 0;
}

static int32_t whole_pixels(xcb_input_fp1616_t fixed)
{
	int32_t pixels = fixed >> FIXED_SHIFT;
	return CLAMP(pixels, -VP_POSITION_MAX, VP_POSITION_MAX);
}

/* Telling the guest */

static void settle_crossing(struct hc_x11 *x11)
{
	struct hc_x11_input *input = x11->input;
	if (input->inside == input->told_inside)
		return;
	struct vp_message message = { .op = VP_OP_POINTER_CROSSING,
		.pointer_crossing = input->crossing };
	message.pointer_crossing.window = input->inside != 0 ? input->inside : input->told_inside;
	message.pointer_crossing.entered = input->inside != 0;
	input->told_inside = input->inside;
	hc_x11_message(x11, &message);
}

static void settle_motion(struct hc_x11 *x11)
{
	struct hc_x11_input *input = x11->input;
	if (!input->motion_pending)
		return;
	input->motion_pending = false;
	struct vp_message message = { .op = VP_OP_POINTER_MOTION, .pointer_motion = input->motion };
	hc_x11_message(x11, &message);
}

static void settle_pointer(struct hc_x11 *x11)
{
	settle_crossing(x11);
	settle_motion(x11);
}

static void tell_focus(struct hc_x11 *x11)
{
	struct hc_x11_input *input = x11->input;
	input->told_focused = input->focused;
	hc_x11_message(x11, VP_MESSAGE(FOCUS, focus, .window = input->focused));
	if (input->focused != 0)
		hc_x11_keyboard_send_modifiers(x11);
}

/* Between two windows of the guest the focus moves at once, not by way of none. */
static void settle_focus(struct hc_x11 *x11)
{
	struct hc_x11_input *input = x11->input;
	if (input->focused == input->told_focused)
		return;
	struct hc_x11_window *before = hc_x11_find(x11, input->told_focused);
	struct hc_x11_window *now = hc_x11_find(x11, input->focused);
	if (before != NULL)
		hc_x11_states_set_focused(x11, before, false);
	if (now != NULL)
		hc_x11_states_set_focused(x11, now, true);
	tell_focus(x11);
}

/* The pointer */

static struct hc_x11_window *find_content(struct hc_x11 *x11, xcb_window_t xid)
{
	struct hc_x11_window *window = hc_x11_find_xid(x11, xid);
	return window != NULL && window->content == xid ? window : NULL;
}

static void handle_scroll(struct hc_x11 *x11, const struct hc_x11_window *window,
	const xcb_input_motion_event_t *event)
{
	int32_t horizontal;
	int32_t vertical;
	if (!hc_x11_scroll_take(x11->input->scroll, event, &horizontal, &vertical))
		return;
	settle_pointer(x11);
	hc_x11_message(
		x11, VP_MESSAGE(POINTER_SCROLL, pointer_scroll, .window = window->id,
			     .x = whole_pixels(event->event_x), .y = whole_pixels(event->event_y),
			     .horizontal = horizontal, .vertical = vertical, .time = event->time));
}

static void handle_motion(struct hc_x11 *x11, const xcb_input_motion_event_t *event)
{
	struct hc_x11_input *input = x11->input;
	struct hc_x11_window *window = find_content(x11, event->event);
	if (window == NULL || hc_click_guard_holds(&input->guard))
		return;
	struct vp_pointer_motion motion = {
		.window = window->id,
		.x = whole_pixels(event->event_x),
		.y = whole_pixels(event->event_y),
		.time = event->time,
	};
	handle_scroll(x11, window, event);
	hc_x11_fullscreen_pointer_moved(x11, window, motion.y);
	if (input->motion.window == motion.window && input->motion.x == motion.x &&
		input->motion.y == motion.y)
		return;
	input->motion = motion;
	input->motion_pending = true;
}

static bool is_wheel(uint32_t button)
{
	return button >= BUTTON_WHEEL_FIRST && button <= BUTTON_WHEEL_LAST;
}

static void handle_button(
	struct hc_x11 *x11, const xcb_input_button_press_event_t *event, bool pressed)
{
	struct hc_x11_input *input = x11->input;
	struct hc_x11_window *window = find_content(x11, event->event);
	uint32_t button = event->detail;
	if (window == NULL || button == 0 || button > VP_BUTTON_MAX)
		return;
	if (is_wheel(button) &&
		(event->flags & XCB_INPUT_POINTER_EVENT_FLAGS_POINTER_EMULATED) != 0)
		return;
	if (!is_wheel(button) &&
		!hc_click_guard_button(&input->guard, event->event, button, pressed, event->time))
		return;
	uint32_t bit = 1U << (button - 1);
	input->buttons = pressed ? input->buttons | bit : input->buttons & ~bit;
	x11->time = event->time;
	hc_x11_properties_user_time(x11, window);
	settle_pointer(x11);
	settle_focus(x11);
	hc_x11_message(
		x11, VP_MESSAGE(POINTER_BUTTON, pointer_button, .window = window->id,
			     .x = whole_pixels(event->event_x), .y = whole_pixels(event->event_y),
			     .button = (uint8_t)button, .pressed = pressed, .time = event->time));
}

static void note_crossing(struct hc_x11 *x11, uint32_t window, const xcb_input_enter_event_t *event)
{
	struct hc_x11_input *input = x11->input;
	settle_motion(x11);
	input->inside = window;
	input->crossing.x = whole_pixels(event->event_x);
	input->crossing.y = whole_pixels(event->event_y);
	input->motion = (struct vp_pointer_motion){ 0 };
}

static void release_buttons(struct hc_x11_input *input)
{
	input->buttons = 0;
	hc_click_guard_release(&input->guard);
}

/* Windows that come and go make the pointer cross over without a device. */
static enum hc_click_guard_cause cause_of(const xcb_input_enter_event_t *event)
{
	switch (event->mode) {
	case XCB_INPUT_NOTIFY_MODE_NORMAL:
		return event->sourceid != event->deviceid ? HC_CLICK_GUARD_MOTION
							  : HC_CLICK_GUARD_WINDOWS;
	case XCB_INPUT_NOTIFY_MODE_UNGRAB:
		return HC_CLICK_GUARD_UNGRAB;
	default:
		return HC_CLICK_GUARD_GRAB;
	}
}

static void handle_enter(struct hc_x11 *x11, const xcb_input_enter_event_t *event)
{
	struct hc_x11_window *window = find_content(x11, event->event);
	if (window == NULL)
		return;
	if (event->mode == XCB_INPUT_NOTIFY_MODE_UNGRAB)
		release_buttons(x11->input);
	hc_click_guard_entered(&x11->input->guard, event->event, cause_of(event), event->time);
	note_crossing(x11, window->id, event);
	hc_x11_scroll_resume(x11);
}

static void handle_leave(struct hc_x11 *x11, const xcb_input_leave_event_t *event)
{
	struct hc_x11_input *input = x11->input;
	struct hc_x11_window *window = find_content(x11, event->event);
	/* The window manager's grab for a click on a window: the pointer is still there, and the
	 * click comes. */
	bool grabbed = event->mode == XCB_INPUT_NOTIFY_MODE_GRAB;
	/* With a button held the pointer is the window's wherever it goes; the server says when it
	 * ends. */
	bool dragging = event->mode == XCB_INPUT_NOTIFY_MODE_NORMAL && input->buttons != 0;
	hc_click_guard_left(&input->guard, event->event, cause_of(event), event->time);
	if (window == NULL || window->id != input->inside || grabbed || dragging)
		return;
	if (event->mode == XCB_INPUT_NOTIFY_MODE_UNGRAB)
		release_buttons(input);
	note_crossing(x11, 0, event);
}

static bool menu_may_be_open(const struct hc_x11 *x11)
{
	return x11->popups_shown > 0 && x11->input->focused != 0;
}

/* An application whose menu is open grabs the pointer of its own server, and sees nothing of a
 * click beside the guest's windows, which is to close the menu. The click itself is not taken from
 * anyone. */
static void handle_press_anywhere(
	struct hc_x11 *x11, const xcb_input_raw_button_press_event_t *event)
{
	if (!menu_may_be_open(x11) || x11->input->inside != 0 || is_wheel(event->detail))
		return;
	settle_pointer(x11);
	hc_x11_message(x11, VP_MESSAGE(POINTER_ELSEWHERE, pointer_elsewhere, .time = event->time));
}

static void handle_xinput_event(struct hc_x11 *x11, const xcb_ge_generic_event_t *event)
{
	switch (event->event_type) {
	case XCB_INPUT_MOTION:
		handle_motion(x11, (const void *)event);
		break;
	case XCB_INPUT_BUTTON_PRESS:
	case XCB_INPUT_BUTTON_RELEASE:
		handle_button(
			x11, (const void *)event, event->event_type == XCB_INPUT_BUTTON_PRESS);
		break;
	case XCB_INPUT_ENTER:
		handle_enter(x11, (const void *)event);
		break;
	case XCB_INPUT_LEAVE:
		handle_leave(x11, (const void *)event);
		break;
	case XCB_INPUT_RAW_BUTTON_PRESS:
		handle_press_anywhere(x11, (const void *)event);
		break;
	case XCB_INPUT_DEVICE_CHANGED:
		hc_x11_scroll_handle_device_changed(x11->input->scroll, (const void *)event);
		break;
	default:
		break;
	}
}

/* The focus */

static void handle_focus_reply(struct hc_x11 *x11, uint32_t unused, const void *reply)
{
	(void)unused;
	(void)reply;
	x11->input->focus_awaited--;
}

/* What leaves one window and enters another is one request, but the server may send its events
 * apart: the reply to a request of ours comes after all of them. */
static void move_focus(struct hc_x11 *x11, uint32_t window)
{
	x11->input->focused = window;
	x11->input->focus_awaited++;
	hc_x11_expect(x11, xcb_get_input_focus(x11->connection).sequence, 0, handle_focus_reply);
}

/* A window manager's key grab takes the keyboard away for a moment only: the focus stays, and what
 * was released meanwhile is told after it. */
static void handle_focus_in(struct hc_x11 *x11, const xcb_focus_in_event_t *event)
{
	struct hc_x11_window *window = hc_x11_find_xid(x11, event->event);
	bool follows_pointer = event->detail == XCB_NOTIFY_DETAIL_POINTER;
	if (window == NULL || event->event != window->toplevel || follows_pointer)
		return;
	if (event->mode == XCB_NOTIFY_MODE_UNGRAB && x11->input->told_focused == window->id)
		hc_x11_keyboard_resume(x11);
	move_focus(x11, window->id);
}

static void handle_focus_out(struct hc_x11 *x11, const xcb_focus_out_event_t *event)
{
	struct hc_x11_window *window = hc_x11_find_xid(x11, event->event);
	bool within = event->detail == XCB_NOTIFY_DETAIL_INFERIOR;
	if (window == NULL || window->id != x11->input->focused ||
		event->mode == XCB_NOTIFY_MODE_GRAB || within)
		return;
	move_focus(x11, 0);
}

/* Without a window manager keys come to the window under the pointer, which nobody focuses. */
static void handle_key_press(struct hc_x11 *x11, const xcb_key_press_event_t *event)
{
	struct hc_x11_window *window = hc_x11_find_xid(x11, event->event);
	if (window == NULL)
		return;
	if (!window->popup && event->response_type == XCB_KEY_PRESS)
		x11->input->focused = window->id;
	x11->time = event->time;
	hc_x11_properties_user_time(x11, window);
	settle_pointer(x11);
	settle_focus(x11);
}

void hc_x11_input_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event)
{
	switch (hc_x11_event_type(event)) {
	case XCB_GE_GENERIC:
		if (((const xcb_ge_generic_event_t *)event)->extension == x11->xinput.opcode)
			handle_xinput_event(x11, (const void *)event);
		break;
	case XCB_KEY_PRESS:
	case XCB_KEY_RELEASE:
		handle_key_press(x11, (const void *)event);
		break;
	case XCB_FOCUS_IN:
		handle_focus_in(x11, (const void *)event);
		break;
	case XCB_FOCUS_OUT:
		handle_focus_out(x11, (const void *)event);
		break;
	default:
		break;
	}
}

static void select_events(struct hc_x11 *x11, xcb_window_t window, uint32_t events)
{
	const struct {
		xcb_input_event_mask_t head;
		uint32_t mask;
	} request = {
		.head = { .deviceid = XCB_INPUT_DEVICE_ALL_MASTER, .mask_len = 1 },
		.mask = events,
	};
	xcb_input_xi_select_events(x11->connection, window, 1, &request.head);
}

static void watch_presses(struct hc_x11 *x11, bool watch)
{
	x11->input->presses_watched = watch;
	select_events(x11, x11->root,
		XCB_INPUT_XI_EVENT_MASK_DEVICE_CHANGED |
			(watch ? (uint32_t)XCB_INPUT_XI_EVENT_MASK_RAW_BUTTON_PRESS : 0U));
}

void hc_x11_input_end_batch(struct hc_x11 *x11)
{
	if (x11->input->focus_awaited == 0)
		settle_focus(x11);
	settle_pointer(x11);
	if (menu_may_be_open(x11) != x11->input->presses_watched)
		watch_presses(x11, menu_may_be_open(x11));
}

void hc_x11_input_announce(struct hc_x11 *x11)
{
	struct hc_x11_input *input = x11->input;
	input->told_inside = 0;
	input->motion_pending = false;
	tell_focus(x11);
	settle_crossing(x11);
}

void hc_x11_input_window_added(struct hc_x11 *x11, struct hc_x11_window *window)
{
	select_events(x11, window->content,
		XCB_INPUT_XI_EVENT_MASK_MOTION | XCB_INPUT_XI_EVENT_MASK_BUTTON_PRESS |
			XCB_INPUT_XI_EVENT_MASK_BUTTON_RELEASE | XCB_INPUT_XI_EVENT_MASK_ENTER |
			XCB_INPUT_XI_EVENT_MASK_LEAVE);
}

void hc_x11_input_window_removed(struct hc_x11 *x11, struct hc_x11_window *window)
{
	struct hc_x11_input *input = x11->input;
	hc_click_guard_forget(&input->guard, window->content);
	if (input->motion.window == window->id) {
		input->motion_pending = false;
		input->motion.window = 0;
	}
	if (input->inside == window->id)
		input->inside = 0;
	if (input->told_inside == window->id)
		input->told_inside = 0;
	if (input->focused == window->id)
		input->focused = 0;
	if (input->told_focused == window->id)
		input->told_focused = 0;
}

void hc_x11_input_window_renamed(struct hc_x11 *x11, uint32_t id, uint32_t new_id)
{
	struct hc_x11_input *input = x11->input;
	uint32_t *const ids[] = { &input->motion.window, &input->inside, &input->told_inside,
		&input->focused, &input->told_focused };
	for (size_t i = 0; i < G_N_ELEMENTS(ids); i++)
		if (*ids[i] == id)
			*ids[i] = new_id;
}

static bool query_version(struct hc_x11 *x11)
{
	if (!x11->xinput.present)
		return false;
	xcb_input_xi_query_version_reply_t *reply = xcb_input_xi_query_version_reply(
		x11->connection,
		xcb_input_xi_query_version(x11->connection, XINPUT_MAJOR, XINPUT_MINOR), NULL);
	bool fits = reply != NULL && reply->major_version >= XINPUT_MAJOR;
	free(reply);
	return fits;
}

bool hc_x11_input_init(struct hc_x11 *x11)
{
	if (!query_version(x11)) {
		g_critical("the X server has no XInput 2, which Oriel needs for the pointer; use "
			   "an X server of 2011 or later");
		return false;
	}
	x11->input = g_new0(struct hc_x11_input, 1);
	x11->input->scroll = hc_x11_scroll_create();
	hc_x11_scroll_fetch_devices(x11);
	watch_presses(x11, false);
	return true;
}

void hc_x11_input_finish(struct hc_x11 *x11)
{
	if (x11->input == NULL)
		return;
	hc_x11_scroll_destroy(x11->input->scroll);
	g_free(x11->input);
	x11->input = NULL;
}
