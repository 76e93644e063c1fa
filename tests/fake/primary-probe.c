/*
 * A primary without a screen, to watch an agent with: it prints what the agent says, answers
 * frames, gives each window its place, and compares what it was given with what the guest's server
 * shows.
 *
 *   primary-probe SOCKET DISPLAY SECONDS
 *
 * In the end it prints a line for each mapped window, "equal" or "differs"; the exit status is 0 if
 * all are equal.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <xcb/composite.h>
#include <xcb/xcb.h>

#include "session.h"
#include "unix-socket.h"

enum {
	TABLE = 4096,
	MILLISECONDS = 1000,
	COLOUR_BYTES = 3,
	SCREEN_WIDTH = 1200,
	SCREEN_HEIGHT = 900,
	DPI = 100,
};

struct window {
	bool mapped;
	bool popup;
	xcb_window_t native;
	uint32_t buffer;
	uint32_t width;
	uint32_t height;
	uint32_t frames;
};

struct probe {
	struct vp_session *session;
	bool closed;
	struct window windows[TABLE];
	struct vp_buffer *buffers[TABLE];
};

static void handle_ready(void *data, const struct vp_hello *peer)
{
	struct probe *probe = data;
	printf("ready: %.*s\n", (int)peer->program.len, peer->program.data);
	vp_session_send(probe->session,
		VP_MESSAGE(MONITOR, monitor, .count = 1, .primary = 1, .width = SCREEN_WIDTH,
			.height = SCREEN_HEIGHT, .screen_width = SCREEN_WIDTH,
			.screen_height = SCREEN_HEIGHT,
			.name = vp_text_from("screen", VP_NAME_MAX)));
	vp_session_send(probe->session, VP_MESSAGE(SETTINGS, settings, .dpi = DPI, .scale = 1));
	vp_session_send(probe->session, VP_MESSAGE(FOCUS, focus, 0));
}

static void map_buffer(struct probe *probe, const struct vp_buffer_create *create)
{
	struct vp_buffer *buffer;
	if (!vp_transport_buffer_map(vp_session_transport(probe->session), create, &buffer)) {
		printf("buffer %u cannot be mapped: %s\n", create->buffer, strerror(errno));
		return;
	}
	printf("buffer %u: %ux%u\n", create->buffer, create->width, create->height);
	probe->buffers[create->buffer % TABLE] = buffer;
}

static void take_frame(struct probe *probe, const struct vp_frame_present *frame)
{
	struct window *window = &probe->windows[frame->window % TABLE];
	window->buffer = frame->buffer;
	window->width = frame->width;
	window->height = frame->height;
	window->frames++;
	printf("frame %u of window %u: %ux%u, %zu rectangles\n", frame->serial, frame->window,
		frame->width, frame->height, frame->rects.count);
	vp_session_send(
		probe->session, VP_MESSAGE(FRAME_DONE, frame_done, frame->window, frame->serial));
}

static void create_window(struct probe *probe, const struct vp_window_create *create)
{
	probe->windows[create->window % TABLE] =
		(struct window){ .native = (xcb_window_t)create->native, .popup = create->popup };
	printf("window %u, %#lx, %s, owner %u: %ux%u at %d, %d\n", create->window,
		(unsigned long)create->native, create->popup ? "popup" : "managed", create->owner,
		create->width, create->height, create->x, create->y);
	if (!create->popup)
		vp_session_send(probe->session,
			VP_MESSAGE(WINDOW_CONFIGURE, window_configure, create->window, 1, create->x,
				create->y, create->width, create->height));
}

static void answer_request(struct probe *probe, const struct vp_window_configure_request *request)
{
	printf("window %u asks for %ux%u at %d, %d (fields %u)\n", request->window, request->width,
		request->height, request->x, request->y, request->fields);
	vp_session_send(probe->session,
		VP_MESSAGE(WINDOW_CONFIGURE, window_configure, request->window, request->serial + 1,
			request->x, request->y, request->width, request->height));
}

static void answer_state(struct probe *probe, const struct vp_window_state_request *request)
{
	printf("window %u asks for state %#x of %#x\n", request->window, request->state,
		request->mask);
	vp_session_send(probe->session,
		VP_MESSAGE(WINDOW_STATE_SET, window_state_set, request->window, request->state));
}

static void print_shape(const struct vp_window_shape *shape)
{
	printf("shape %u of window %u: %s, %zu rectangles", shape->shape, shape->window,
		shape->shaped ? "shaped" : "whole", shape->rects.count);
	for (size_t i = 0; i < shape->rects.count && i < 3; i++) {
		struct vp_rect rect = vp_rects_get(shape->rects, i);
		printf(" %ux%u%+d%+d", rect.width, rect.height, rect.x, rect.y);
	}
	printf("\n");
}

static bool handle_message(void *data, const struct vp_message *message)
{
	struct probe *probe = data;
	switch ((int)message->op) {
	case VP_OP_WINDOW_CREATE:
		create_window(probe, &message->window_create);
		return true;
	case VP_OP_WINDOW_MAP:
		probe->windows[message->window_map.window % TABLE].mapped = true;
		if (!probe->windows[message->window_map.window % TABLE].popup)
			vp_session_send(probe->session,
				VP_MESSAGE(FOCUS, focus, message->window_map.window));
		break;
	case VP_OP_WINDOW_UNMAP:
	case VP_OP_WINDOW_DESTROY:
		probe->windows[message->window_map.window % TABLE].mapped = false;
		break;
	case VP_OP_WINDOW_TITLE:
		printf("title of window %u: %.*s\n", message->window_title.window,
			(int)message->window_title.title.len, message->window_title.title.data);
		return true;
	case VP_OP_WINDOW_CONFIGURE_REQUEST:
		answer_request(probe, &message->window_configure_request);
		return true;
	case VP_OP_WINDOW_STATE_REQUEST:
		answer_state(probe, &message->window_state_request);
		return true;
	case VP_OP_BUFFER_CREATE:
		map_buffer(probe, &message->buffer_create);
		return true;
	case VP_OP_BUFFER_DESTROY:
		vp_buffer_destroy(probe->buffers[message->buffer_destroy.buffer % TABLE]);
		probe->buffers[message->buffer_destroy.buffer % TABLE] = NULL;
		vp_session_send(probe->session, VP_MESSAGE(BUFFER_RELEASED, buffer_released,
							message->buffer_destroy.buffer));
		break;
	case VP_OP_WINDOW_SHAPE:
		print_shape(&message->window_shape);
		return true;
	case VP_OP_FRAME_PRESENT:
		take_frame(probe, &message->frame_present);
		return true;
	}
	if (message->op == VP_OP_WINDOWS_ANNOUNCED)
		printf("announced: %u\n", message->windows_announced.count);
	else
		printf("%s %u\n", vp_op_name((uint16_t)message->op), message->window_map.window);
	return true;
}

static void handle_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	struct probe *probe = data;
	printf("closed, %d: %s\n", (int)reason, text);
	probe->closed = true;
}

static const struct vp_session_listener listener = {
	.ready = handle_ready,
	.message = handle_message,
	.closed = handle_closed,
};

static int connect_to(const char *path)
{
	int fd = vp_unix_socket_connect(path, SOCK_STREAM);
	if (fd == -1) {
		fprintf(stderr, "primary-probe: cannot connect to %s: %s\n", path, strerror(errno));
		exit(EXIT_FAILURE);
	}
	return fd;
}

static int64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * MILLISECONDS + time.tv_nsec / 1000000;
}

static void watch(struct probe *probe, int64_t end)
{
	vp_session_flush(probe->session);
	while (!probe->closed && now() < end) {
		struct pollfd fd = { .fd = vp_session_get_fd(probe->session), .events = POLLIN };
		if (poll(&fd, 1, (int)(end - now())) > 0)
			vp_session_dispatch(probe->session);
		vp_session_flush(probe->session);
	}
}

static bool same_pixels(struct vp_buffer *buffer, const struct window *window, const uint8_t *image)
{
	const uint8_t *data = vp_buffer_data(buffer);
	size_t bytes = buffer->format == VP_FORMAT_ARGB8888 ? VP_PIXEL_BYTES : COLOUR_BYTES;
	for (uint32_t y = 0; y < window->height; y++)
		for (uint32_t x = 0; x < window->width; x++)
			if (memcmp(data + (size_t)y * buffer->stride + (size_t)x * VP_PIXEL_BYTES,
				    image + ((size_t)y * window->width + x) * VP_PIXEL_BYTES,
				    bytes) != 0) {
				printf("  first difference at %u, %u\n", x, y);
				return false;
			}
	return true;
}

static bool compare(struct probe *probe, xcb_connection_t *c, uint32_t id)
{
	const struct window *window = &probe->windows[id];
	struct vp_buffer *buffer = probe->buffers[window->buffer % TABLE];
	xcb_pixmap_t pixmap = xcb_generate_id(c);
	xcb_composite_name_window_pixmap(c, window->native, pixmap);
	xcb_get_geometry_reply_t *size =
		xcb_get_geometry_reply(c, xcb_get_geometry(c, pixmap), NULL);
	xcb_get_image_reply_t *image = xcb_get_image_reply(c,
		xcb_get_image(c, XCB_IMAGE_FORMAT_Z_PIXMAP, pixmap, 0, 0, (uint16_t)window->width,
			(uint16_t)window->height, UINT32_MAX),
		NULL);
	bool equal = buffer != NULL && size != NULL && image != NULL &&
		     size->width == window->width && size->height == window->height &&
		     same_pixels(buffer, window, xcb_get_image_data(image));
	if (size != NULL && (size->width != window->width || size->height != window->height))
		printf("  shown as %ux%u\n", size->width, size->height);
	printf("window %u, %#x, %ux%u, %u frames: %s\n", id, window->native, window->width,
		window->height, window->frames, equal ? "equal" : "differs");
	free(size);
	free(image);
	xcb_free_pixmap(c, pixmap);
	return equal;
}

int main(int argc, char **argv)
{
	static struct probe probe;
	if (argc != 4) {
		fprintf(stderr, "usage: primary-probe SOCKET DISPLAY SECONDS\n");
		return 2;
	}
	struct vp_transport *transport = vp_transport_unix_create(connect_to(argv[1]));
	if (transport != NULL)
		probe.session = vp_session_create(
			transport, VP_ROLE_PRIMARY, "primary-probe", 1, &listener, &probe);
	if (probe.session == NULL)
		return EXIT_FAILURE;
	watch(&probe, now() + strtol(argv[3], NULL, 10) * MILLISECONDS);
	xcb_connection_t *c = xcb_connect(argv[2], NULL);
	xcb_discard_reply(c, xcb_composite_query_version(c, 0, 4).sequence);
	bool equal = !probe.closed;
	for (uint32_t id = 0; id < TABLE; id++)
		if (probe.windows[id].mapped && !compare(&probe, c, id))
			equal = false;
	xcb_disconnect(c);
	vp_session_destroy(probe.session);
	for (size_t i = 0; i < TABLE; i++)
		vp_buffer_destroy(probe.buffers[i]);
	return equal ? EXIT_SUCCESS : EXIT_FAILURE;
}
