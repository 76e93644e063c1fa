#define G_LOG_DOMAIN "ga-x11"

#include <assert.h>
#include <stdlib.h>
#include <time.h>
#include <xcb/composite.h>
#include <xcb/randr.h>
#include <xcb/render.h>
#include <xcb/shape.h>
#include <xcb/shm.h>
#include <xcb/sync.h>
#include <xcb/xkb.h>
#include <xcb/xtest.h>

#include "deadline.h"
#include "x11.h"

static const struct ga_capture_impl impl;

static struct ga_x11 *x11_from(struct ga_capture *capture)
{
	assert(capture->impl == &impl);
	return (struct ga_x11 *)capture;
}

void ga_x11_tell(struct ga_x11 *x11, const struct vp_message *message)
{
	if (x11->primary)
		x11->listener->message(x11->listener_data, message);
}

int64_t ga_x11_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void read_extension(
	struct ga_x11 *x11, xcb_extension_t *id, struct ga_x11_extension *extension)
{
	const xcb_query_extension_reply_t *reply = xcb_get_extension_data(x11->connection, id);
	if (reply == NULL || !reply->present)
		return;
	extension->present = true;
	extension->opcode = reply->major_opcode;
	extension->event = reply->first_event;
	extension->error = reply->first_error;
}

/* A server answers no request of an extension before it has been told the version. */
static void negotiate_versions(struct ga_x11 *x11)
{
	xcb_connection_t *c = x11->connection;
	if (x11->damage.present)
		xcb_discard_reply(c, xcb_damage_query_version(c, 1, 1).sequence);
	if (x11->composite.present)
		xcb_discard_reply(c, xcb_composite_query_version(c, 0, 4).sequence);
	if (x11->xfixes.present)
		xcb_discard_reply(c, xcb_xfixes_query_version(c, 5, 0).sequence);
	if (x11->randr.present)
		xcb_discard_reply(c, xcb_randr_query_version(c, 1, 5).sequence);
	if (x11->render.present)
		xcb_discard_reply(c, xcb_render_query_version(c, 0, 11).sequence);
	if (x11->sync.present)
		xcb_discard_reply(c, xcb_sync_initialize(c, 3, 1).sequence);
	if (x11->xkb.present)
		xcb_discard_reply(c, xcb_xkb_use_extension(c, 1, 0).sequence);
	if (x11->xtest.present)
		xcb_discard_reply(c, xcb_test_get_version(c, 2, 2).sequence);
}

static bool read_extensions(struct ga_x11 *x11)
{
	struct {
		xcb_extension_t *id;
		struct ga_x11_extension *extension;
		const char *needed; /* its name, NULL if the agent can do without */
	} const extensions[] = {
		{ &xcb_damage_id, &x11->damage, "DAMAGE" },
		{ &xcb_composite_id, &x11->composite, "Composite" },
		{ &xcb_xfixes_id, &x11->xfixes, "XFIXES" },
		{ &xcb_test_id, &x11->xtest, "XTEST" },
		{ &xcb_shm_id, &x11->shm, NULL },
		{ &xcb_shape_id, &x11->shape, NULL },
		{ &xcb_xkb_id, &x11->xkb, NULL },
		{ &xcb_randr_id, &x11->randr, NULL },
		{ &xcb_sync_id, &x11->sync, NULL },
		{ &xcb_render_id, &x11->render, NULL },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(extensions); i++)
		xcb_prefetch_extension_data(x11->connection, extensions[i].id);
	for (size_t i = 0; i < G_N_ELEMENTS(extensions); i++) {
		read_extension(x11, extensions[i].id, extensions[i].extension);
		if (extensions[i].needed != NULL && !extensions[i].extension->present) {
			g_critical("the X server has no %s extension, which the agent needs; start "
				   "a server that has it",
				extensions[i].needed);
			return false;
		}
	}
	negotiate_versions(x11);
	return true;
}

static bool connect_display(struct ga_x11 *x11, const char *display)
{
	const char *name = display != NULL ? display : g_getenv("DISPLAY");
	if (name == NULL || *name == '\0') {
		g_critical("there is no X server to serve, as $DISPLAY is not set; name one with "
			   "--display");
		return false;
	}
	x11->connection = xcb_connect(name, &x11->screen_number);
	if (xcb_connection_has_error(x11->connection) != 0) {
		g_critical("cannot connect to the X server \"%s\"; is it running, and is "
			   "$XAUTHORITY right?",
			name);
		return false;
	}
	x11->display = g_strdup(name);
	x11->setup = xcb_get_setup(x11->connection);
	xcb_screen_iterator_t screens = xcb_setup_roots_iterator(x11->setup);
	for (int i = 0; i < x11->screen_number && screens.rem > 1; i++)
		xcb_screen_next(&screens);
	x11->screen = screens.data;
	x11->root = x11->screen->root;
	x11->root_width = x11->screen->width_in_pixels;
	x11->root_height = x11->screen->height_in_pixels;
	return true;
}

