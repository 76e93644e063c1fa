#define G_LOG_DOMAIN "hc-core"

#include <inttypes.h>

#include "core-private.h"
#include "deadline.h"

static const char program_name[] = "oriel-view " ORIEL_VERSION;

void hc_core_send(struct hc_core *core, const struct vp_message *message)
{
	if (core->ready)
		vp_session_send(core->session, message);
}

static bool handle_cursor_image(struct hc_core *core, const struct vp_cursor_image *image)
{
	void *key = GUINT_TO_POINTER(image->cursor);

	if (image->pixels.len != (size_t)image->width * image->height * 4)
		return hc_core_refuse(core, "cursor %u has the wrong length", image->cursor);
	if (image->hot_x >= image->width || image->hot_y >= image->height)
		return hc_core_refuse(core, "cursor %u points outside itself", image->cursor);
	if (!g_hash_table_contains(core->cursors, key) &&
		g_hash_table_size(core->cursors) >= VP_CURSORS_MAX)
		return hc_core_exceed(core, "more than %d cursors", VP_CURSORS_MAX);
	g_hash_table_add(core->cursors, key);
	hc_presenter_cursor_image(core->presenter, image);
	return true;
}

static bool handle_cursor_set(struct hc_core *core, uint32_t cursor)
{
	if (!g_hash_table_contains(core->cursors, GUINT_TO_POINTER(cursor)))
		return hc_core_refuse(core, "cursor %u does not exist", cursor);
	if (hc_pacing_show_cursor(core, cursor))
		hc_presenter_cursor_set(core->presenter, cursor);
	return true;
}

static void forget_cursors(struct hc_core *core)
{
	GHashTableIter iter;
	void *key = NULL;

	g_hash_table_iter_init(&iter, core->cursors);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		hc_presenter_cursor_forget(core->presenter, GPOINTER_TO_UINT(key));
	g_hash_table_remove_all(core->cursors);
	core->pacing.cursor_due = false;
}

static bool handle_message(void *data, const struct vp_message *message)
{
	struct hc_core *core = data;

	hc_pacing_charge_message(core, message);
	switch ((int)message->op) {
	case VP_OP_FRAME_PRESENT:
		return hc_frames_handle_present(core, &message->frame_present);
	case VP_OP_BUFFER_CREATE:
		return hc_frames_handle_create(core, &message->buffer_create);
	case VP_OP_BUFFER_PIXELS:
		return hc_frames_handle_pixels(core, &message->buffer_pixels);
	case VP_OP_BUFFER_DESTROY:
		return hc_frames_handle_destroy(core, &message->buffer_destroy);
	case VP_OP_CURSOR_IMAGE:
		return handle_cursor_image(core, &message->cursor_image);
	case VP_OP_CURSOR_SET:
		return handle_cursor_set(core, message->cursor_set.cursor);
	case VP_OP_BELL:
		if (hc_pacing_ring_bell(core))
			hc_presenter_bell(core->presenter, message->bell.percent);
		return true;
	case VP_OP_LAUNCHED:
	case VP_OP_EXITED:
	case VP_OP_APPLICATION:
	case VP_OP_APPLICATION_ACTION:
	case VP_OP_APPLICATIONS_END:
	case VP_OP_FILES_FOUND:
	case VP_OP_FILES_UNPACKED:
	case VP_OP_FILES_OFFER:
	case VP_OP_FILES_WITHDRAW:
	case VP_OP_OPEN_REQUEST:
	case VP_OP_CLIPBOARD_OFFERED:
	case VP_OP_CLIPBOARD_WANTED:
	case VP_OP_NOTIFY:
	case VP_OP_NOTIFY_CLOSE:
	case VP_OP_APPLICATION_ICON:
	case VP_OP_APPLICATION_ICONS_END:
		core->listener->message(core->data, message);
		return true;
	case VP_OP_STREAM_DATA:
	case VP_OP_STREAM_END:
	case VP_OP_STREAM_ACK:
	case VP_OP_STREAM_CANCEL:
		return core->listener->stream(core->data, message);
	default:
		return hc_windows_handle_message(core, message);
	}
}

static void handle_ready(void *data, const struct vp_hello *peer)
{
	struct hc_core *core = data;

	g_debug("session with %.*s, instance %" PRIx64, (int)peer->program.len, peer->program.data,
		peer->instance);
	core->ready = true;
	core->listener->session_ready(core->data, peer->instance);
	hc_presenter_announce(core->presenter);
}

