#define G_LOG_DOMAIN "ga-core"

#include "core.h"

#include <errno.h>
#include <glib.h>

#include "frames.h"

struct ga_core {
	struct ga_capture *capture;
	const struct ga_core_listener *listener;
	void *data;
	struct vp_session *session; /* NULL: no primary */
	bool ready; /* the session's hellos are exchanged */
	struct ga_frames *frames;
};

static const struct vp_session_listener session_listener;
static const struct ga_capture_listener capture_listener;

struct ga_core *ga_core_create(
	struct ga_capture *capture, const struct ga_core_listener *listener, void *data)
{
	struct ga_core *core = g_new0(struct ga_core, 1);
	core->capture = capture;
	core->listener = listener;
	core->data = data;
	core->frames = ga_frames_create(capture);
	if (ga_capture_start(capture, &capture_listener, core))
		return core;
	ga_frames_destroy(core->frames);
	g_free(core);
	return NULL;
}

/* The capture first: nothing more is to be presented. */
static void end_session(struct ga_core *core)
{
	struct vp_session *session = core->session;
	if (core->ready)
		ga_capture_primary_lost(core->capture);
	ga_frames_end(core->frames);
	core->ready = false;
	core->session = NULL;
	vp_session_destroy(session);
}

void ga_core_destroy(struct ga_core *core)
{
	if (core == NULL)
		return;
	if (core->session != NULL)
		vp_session_fail(core->session, VP_BYE_SHUTDOWN, "the agent ends");
	ga_capture_stop(core->capture);
	ga_frames_destroy(core->frames);
	g_free(core);
}

bool ga_core_accept(struct ga_core *core, struct vp_transport *transport, uint64_t instance)
{
	if (core->session != NULL)
		vp_session_fail(core->session, VP_BYE_REPLACED, "another primary has connected");
	core->session = vp_session_create(transport, VP_ROLE_GUEST, "oriel-agent " ORIEL_VERSION,
		instance, &session_listener, core);
	if (core->session != NULL)
		return true;
	g_warning("cannot serve the primary: %s", g_strerror(errno));
	return false;
}

void ga_core_advance(struct ga_core *core, int64_t now)
{
	ga_frames_advance(core->frames, now);
}

int64_t ga_core_deadline(const struct ga_core *core)
{
	return ga_frames_deadline(core->frames);
}

struct vp_session *ga_core_session(struct ga_core *core)
{
	return core->session;
}

void ga_core_flush(struct ga_core *core)
{
	do {
		if (core->session != NULL)
			vp_session_flush(core->session);
	} while (ga_frames_send_pixels(core->frames));
}

static void handle_session_ready(void *data, const struct vp_hello *peer)
{
	struct ga_core *core = data;
	(void)peer;
	core->ready = true;
	ga_frames_begin(core->frames, core->session);
	ga_capture_announce(core->capture);
	core->listener->session_ready(core->data);
}

static bool is_of_stream(const struct vp_message *message)
{
	return message->op == VP_OP_STREAM_DATA || message->op == VP_OP_STREAM_END ||
	       message->op == VP_OP_STREAM_ACK || message->op == VP_OP_STREAM_CANCEL;
}

static bool handle_session_message(void *data, const struct vp_message *message)
{
	struct ga_core *core = data;
	if (is_of_stream(message))
		return core->listener->stream(core->data, message);
	if (message->op == VP_OP_FRAME_DONE)
		ga_frames_handle_done(core->frames, &message->frame_done);
	else if (message->op == VP_OP_BUFFER_RELEASED)
		ga_frames_handle_released(core->frames, message->buffer_released.buffer);
	else if (vp_op_channel((uint16_t)message->op) == VP_CHANNEL_LAUNCH)
		core->listener->message(core->data, message);
	else
		ga_capture_inject(core->capture, message);
	return true;
}

static void handle_session_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	struct ga_core *core = data;
	end_session(core);
	core->listener->session_closed(core->data, reason, text);
}

static const struct vp_session_listener session_listener = {
	.ready = handle_session_ready,
	.message = handle_session_message,
	.closed = handle_session_closed,
};

/* The window that a message is about, 0 for one that is not about a window. */
static uint32_t message_window(const struct vp_message *message)
{
	switch (message->op) {
	case VP_OP_WINDOWS_ANNOUNCED:
	case VP_OP_CURSOR_IMAGE:
	case VP_OP_CURSOR_SET:
	case VP_OP_BELL:
		return 0;
	default:
		/* The first field of every message about a window. */
		return message->window_map.window;
	}
}

static uint32_t known_owner(struct ga_core *core, uint32_t owner)
{
	return ga_frames_window_known(core->frames, owner) ? owner : 0;
}

static void create_window(struct ga_core *core, const struct vp_message *message)
{
	const struct vp_window_create *create = &message->window_create;
	if (!ga_frames_window_add(core->frames, create->window, create->alpha != 0)) {
		g_warning("a window is not shown: there are %d already", VP_WINDOWS_MAX);
		return;
	}
	struct vp_message checked = *message;
	checked.window_create.owner = known_owner(core, create->owner);
	vp_session_send(core->session, &checked);
}

static void handle_capture_message(void *data, const struct vp_message *message)
{
	struct ga_core *core = data;
	if (!core->ready)
		return;
	if (message->op == VP_OP_WINDOW_CREATE) {
		create_window(core, message);
		return;
	}
	uint32_t window = message_window(message);
	if (window != 0 && !ga_frames_window_known(core->frames, window))
		return;
	if (message->op == VP_OP_WINDOW_OWNER) {
		struct vp_message checked = *message;
		checked.window_owner.owner = known_owner(core, message->window_owner.owner);
		vp_session_send(core->session, &checked);
		return;
	}
	if (message->op == VP_OP_WINDOW_RESTACK && message->window_restack.sibling != 0 &&
		!ga_frames_window_known(core->frames, message->window_restack.sibling))
		return;
	vp_session_send(core->session, message);
	if (message->op == VP_OP_WINDOW_DESTROY && core->ready)
		ga_frames_window_remove(core->frames, window);
}

static void handle_capture_damaged(void *data, uint32_t window)
{
	struct ga_core *core = data;
	ga_frames_handle_damaged(core->frames, window);
}

static void handle_capture_pixels_ready(void *data, uint32_t window, uint32_t width,
	uint32_t height, const struct vp_rect *rects, size_t count)
{
	struct ga_core *core = data;
	ga_frames_handle_pixels_ready(core->frames, window, width, height, rects, count);
}

static void handle_capture_lost(void *data)
{
	struct ga_core *core = data;
	if (core->session != NULL)
		vp_session_fail(
			core->session, VP_BYE_DISPLAY_LOST, "the guest's display server is gone");
	core->listener->capture_lost(core->data);
}

static const struct ga_capture_listener capture_listener = {
	.message = handle_capture_message,
	.damaged = handle_capture_damaged,
	.pixels_ready = handle_capture_pixels_ready,
	.lost = handle_capture_lost,
};