struct ga_capture *ga_capture_x11_create(const char *display)
{
	struct ga_x11 *x11 = g_new0(struct ga_x11, 1);
	x11->capture.impl = &impl;
	ga_x11_windows_create(x11);
	if (connect_display(x11, display) && read_extensions(x11)) {
		if (ga_x11_atoms_intern(x11->connection, &x11->atoms) &&
			ga_x11_replies_create(x11) && ga_x11_pixels_create(x11) &&
			ga_x11_input_create(x11) && ga_x11_keyboard_create(x11) &&
			ga_x11_cursor_create(x11) && ga_x11_monitors_create(x11) &&
			ga_x11_settings_create(x11))
			return &x11->capture;
	}
	ga_capture_destroy(&x11->capture);
	return NULL;
}

static bool start(
	struct ga_capture *capture, const struct ga_capture_listener *listener, void *data)
{
	struct ga_x11 *x11 = x11_from(capture);
	x11->listener = listener;
	x11->listener_data = data;
	if (ga_x11_wm_start(x11) && xcb_flush(x11->connection) > 0)
		return true;
	x11->listener = NULL;
	return false;
}

/* Of a connection that is closed the server does not read what it has not read yet. */
static void wait_for_server(xcb_connection_t *c)
{
	free(xcb_get_input_focus_reply(c, xcb_get_input_focus(c), NULL));
}

static void stop(struct ga_capture *capture)
{
	struct ga_x11 *x11 = x11_from(capture);
	if (x11->listener == NULL)
		return;
	x11->primary = false;
	if (!x11->lost) {
		ga_x11_input_release(x11);
		ga_x11_wm_stop(x11);
		wait_for_server(x11->connection);
	}
	x11->listener = NULL;
}

static int get_fd(struct ga_capture *capture)
{
	return xcb_get_file_descriptor(x11_from(capture)->connection);
}

static void handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event)
{
	if (event->response_type == 0) {
		const xcb_generic_error_t *error = (const void *)event;
		g_debug("X error %u of request %u.%u, resource %#x", error->error_code,
			error->major_code, error->minor_code, error->resource_id);
		ga_x11_pixels_handle_error(x11, error);
		return;
	}
	if (ga_x11_pixels_handle_event(x11, event) || ga_x11_wm_handle_event(x11, event) ||
		ga_x11_sync_handle_event(x11, event) || ga_x11_focus_handle_event(x11, event) ||
		ga_x11_properties_handle_event(x11, event) ||
		ga_x11_cursor_handle_event(x11, event) || ga_x11_shape_handle_event(x11, event) ||
		ga_x11_keyboard_handle_event(x11, event) ||
		ga_x11_monitors_handle_event(x11, event))
		return;
	ga_x11_settings_handle_event(x11, event);
}

static bool handle_queued_events(struct ga_x11 *x11)
{
	bool any = false;
	xcb_generic_event_t *event;
	while ((event = xcb_poll_for_queued_event(x11->connection)) != NULL) {
		handle_event(x11, event);
		free(event);
		any = true;
	}
	return any;
}

/* Events and replies that have been read already, by a flush for instance: no descriptor tells of
 * them. Events last, as the search for a reply that is not here reads them. */
static bool handle_queued(struct ga_x11 *x11)
{
	bool any = handle_queued_events(x11);
	while (ga_x11_replies_receive(x11)) {
		handle_queued_events(x11);
		ga_x11_replies_handle(x11);
		any = true;
	}
	return handle_queued_events(x11) || any;
}

static void check_connection(struct ga_x11 *x11)
{
	if (x11->lost || xcb_connection_has_error(x11->connection) == 0)
		return;
	x11->lost = true;
	x11->listener->lost(x11->listener_data);
}

static void dispatch(struct ga_capture *capture)
{
	struct ga_x11 *x11 = x11_from(capture);
	xcb_generic_event_t *event = xcb_poll_for_event(x11->connection);
	if (event != NULL) {
		handle_event(x11, event);
		free(event);
	}
	handle_queued(x11);
	ga_x11_ping_dispatch(x11);
	ga_x11_sync_dispatch(x11);
	ga_x11_keyboard_dispatch(x11);
	check_connection(x11);
}

static int64_t deadline(struct ga_capture *capture)
{
	struct ga_x11 *x11 = x11_from(capture);
	return vp_earlier(vp_earlier(ga_x11_ping_deadline(x11), ga_x11_sync_deadline(x11)),
		ga_x11_keyboard_deadline(x11));
}

