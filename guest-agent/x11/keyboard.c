#include "x11.h"

bool ga_x11_keyboard_create(struct ga_x11 *x11)
{
	(void)x11;
	return true;
}

void ga_x11_keyboard_destroy(struct ga_x11 *x11)
{
	(void)x11;
}

bool ga_x11_keyboard_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event)
{
	(void)x11;
	(void)event;
	return false;
}

void ga_x11_keyboard_handle_keymap(struct ga_x11 *x11, const struct vp_keymap *message)
{
	(void)x11;
	(void)message;
}