static void handle_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	struct hc_core *core = data;
	struct vp_session *session = core->session;

	core->session = NULL;
	core->ready = false;
	hc_quantum_clear(&core->quantum);
	forget_cursors(core);
	hc_windows_orphan_all(core);
	hc_frames_retire_all(core);
	hc_windows_count(core);
	if (!core->closing)
		core->listener->session_closed(core->data, reason, text);
	vp_session_destroy(session);
}

static const struct vp_session_listener session_listener = {
	.ready = handle_ready,
	.message = handle_message,
	.closed = handle_closed,
};

/* Presses and motions; releases are let through to a guest that is paused, as nothing may be left
 * held in it. */
static bool begins_input(const struct vp_message *message)
{
	switch ((int)message->op) {
	case VP_OP_INPUT_KEY:
		return message->input_key.action != VP_KEY_RELEASE;
	case VP_OP_POINTER_BUTTON:
		return message->pointer_button.pressed != 0;
	case VP_OP_POINTER_MOTION:
	case VP_OP_POINTER_SCROLL:
		return true;
	default:
		return false;
	}
}

static bool is_of_keyboard(const struct vp_message *message)
{
	return message->op == VP_OP_INPUT_KEY || message->op == VP_OP_INPUT_MODIFIERS;
}

/* Keys name no window: they would go to whichever has the focus in the guest. */
static bool is_nobodys(const struct hc_core *core, const struct vp_message *message)
{
	if (core->paused && (begins_input(message) || message->op == VP_OP_INPUT_MODIFIERS))
		return true;
	return is_of_keyboard(message) && hc_windows_focus_away(core);
}

static void note_monitor(struct hc_core *core, const struct vp_monitor *monitor)
{
	core->screen_width = monitor->screen_width;
	core->screen_height = monitor->screen_height;
	hc_pacing_note_monitor(core, monitor);
}

static void handle_presenter_message(void *data, const struct vp_message *message)
{
	struct hc_core *core = data;

	hc_showing_handle_user(core, message);
	if (is_nobodys(core, message))
		return;
	if (message->op == VP_OP_MONITOR)
		note_monitor(core, &message->monitor);
	if (!hc_windows_filter(core, message))
		return;
	core->inputs += begins_input(message) && core->ready;
	if (!core->ready || !hc_quantum_hold(&core->quantum, message, core->now))
		hc_core_send(core, message);
}

static void handle_presented(void *data, uint32_t window, uint32_t serial)
{
	hc_frames_handle_presented(data, window, serial);
}

static void handle_lost(void *data)
{
	struct hc_core *core = data;

	core->listener->display_lost(core->data);
}

static const struct hc_presenter_listener presenter_listener = {
	.message = handle_presenter_message,
	.presented = handle_presented,
	.lost = handle_lost,
};

struct hc_core *hc_core_create(struct hc_presenter *presenter, const struct hc_label *label,
	const struct hc_core_listener *listener, void *data)
{
	struct hc_core *core = g_new0(struct hc_core, 1);

	core->presenter = presenter;
	core->label = *label;
	core->listener = listener;
	core->data = data;
	core->spare_id = UINT32_MAX;
	core->showing_deadline = -1;
	hc_pacing_init(&core->pacing);
	hc_quantum_init(&core->quantum);
	core->windows = g_hash_table_new_full(NULL, NULL, NULL, hc_windows_free);
	core->pixels = g_hash_table_new(NULL, NULL);
	core->cursors = g_hash_table_new(NULL, NULL);
	if (hc_presenter_start(presenter, label, &presenter_listener, core))
		return core;
	hc_core_destroy(core);
	return NULL;
}

static void end_session(struct hc_core *core, enum vp_bye_reason reason, const char *text)
{
	if (core->session != NULL)
		vp_session_fail(core->session, reason, "%s", text);
}

void hc_core_destroy(struct hc_core *core)
{
	if (core == NULL)
		return;
	core->closing = true;
	end_session(core, VP_BYE_SHUTDOWN, "the view ends");
	hc_windows_remove_orphans(core);
	hc_quantum_clear(&core->quantum);
	g_hash_table_destroy(core->cursors);
	g_hash_table_destroy(core->pixels);
	g_hash_table_destroy(core->windows);
	g_free(core);
}

