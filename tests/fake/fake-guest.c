/*
 * A guest made of nothing but its session: one window with a moving square on a gradient, and a
 * popup for each click; button 3 asks for another place, button 2 for a maximised window, both by
 * turns. usage: fake-guest FD [TITLE]; FD is a connected socket of the unix domain.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session.h"

enum {
	WINDOW = 1,
	POPUP = 2, /* and each further popup the next number */
	FRAME_MILLISECONDS = 16,
	SQUARE = 40,
	START_WIDTH = 400,
	START_HEIGHT = 300,
	POPUP_WIDTH = 160,
	POPUP_HEIGHT = 100,
};

struct surface {
	uint32_t window; /* 0 none */
	uint32_t serial;
	uint32_t drawn; /* the tick of the last frame */
	int32_t x;
	int32_t y;
	uint32_t width;
	uint32_t height;
	bool whole; /* the next frame draws all */
	bool in_flight;
	struct vp_buffer *buffer;
};

struct guest {
	struct vp_session *session;
	const char *title;
	struct surface main;
	struct surface popup;
	uint32_t next_popup;
	uint32_t tick;
	uint32_t configure_serial;
	uint32_t state;
	bool ended;
};

static void fill(const struct surface *surface, struct vp_rect rect, uint32_t tick, bool square)
{
	uint8_t *data = vp_buffer_data(surface->buffer);

	for (uint32_t y = (uint32_t)rect.y; data != NULL && y < (uint32_t)rect.y + rect.height;
		y++) {
		for (uint32_t x = (uint32_t)rect.x; x < (uint32_t)rect.x + rect.width; x++) {
			uint32_t pixel = (x * 255 / surface->width) << 16 |
					 (y * 255 / surface->height) << 8 |
					 (surface->window & 0xff) * 40;
			if (square)
				pixel = 0xffffff ^ (tick & 0xff);
			memcpy(data + y * surface->buffer->stride + x * VP_PIXEL_BYTES, &pixel,
				VP_PIXEL_BYTES);
		}
	}
}

static struct vp_rect square_at(const struct surface *surface, uint32_t tick)
{
	uint32_t size = surface->width < SQUARE || surface->height < SQUARE ? 1 : SQUARE;

	return (struct vp_rect){
		.x = (int16_t)(tick * 3 % (surface->width - size + 1)),
		.y = (int16_t)(tick * 2 % (surface->height - size + 1)),
		.width = (uint16_t)size,
		.height = (uint16_t)size,
	};
}

static bool fit_buffer(struct guest *guest, struct surface *surface)
{
	struct vp_buffer *old = surface->buffer;

	if (old != NULL && old->width == surface->width && old->height == surface->height)
		return true;
	if (!vp_session_buffer_create(guest->session, surface->width, surface->height,
		    VP_FORMAT_XRGB8888, &surface->buffer))
		return false;
	surface->whole = true;
	if (old != NULL) {
		vp_session_send(guest->session,
			VP_MESSAGE(BUFFER_DESTROY, buffer_destroy, .buffer = old->id));
		vp_buffer_destroy(old);
	}
	return true;
}

static void draw(struct guest *guest, struct surface *surface)
{
	uint8_t encoded[2 * VP_RECT_BYTES];
	size_t count = 2;

	if (surface->window == 0 || surface->in_flight || !fit_buffer(guest, surface))
		return;
	struct vp_rect rects[2] = { square_at(surface, surface->drawn),
		square_at(surface, guest->tick) };
	if (surface->whole) {
		rects[0] = (struct vp_rect){ 0, 0, (uint16_t)surface->width,
			(uint16_t)surface->height };
		count = 1;
	}
	fill(surface, rects[0], guest->tick, false);
	fill(surface, square_at(surface, guest->tick), guest->tick, true);
	surface->drawn = guest->tick;
	surface->whole = false;
	surface->in_flight = true;
	vp_session_send(
		guest->session, VP_MESSAGE(FRAME_PRESENT, frame_present, .window = surface->window,
					.buffer = surface->buffer->id, .serial = ++surface->serial,
					.width = surface->width, .height = surface->height,
					.rects = vp_rects_put(encoded, rects, count)));
}

static void create_window(struct guest *guest, struct surface *surface, bool popup)
{
	vp_session_send(guest->session,
		VP_MESSAGE(WINDOW_CREATE, window_create, .window = surface->window,
			.native = 0x1000U + surface->window, .popup = popup,
			.owner = popup ? WINDOW : 0, .x = surface->x, .y = surface->y,
			.width = surface->width, .height = surface->height));
}

static void announce(struct guest *guest)
{
	struct surface *surface = &guest->main;

	create_window(guest, surface, false);
	vp_session_send(guest->session, VP_MESSAGE(WINDOW_TITLE, window_title, .window = WINDOW,
						.title = vp_text_from(guest->title, VP_TITLE_MAX)));
	vp_session_send(guest->session, VP_MESSAGE(WINDOW_CLASS, window_class, .window = WINDOW,
						.instance = vp_text_from("fake", VP_CLASS_MAX),
						.class_name = vp_text_from("Fake", VP_CLASS_MAX)));
	vp_session_send(guest->session, VP_MESSAGE(WINDOW_MAP, window_map, .window = WINDOW));
	vp_session_send(
		guest->session, VP_MESSAGE(WINDOWS_ANNOUNCED, windows_announced, .count = 1));
	draw(guest, surface);
}

