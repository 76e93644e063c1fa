/*
 * Windows that tell when they have drawn themselves in a new size (EWMH _NET_WM_SYNC_REQUEST):
 * until they have, what they show is half of the old and half of the background, and is not shown
 * to the primary. Sizes that come meanwhile wait, so that a slow application is not asked for ones
 * that are past.
 */
#define G_LOG_DOMAIN "ga-wm"

#include "x11.h"

enum { PATIENCE_MS = 200, VALUE_BITS = 32 };

static xcb_sync_int64_t sync_value(uint64_t value)
{
	return (xcb_sync_int64_t){ (int32_t)(value >> VALUE_BITS), (uint32_t)value };
}

void ga_x11_sync_forget(struct ga_x11 *x11, struct ga_x11_window *window, bool destroyed)
{
	if (window->sync_alarm != XCB_NONE && !destroyed)
		xcb_sync_destroy_alarm(x11->connection, window->sync_alarm);
	window->sync_alarm = XCB_NONE;
	window->sync_counter = XCB_NONE;
	window->sync_deadline = 0;
}

/* The alarm goes off once, when the counter has reached the value. */
static void set_alarm(struct ga_x11 *x11, struct ga_x11_window *window)
{
	const xcb_sync_create_alarm_value_list_t alarm = {
		.counter = window->sync_counter,
		.valueType = XCB_SYNC_VALUETYPE_ABSOLUTE,
		.value = sync_value(window->sync_serial),
		.testType = XCB_SYNC_TESTTYPE_POSITIVE_COMPARISON,
		.delta = sync_value(0),
		.events = 1,
	};
	if (window->sync_alarm != XCB_NONE)
		xcb_sync_destroy_alarm(x11->connection, window->sync_alarm);
	window->sync_alarm = xcb_generate_id(x11->connection);
	xcb_sync_create_alarm_aux(x11->connection, window->sync_alarm,
		XCB_SYNC_CA_COUNTER | XCB_SYNC_CA_VALUE_TYPE | XCB_SYNC_CA_VALUE |
			XCB_SYNC_CA_TEST_TYPE | XCB_SYNC_CA_DELTA | XCB_SYNC_CA_EVENTS,
		&alarm);
}

void ga_x11_sync_begin(struct ga_x11 *x11, struct ga_x11_window *window)
{
	if (window->sync_counter == XCB_NONE || !window->syncs || !window->mapped)
		return;
	if (window->sync_serial == 0)
		xcb_sync_set_counter(x11->connection, window->sync_counter, sync_value(0));
	window->sync_serial++;
	set_alarm(x11, window);
	ga_x11_protocol_send(x11, window, x11->atoms._NET_WM_SYNC_REQUEST, XCB_CURRENT_TIME,
		window->sync_serial);
	window->sync_deadline = ga_x11_now() + PATIENCE_MS;
}

bool ga_x11_sync_waiting(const struct ga_x11_window *window)
{
	return window->sync_deadline != 0;
}

static void end_waiting(struct ga_x11 *x11, struct ga_x11_window *window)
{
	bool delayed = window->sync_delayed;
	window->sync_deadline = 0;
	window->sync_delayed = false;
	/* What has been drawn is shown, even if the next size is already asked for. */
	ga_x11_pixels_resume(x11, window);
	if (delayed)
		ga_x11_wm_place_delayed(x11, window);
}

void ga_x11_sync_end(struct ga_x11 *x11, struct ga_x11_window *window)
{
	if (ga_x11_sync_waiting(window))
		end_waiting(x11, window);
}

void ga_x11_sync_follow(
	struct ga_x11 *x11, struct ga_x11_window *window, xcb_sync_counter_t counter)
{
	if (counter == window->sync_counter)
		return;
	ga_x11_sync_end(x11, window);
	ga_x11_sync_forget(x11, window, false);
	window->sync_counter = x11->sync.present ? counter : (xcb_sync_counter_t)XCB_NONE;
}

bool ga_x11_sync_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event)
{
	if (!x11->sync.present || (event->response_type & ~GA_X11_SENT_EVENT) !=
					  x11->sync.event + XCB_SYNC_ALARM_NOTIFY)
		return false;
	const xcb_sync_alarm_notify_event_t *notify = (const void *)event;
	for (guint i = 0; i < x11->clients->len; i++) {
		struct ga_x11_window *window = g_ptr_array_index(x11->clients, i);
		if (window->sync_alarm == notify->alarm && ga_x11_sync_waiting(window))
			end_waiting(x11, window);
	}
	return true;
}

int64_t ga_x11_sync_deadline(struct ga_x11 *x11)
{
	int64_t first = -1;
	for (guint i = 0; i < x11->clients->len; i++) {
		const struct ga_x11_window *window = g_ptr_array_index(x11->clients, i);
		if (ga_x11_sync_waiting(window) && (first == -1 || window->sync_deadline < first))
			first = window->sync_deadline;
	}
	return first;
}

void ga_x11_sync_dispatch(struct ga_x11 *x11)
{
	if (ga_x11_sync_deadline(x11) == -1)
		return;
	int64_t now = ga_x11_now();
	for (guint i = 0; i < x11->clients->len; i++) {
		struct ga_x11_window *window = g_ptr_array_index(x11->clients, i);
		if (ga_x11_sync_waiting(window) && window->sync_deadline <= now)
			end_waiting(x11, window);
	}
}
