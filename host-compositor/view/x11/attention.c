/*
 * Whether a window of the guest may take the user's attention: the focus, and a place above others.
 * It may while the user is with the guest, when the user has just started something there, and when
 * a window that the user was with has been closed by the guest, for another to take its place.
 * Otherwise it may ask for attention. Window managers differ too much in what they prevent by
 * themselves.
 */
#define G_LOG_DOMAIN "hc-x11"

#include "x11.h"

enum {
	STARTED_MS = 60000, /* for what the user has started to show a window */
	CLOSED_MS = 2000, /* for a window to take another's place */
};

static void invite(struct hc_x11 *x11, int64_t milliseconds)
{
	int64_t until = g_get_monotonic_time() / 1000 + milliseconds;

	x11->invited_until = MAX(x11->invited_until, until);
}

void hc_x11_attention_user_started(struct hc_x11 *x11)
{
	invite(x11, STARTED_MS);
}

void hc_x11_attention_window_closed(struct hc_x11 *x11, const struct hc_x11_window *window)
{
	if (window->focused)
		invite(x11, CLOSED_MS);
}

bool hc_x11_attention_take(struct hc_x11 *x11)
{
	bool invited = g_get_monotonic_time() / 1000 < x11->invited_until;

	/* One window only. */
	x11->invited_until = 0;
	return hc_x11_input_focused(x11) != 0 || invited;
}

void hc_x11_attention_ask(struct hc_x11 *x11, struct hc_x11_window *window)
{
	const struct vp_window_state_request request = {
		.window = window->id,
		.mask = VP_STATE_DEMANDS_ATTENTION,
		.state = VP_STATE_DEMANDS_ATTENTION,
	};

	hc_x11_states_request(x11, window, &request);
}
