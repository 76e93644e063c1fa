#include "x11.h"

bool ga_x11_cursor_create(struct ga_x11 *x11)
{
	(void)x11;
	return true;
}

void ga_x11_cursor_destroy(struct ga_x11 *x11)
{
	(void)x11;
}

bool ga_x11_cursor_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event)
{
	(void)x11;
	(void)event;
	return false;
}

void ga_x11_cursor_announce(struct ga_x11 *x11)
{
	(void)x11;
}