static void send_held(void *data, const struct vp_message *message)
{
	hc_core_send(data, message);
}

void hc_core_set_input_quantum(struct hc_core *core, uint32_t milliseconds)
{
	hc_quantum_release(&core->quantum, INT64_MAX, send_held, core);
	core->quantum.grid = milliseconds;
}

void hc_core_advance(struct hc_core *core, int64_t now)
{
	core->now = now;
	hc_showing_expire(core);
	hc_quantum_release(&core->quantum, now, send_held, core);
	hc_pacing_advance(core);
}

int64_t hc_core_deadline(struct hc_core *core)
{
	return vp_earlier(vp_earlier(core->showing_deadline, core->quantum.deadline),
		hc_pacing_deadline(core));
}

bool hc_core_connect(struct hc_core *core, struct vp_transport *transport, uint64_t instance)
{
	end_session(core, VP_BYE_REPLACED, "a new session takes its place");
	core->session = vp_session_create(
		transport, VP_ROLE_PRIMARY, program_name, instance, &session_listener, core);
	if (core->session == NULL)
		return false;
	hc_pacing_begin_session(core);
	return true;
}

void hc_core_disconnect(struct hc_core *core, const char *text)
{
	if (core->session != NULL)
		vp_session_lose(core->session, text);
}

struct vp_session *hc_core_session(struct hc_core *core)
{
	return core->session;
}

void hc_core_set_paused(struct hc_core *core, bool paused)
{
	if (core->paused == paused)
		return;
	core->paused = paused;
	hc_windows_show_pause(core);
	if (!paused)
		hc_presenter_keys_anew(core->presenter);
}

bool hc_core_windows_wait(const struct hc_core *core)
{
	return core->orphans > 0;
}

size_t hc_core_forget_windows(struct hc_core *core)
{
	size_t before = core->managed;

	hc_windows_remove_orphans(core);
	return before - core->managed;
}

static int compare_windows(const void *a, const void *b)
{
	const struct hc_window *const *x = a;
	const struct hc_window *const *y = b;

	return ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

void hc_core_windows(struct hc_core *core,
	void (*each)(void *data, const struct hc_window_info *info), void *data)
{
	GPtrArray *windows = g_ptr_array_new();
	GHashTableIter iter;
	void *value = NULL;

	g_hash_table_iter_init(&iter, core->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		g_ptr_array_add(windows, value);
	g_ptr_array_sort(windows, compare_windows);
	for (guint i = 0; i < windows->len; i++) {
		const struct hc_window *window = windows->pdata[i];
		struct hc_window_info info = {
			.window = window->id,
			.native = window->native,
			.popup = window->popup,
			.mapped = window->mapped,
			.title = window->title,
			.app_id = window->app_id,
			.frames = window->frames,
			.bytes_copied = window->bytes_copied,
			.bytes_copied_by_agent = window->bytes_copied_by_agent,
			.bytes_copied_by_view = window->bytes_copied_by_view,
		};
		if (hc_presenter_window_report(core->presenter, window->id, &info.report))
			each(data, &info);
	}
	g_ptr_array_free(windows, TRUE);
}

struct vp_buffer *hc_core_window_pixels(
	struct hc_core *core, uint32_t id, uint32_t *width, uint32_t *height)
{
	struct hc_window *window = g_hash_table_lookup(core->windows, GUINT_TO_POINTER(id));

	if (window == NULL || window->pixels == NULL)
		return NULL;
	*width = window->frame_width;
	*height = window->frame_height;
	return window->pixels->buffer;
}

bool hc_core_window_shape(struct hc_core *core, uint32_t id, struct vp_rects *shape)
{
	const struct hc_window *window = g_hash_table_lookup(core->windows, GUINT_TO_POINTER(id));

	if (window == NULL || !window->shaped)
		return false;
	*shape = (struct vp_rects){ .data = window->shape, .count = window->shape_count };
	return true;
}

void hc_core_get_stats(const struct hc_core *core, struct hc_core_stats *stats)
{
	*stats = (struct hc_core_stats){
		.frames = core->frames,
		.bytes_copied = core->bytes_copied,
		.bytes_copied_by_agent = core->bytes_copied_by_agent,
		.bytes_copied_by_view = core->bytes_copied_by_view,
		.windows = (uint32_t)core->managed,
		.inputs = core->inputs,
	};
}
