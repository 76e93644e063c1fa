#define G_LOG_DOMAIN "hc-x11-settings"

#include "x11.h"

enum { DPI_DEFAULT = 96, SCALE_DEFAULT = 1 };

bool hc_x11_settings_init(struct hc_x11 *x11)
{
	(void)x11;
	return true;
}

void hc_x11_settings_finish(struct hc_x11 *x11)
{
	(void)x11;
}

void hc_x11_settings_announce(struct hc_x11 *x11)
{
	hc_x11_message(x11, VP_MESSAGE(SETTINGS, settings, .dpi = DPI_DEFAULT, .scale = SCALE_DEFAULT));
}

void hc_x11_settings_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event)
{
	(void)x11;
	(void)event;
}