/* Writing to the server also reads from it when the socket is full. */
static void flush(struct ga_capture *capture)
{
	struct ga_x11 *x11 = x11_from(capture);
	do {
		ga_x11_root_flush(x11);
		ga_x11_replies_flush(x11);
	} while (handle_queued(x11));
	check_connection(x11);
}

static void announce(struct ga_capture *capture)
{
	struct ga_x11 *x11 = x11_from(capture);
	x11->primary = true;
	ga_x11_wm_announce(x11);
	ga_x11_cursor_announce(x11);
}

static void primary_lost(struct ga_capture *capture)
{
	struct ga_x11 *x11 = x11_from(capture);
	x11->primary = false;
	ga_x11_input_release(x11);
	ga_x11_keyboard_forget(x11);
}

static bool buffer_attach(struct ga_capture *capture, struct vp_buffer *buffer)
{
	return ga_x11_pixels_buffer_attach(x11_from(capture), buffer);
}

static void buffer_detach(struct ga_capture *capture, struct vp_buffer *buffer)
{
	ga_x11_pixels_buffer_detach(x11_from(capture), buffer);
}

static bool window_size(struct ga_capture *capture, uint32_t id, uint32_t *width, uint32_t *height)
{
	struct ga_x11_window *window = ga_x11_window_by_id(x11_from(capture), id);
	if (window == NULL || window->pixels.damage == XCB_NONE || ga_x11_sync_waiting(window))
		return false;
	struct vp_rect outer = ga_x11_window_outer(window);
	*width = outer.width;
	*height = outer.height;
	return true;
}

static void read_pixels(struct ga_capture *capture, uint32_t id, struct vp_buffer *buffer, bool all)
{
	struct ga_x11 *x11 = x11_from(capture);
	struct ga_x11_window *window = ga_x11_window_by_id(x11, id);
	if (window != NULL)
		ga_x11_pixels_read(x11, window, buffer, all);
}

static void inject_window(struct ga_x11 *x11, const struct vp_message *message)
{
	/* The first field of every message about a window. */
	struct ga_x11_window *window = ga_x11_window_by_id(x11, message->window_close.window);
	if (window == NULL)
		return;
	if (message->op == VP_OP_WINDOW_CLOSE)
		ga_x11_requests_close(x11, window);
	else if (message->op == VP_OP_WINDOW_KILL)
		xcb_kill_client(x11->connection, window->xid);
	else
		ga_x11_state_set(x11, window, message->window_state_set.state);
}

static void inject(struct ga_capture *capture, const struct vp_message *message)
{
	struct ga_x11 *x11 = x11_from(capture);
	switch ((int)message->op) {
	case VP_OP_FOCUS:
		ga_x11_focus_handle_focus(x11, &message->focus);
		return;
	case VP_OP_WINDOW_CONFIGURE:
		ga_x11_wm_handle_configure(x11, &message->window_configure);
		return;
	case VP_OP_WINDOW_STACKING:
		ga_x11_wm_handle_stacking(x11, message->window_stacking.windows);
		return;
	case VP_OP_WINDOW_STATE_SET:
	case VP_OP_WINDOW_CLOSE:
	case VP_OP_WINDOW_KILL:
		inject_window(x11, message);
		return;
	case VP_OP_MONITOR:
		ga_x11_monitors_handle_monitor(x11, &message->monitor);
		return;
	case VP_OP_WORK_AREAS:
		ga_x11_root_handle_work_areas(x11, message->work_areas.areas);
		return;
	case VP_OP_SETTINGS:
		ga_x11_settings_handle_settings(x11, &message->settings);
		return;
	case VP_OP_KEYMAP:
		ga_x11_keyboard_handle_keymap(x11, &message->keymap);
		return;
	default:
		ga_x11_input_handle_message(x11, message);
	}
}

static void destroy(struct ga_capture *capture)
{
	struct ga_x11 *x11 = x11_from(capture);
	stop(capture);
	ga_x11_settings_destroy(x11);
	ga_x11_monitors_destroy(x11);
	ga_x11_cursor_destroy(x11);
	ga_x11_keyboard_destroy(x11);
	ga_x11_input_destroy(x11);
	ga_x11_pixels_destroy(x11);
	ga_x11_replies_destroy(x11);
	ga_x11_windows_destroy(x11);
	xcb_disconnect(x11->connection);
	g_free(x11->display);
	g_free(x11);
}

static const struct ga_capture_impl impl = {
	.start = start,
	.stop = stop,
	.get_fd = get_fd,
	.dispatch = dispatch,
	.deadline = deadline,
	.flush = flush,
	.announce = announce,
	.primary_lost = primary_lost,
	.buffer_attach = buffer_attach,
	.buffer_detach = buffer_detach,
	.window_size = window_size,
	.read_pixels = read_pixels,
	.inject = inject,
	.destroy = destroy,
};
