#include "x-user.h"

#include <stdlib.h>
#include <string.h>
#include <xcb/xtest.h>

static void sync_with_server(xcb_connection_t *user)
{
	free(xcb_get_input_focus_reply(user, xcb_get_input_focus(user), NULL));
}

static void fake(xcb_connection_t *user, uint8_t type, uint8_t detail, int32_t x, int32_t y)
{
	xcb_window_t root = xcb_setup_roots_iterator(xcb_get_setup(user)).data->root;
	xcb_test_fake_input(user, type, detail, XCB_CURRENT_TIME, root, (int16_t)x, (int16_t)y, 0);
	sync_with_server(user);
}

void x_user_key(xcb_connection_t *user, uint8_t code, bool pressed)
{
	fake(user, pressed ? XCB_KEY_PRESS : XCB_KEY_RELEASE, code, 0, 0);
}

void x_user_button(xcb_connection_t *user, uint8_t button, bool pressed)
{
	fake(user, pressed ? XCB_BUTTON_PRESS : XCB_BUTTON_RELEASE, button, 0, 0);
}

void x_user_move(xcb_connection_t *user, int32_t x, int32_t y)
{
	fake(user, XCB_MOTION_NOTIFY, 0, x, y);
}

void x_user_click(xcb_connection_t *user, int32_t x, int32_t y, uint8_t button)
{
	x_user_move(user, x, y);
	x_user_button(user, button, true);
	x_user_button(user, button, false);
}

void x_user_focus(xcb_connection_t *user, xcb_window_t window)
{
	xcb_set_input_focus(user, XCB_INPUT_FOCUS_POINTER_ROOT, window, XCB_CURRENT_TIME);
	sync_with_server(user);
}

void x_user_close(xcb_connection_t *user, xcb_window_t window)
{
	const xcb_client_message_event_t message = {
		.response_type = XCB_CLIENT_MESSAGE,
		.format = 32,
		.window = window,
		.type = x_user_atom(user, "WM_PROTOCOLS"),
		.data.data32 = { x_user_atom(user, "WM_DELETE_WINDOW") },
	};
	xcb_send_event(user, 0, window, XCB_EVENT_MASK_NO_EVENT, (const char *)&message);
	sync_with_server(user);
}

uint32_t x_user_pixel(xcb_connection_t *user, xcb_window_t window, int32_t x, int32_t y)
{
	uint32_t pixel = 0;
	xcb_get_image_reply_t *image = xcb_get_image_reply(user,
		xcb_get_image(user, XCB_IMAGE_FORMAT_Z_PIXMAP, window, (int16_t)x, (int16_t)y, 1, 1,
			UINT32_MAX),
		NULL);
	if (image != NULL)
		memcpy(&pixel, xcb_get_image_data(image), sizeof(pixel));
	free(image);
	return pixel;
}

xcb_atom_t x_user_atom(xcb_connection_t *user, const char *name)
{
	xcb_intern_atom_reply_t *reply = xcb_intern_atom_reply(
		user, xcb_intern_atom(user, 0, (uint16_t)strlen(name), name), NULL);
	xcb_atom_t atom = reply != NULL ? reply->atom : XCB_ATOM_NONE;
	free(reply);
	return atom;
}

bool x_user_text(
	xcb_connection_t *user, xcb_window_t window, const char *name, char *text, size_t size)
{
	xcb_get_property_reply_t *reply = xcb_get_property_reply(user,
		xcb_get_property(user, 0, window, x_user_atom(user, name), XCB_ATOM_ANY, 0,
			(uint32_t)(size - 1) / 4),
		NULL);
	size_t len = reply != NULL ? (size_t)xcb_get_property_value_length(reply) : 0;
	memcpy(text, reply != NULL ? xcb_get_property_value(reply) : "", len);
	text[len] = '\0';
	free(reply);
	return len > 0;
}
