#define G_LOG_DOMAIN "hc-x11-dialog"

#include "x11.h"

bool hc_x11_dialog_init(struct hc_x11 *x11)
{
	(void)x11;
	return true;
}

void hc_x11_dialog_finish(struct hc_x11 *x11)
{
	(void)x11;
}

void hc_x11_dialog_set_hung(struct hc_x11 *x11, struct hc_x11_window *window, bool hung)
{
	(void)x11;
	(void)window;
	(void)hung;
}

void hc_x11_dialog_window_closed_by_user(struct hc_x11 *x11, struct hc_x11_window *window)
{
	(void)x11;
	(void)window;
}

void hc_x11_dialog_window_removed(struct hc_x11 *x11, struct hc_x11_window *window)
{
	(void)x11;
	(void)window;
}

void hc_x11_dialog_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event)
{
	(void)x11;
	(void)event;
}

int64_t hc_x11_dialog_deadline(struct hc_x11 *x11)
{
	(void)x11;
	return -1;
}

void hc_x11_dialog_handle_deadline(struct hc_x11 *x11, int64_t now)
{
	(void)x11;
	(void)now;
}
