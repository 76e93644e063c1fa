#include "x11.h"

bool ga_x11_input_create(struct ga_x11 *x11)
{
	(void)x11;
	return true;
}

void ga_x11_input_destroy(struct ga_x11 *x11)
{
	(void)x11;
}

void ga_x11_input_handle_message(struct ga_x11 *x11, const struct vp_message *message)
{
	(void)x11;
	(void)message;
}

void ga_x11_input_release(struct ga_x11 *x11)
{
	(void)x11;
}
