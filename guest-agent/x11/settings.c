#include "x11.h"

bool ga_x11_settings_create(struct ga_x11 *x11)
{
	(void)x11;
	return true;
}

void ga_x11_settings_destroy(struct ga_x11 *x11)
{
	(void)x11;
}

bool ga_x11_settings_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event)
{
	(void)x11;
	(void)event;
	return false;
}

void ga_x11_settings_handle_settings(struct ga_x11 *x11, const struct vp_settings *message)
{
	(void)x11;
	(void)message;
}