static void close_popup(struct guest *guest)
{
	struct surface *popup = &guest->popup;

	vp_session_send(guest->session,
		VP_MESSAGE(WINDOW_DESTROY, window_destroy, .window = popup->window));
	vp_session_send(guest->session,
		VP_MESSAGE(BUFFER_DESTROY, buffer_destroy, .buffer = popup->buffer->id));
	vp_buffer_destroy(popup->buffer);
	*popup = (struct surface){ 0 };
}

static void open_popup(struct guest *guest, int32_t x, int32_t y)
{
	guest->popup = (struct surface){
		.window = guest->next_popup++,
		.x = x,
		.y = y,
		.width = POPUP_WIDTH,
		.height = POPUP_HEIGHT,
	};
	create_window(guest, &guest->popup, true);
	vp_session_send(
		guest->session, VP_MESSAGE(WINDOW_MAP, window_map, .window = guest->popup.window));
	draw(guest, &guest->popup);
}

static void handle_configure(struct guest *guest, const struct vp_window_configure *configure)
{
	struct surface *surface = &guest->main;

	printf("configure %u: %d,%d %ux%u\n", configure->serial, configure->x, configure->y,
		configure->width, configure->height);
	guest->configure_serial = configure->serial;
	surface->x = configure->x;
	surface->y = configure->y;
	surface->width = configure->width;
	surface->height = configure->height;
}

static void ask_place(struct guest *guest)
{
	bool small = guest->main.width == START_WIDTH;

	vp_session_send(guest->session,
		VP_MESSAGE(WINDOW_CONFIGURE_REQUEST, window_configure_request, .window = WINDOW,
			.serial = guest->configure_serial, .fields = VP_FIELD_ALL, .x = 50, .y = 60,
			.width = small ? START_WIDTH / 2 : START_WIDTH, .height = START_HEIGHT));
}

static void ask_maximized(struct guest *guest)
{
	const uint32_t mask = VP_STATE_MAXIMIZED_HORZ | VP_STATE_MAXIMIZED_VERT;

	vp_session_send(guest->session,
		VP_MESSAGE(WINDOW_STATE_REQUEST, window_state_request, .window = WINDOW,
			.mask = mask, .state = ~guest->state & mask));
}

static void handle_button(struct guest *guest, const struct vp_pointer_button *button)
{
	if (!button->pressed)
		return;
	if (button->button == 2)
		ask_maximized(guest);
	else if (button->button == 3)
		ask_place(guest);
	else if (guest->popup.window != 0)
		close_popup(guest);
	else
		open_popup(guest, button->x, button->y);
}

static void handle_done(struct guest *guest, const struct vp_frame_done *done)
{
	if (done->window == guest->main.window)
		guest->main.in_flight = false;
	else if (done->window == guest->popup.window)
		guest->popup.in_flight = false;
}

static bool handle_message(void *data, const struct vp_message *message)
{
	struct guest *guest = data;

	switch ((int)message->op) {
	case VP_OP_WINDOW_CONFIGURE:
		handle_configure(guest, &message->window_configure);
		break;
	case VP_OP_FRAME_DONE:
		handle_done(guest, &message->frame_done);
		break;
	case VP_OP_WINDOW_STATE_SET:
		guest->state = message->window_state_set.state;
		printf("state of %u: %#x\n", message->window_state_set.window,
			message->window_state_set.state);
		break;
	case VP_OP_POINTER_BUTTON:
		handle_button(guest, &message->pointer_button);
		break;
	case VP_OP_WINDOW_CLOSE:
		printf("closed\n");
		guest->ended = true;
		break;
	default:
		printf("%s\n", vp_op_name((uint16_t)message->op));
		break;
	}
	return true;
}

static void handle_ready(void *data, const struct vp_hello *peer)
{
	(void)peer;
	announce(data);
}

static void handle_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	struct guest *guest = data;

	printf("session closed (%d): %s\n", reason, text);
	guest->ended = true;
}

static const struct vp_session_listener listener = {
	.ready = handle_ready,
	.message = handle_message,
	.closed = handle_closed,
};

static void turn(struct guest *guest)
{
	struct pollfd poll_fd = { .fd = vp_session_get_fd(guest->session), .events = POLLIN };

	if (poll(&poll_fd, 1, FRAME_MILLISECONDS) > 0) {
		vp_session_dispatch(guest->session);
	} else {
		guest->tick++;
		draw(guest, &guest->main);
		draw(guest, &guest->popup);
	}
	vp_session_flush(guest->session);
}

int main(int argc, char **argv)
{
	struct guest guest = {
		.title = argc > 2 ? argv[2] : "a window that moves",
		.main = { .window = WINDOW,
			.x = 100,
			.y = 100,
			.width = START_WIDTH,
			.height = START_HEIGHT },
		.next_popup = POPUP,
	};

	if (argc < 2) {
		fprintf(stderr, "usage: fake-guest FD [TITLE]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	struct vp_transport *transport = vp_transport_unix_create(atoi(argv[1]));
	if (transport == NULL)
		return 1;
	guest.session = vp_session_create(
		transport, VP_ROLE_GUEST, "fake-guest", (uint64_t)getpid(), &listener, &guest);
	while (guest.session != NULL && !guest.ended)
		turn(&guest);
	vp_session_destroy(guest.session);
	return 0;
}
