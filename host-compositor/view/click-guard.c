#include "click-guard.h"

/* The user was with the guest's windows already. What goes from under the pointer and what comes in
 * its place do so at once; and whoever lets go of a button had pressed it in one of them. */
static bool was_inside(const struct hc_click_guard *guard, uint32_t window,
	enum hc_click_guard_cause cause, uint32_t time)
{
	if (guard->window != 0 || (guard->vacated && guard->vacated_at == time))
		return true;
	return cause == HC_CLICK_GUARD_UNGRAB && (guard->grabbed == window || guard->released);
}

void hc_click_guard_entered(struct hc_click_guard *guard, uint32_t window,
	enum hc_click_guard_cause cause, uint32_t time)
{
	if (!was_inside(guard, window, cause, time)) {
		guard->came = cause != HC_CLICK_GUARD_MOTION;
		guard->came_at = time;
	}
	guard->window = window;
	guard->grabbed = 0;
	guard->gone = 0;
	guard->released = false;
}

void hc_click_guard_left(struct hc_click_guard *guard, uint32_t window,
	enum hc_click_guard_cause cause, uint32_t time)
{
	if (window != guard->window && window != guard->gone)
		return;
	guard->grabbed = cause == HC_CLICK_GUARD_GRAB ? window : 0;
	guard->vacated = cause == HC_CLICK_GUARD_WINDOWS || cause == HC_CLICK_GUARD_UNGRAB;
	guard->vacated_at = time;
	guard->released = guard->released && cause == HC_CLICK_GUARD_UNGRAB;
	guard->window = 0;
	guard->gone = 0;
}

void hc_click_guard_forget(struct hc_click_guard *guard, uint32_t window)
{
	if (window == guard->held_in)
		guard->held = 0;
	if (window != guard->window)
		return;
	guard->window = 0;
	guard->gone = window;
}

/* The server's time begins anew after 49 days. A press that another's grab has held up may be older
 * than the window that gets it. */
static bool is_guarded(const struct hc_click_guard *guard, uint32_t time)
{
	return guard->came && (int32_t)(time - guard->came_at) < HC_CLICK_GUARD_MS;
}

static void keep(struct hc_click_guard *guard, uint32_t window, uint32_t bit)
{
	guard->held |= bit;
	guard->held_in = window;
}

bool hc_click_guard_button(
	struct hc_click_guard *guard, uint32_t window, uint32_t button, bool pressed, uint32_t time)
{
	uint32_t bit = 1U << (button - 1);
	bool kept = pressed ? is_guarded(guard, time) : (guard->held & bit) != 0;

	guard->held &= ~bit;
	guard->released = !pressed && !kept;
	if (pressed && kept)
		keep(guard, window, bit);
	else if (pressed)
		guard->came = false;
	return !kept;
}

void hc_click_guard_release(struct hc_click_guard *guard)
{
	guard->held = 0;
}

bool hc_click_guard_holds(const struct hc_click_guard *guard)
{
	return guard->held != 0;
}
