#define G_LOG_DOMAIN "hc-x11"

#include <stdlib.h>
#include <string.h>
#include <xcb/randr.h>
#include <xcb/render.h>
#include <xcb/shape.h>
#include <xcb/shm.h>
#include <xcb/xcb.h>
#include <xcb/xcbext.h>
#include <xcb/xfixes.h>
#include <xcb/xinput.h>
#include <xcb/xkb.h>

#include "deadline.h"
#include "x11.h"

enum {
	OPAQUE_DEPTH = 24,
	ARGB_DEPTH = 32,
	PIXEL_BITS = 32,
	XFIXES_MAJOR = 5,
	SENT_EVENT_BIT = 0x80,
};

static const uint32_t red_mask = 0xff0000;

struct hc_x11_reply {
	unsigned int sequence;
	uint32_t value;
	void (*handle)(struct hc_x11 *x11, uint32_t value, const void *reply);
	bool arrived;
	void *reply; /* once arrived; NULL for an error */
};

static const struct hc_presenter_impl presenter_impl;

static struct hc_x11 *from_presenter(struct hc_presenter *presenter)
{
	g_assert(presenter->impl == &presenter_impl);
	return (struct hc_x11 *)presenter;
}

struct hc_x11_window *hc_x11_find(struct hc_x11 *x11, uint32_t id)
{
	return g_hash_table_lookup(x11->windows, GUINT_TO_POINTER(id));
}

struct hc_x11_window *hc_x11_find_xid(struct hc_x11 *x11, xcb_window_t xid)
{
	return g_hash_table_lookup(x11->windows_by_xid, GUINT_TO_POINTER(xid));
}

void hc_x11_message(struct hc_x11 *x11, const struct vp_message *message)
{
	x11->listener->message(x11->listener_data, message);
}

void hc_x11_root_select(struct hc_x11 *x11, uint32_t events)
{
	x11->root_events |= events;
	xcb_change_window_attributes(
		x11->connection, x11->root, XCB_CW_EVENT_MASK, &x11->root_events);
}

void hc_x11_expect(struct hc_x11 *x11, unsigned int sequence, uint32_t value,
	void (*handle)(struct hc_x11 *x11, uint32_t value, const void *reply))
{
	struct hc_x11_reply *expected = g_new(struct hc_x11_reply, 1);

	*expected = (struct hc_x11_reply){ .sequence = sequence, .value = value, .handle = handle };
	g_queue_push_tail(&x11->replies, expected);
}

void hc_x11_root_message(
	struct hc_x11 *x11, xcb_window_t window, xcb_atom_t type, const uint32_t data[5])
{
	xcb_client_message_event_t message = {
		.response_type = XCB_CLIENT_MESSAGE,
		.format = 32,
		.window = window,
		.type = type,
	};

	memcpy(message.data.data32, data, sizeof(message.data.data32));
	xcb_send_event(x11->connection, 0, x11->root,
		XCB_EVENT_MASK_SUBSTRUCTURE_REDIRECT | XCB_EVENT_MASK_SUBSTRUCTURE_NOTIFY,
		(const char *)&message);
}

uint8_t hc_x11_event_type(const xcb_generic_event_t *event)
{
	return event->response_type & (uint8_t)~SENT_EVENT_BIT;
}

/* Connecting */

static xcb_screen_t *find_screen(const xcb_setup_t *setup, int number)
{
	xcb_screen_iterator_t iter = xcb_setup_roots_iterator(setup);

	while (number > 0 && iter.rem > 1) {
		xcb_screen_next(&iter);
		number--;
	}
	return iter.data;
}

static xcb_visualtype_t *find_visual(xcb_screen_t *screen, uint8_t depth)
{
	xcb_depth_iterator_t depths = xcb_screen_allowed_depths_iterator(screen);

	for (; depths.rem > 0; xcb_depth_next(&depths)) {
		xcb_visualtype_iterator_t visuals = xcb_depth_visuals_iterator(depths.data);
		for (; depths.data->depth == depth && visuals.rem > 0;
			xcb_visualtype_next(&visuals)) {
			if (visuals.data->_class == XCB_VISUAL_CLASS_TRUE_COLOR &&
				visuals.data->red_mask == red_mask)
				return visuals.data;
		}
	}
	return NULL;
}

static void init_visual(struct hc_x11 *x11, struct hc_x11_visual *visual, uint8_t depth)
{
	visual->depth = depth;
	visual->type = find_visual(x11->screen, depth);
	if (visual->type == NULL)
		return;
	visual->colormap = xcb_generate_id(x11->connection);
	xcb_create_colormap(x11->connection, XCB_COLORMAP_ALLOC_NONE, visual->colormap, x11->root,
		visual->type->visual_id);
}

/* Pixels are handed on as they are in the buffers: 32 bits, little-endian. */
static bool pixels_fit(const xcb_setup_t *setup)
{
	const xcb_format_t *formats = xcb_setup_pixmap_formats(setup);

	for (int i = 0; i < xcb_setup_pixmap_formats_length(setup); i++) {
		if (formats[i].depth == OPAQUE_DEPTH)
			return formats[i].bits_per_pixel == PIXEL_BITS &&
			       setup->image_byte_order == XCB_IMAGE_ORDER_LSB_FIRST;
	}
	return false;
}

static void init_extension(
	struct hc_x11 *x11, xcb_extension_t *extension, struct hc_x11_extension *known)
{
	const xcb_query_extension_reply_t *reply =
		xcb_get_extension_data(x11->connection, extension);

	if (reply == NULL || !reply->present)
		return;
	*known = (struct hc_x11_extension){
		.present = true,
		.opcode = reply->major_opcode,
		.first_event = reply->first_event,
		.first_error = reply->first_error,
	};
}

static void init_extensions(struct hc_x11 *x11)
{
	const struct {
		xcb_extension_t *extension;
		struct hc_x11_extension *known;
	} table[] = {
		{ &xcb_shm_id, &x11->shm },
		{ &xcb_xfixes_id, &x11->xfixes },
		{ &xcb_shape_id, &x11->shape },
		{ &xcb_render_id, &x11->render },
		{ &xcb_input_id, &x11->xinput },
		{ &xcb_xkb_id, &x11->xkb },
		{ &xcb_randr_id, &x11->randr },
		{ &xcb_sync_id, &x11->sync },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
		xcb_prefetch_extension_data(x11->connection, table[i].extension);
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
		init_extension(x11, table[i].extension, table[i].known);
	if (x11->xfixes.present)
		xcb_discard_reply(x11->connection,
			xcb_xfixes_query_version(x11->connection, XFIXES_MAJOR, 0).sequence);
	if (x11->sync.present)
		xcb_discard_reply(
			x11->connection, xcb_sync_initialize(x11->connection,
						 XCB_SYNC_MAJOR_VERSION, XCB_SYNC_MINOR_VERSION)
						 .sequence);
}

static xcb_atom_t compositor_selection(const struct hc_x11 *x11)
{
	char name[32];

	g_snprintf(name, sizeof(name), "_NET_WM_CM_S%d", x11->screen_number);
	return hc_x11_atom_intern(x11->connection, name);
}

static void init_compositor(struct hc_x11 *x11)
{
	x11->compositor = compositor_selection(x11);
	xcb_get_selection_owner_reply_t *reply = xcb_get_selection_owner_reply(
		x11->connection, xcb_get_selection_owner(x11->connection, x11->compositor), NULL);
	x11->composited = reply != NULL && reply->owner != XCB_WINDOW_NONE;
	free(reply);
	if (x11->xfixes.present)
		xcb_xfixes_select_selection_input(x11->connection, x11->root, x11->compositor,
			XCB_XFIXES_SELECTION_EVENT_MASK_SET_SELECTION_OWNER |
				XCB_XFIXES_SELECTION_EVENT_MASK_SELECTION_WINDOW_DESTROY |
				XCB_XFIXES_SELECTION_EVENT_MASK_SELECTION_CLIENT_CLOSE);
}

static void handle_compositor_event(struct hc_x11 *x11, const xcb_generic_event_t *event)
{
	if (!x11->xfixes.present ||
		hc_x11_event_type(event) != x11->xfixes.first_event + XCB_XFIXES_SELECTION_NOTIFY)
		return;
	const xcb_xfixes_selection_notify_event_t *notify = (const void *)event;
	if (notify->selection == x11->compositor)
		x11->composited = notify->owner != XCB_WINDOW_NONE;
}

static void create_leader(struct hc_x11 *x11)
{
	const uint32_t events = XCB_EVENT_MASK_PROPERTY_CHANGE;

	x11->leader = xcb_generate_id(x11->connection);
	xcb_create_window(x11->connection, XCB_COPY_FROM_PARENT, x11->leader, x11->root, -1, -1, 1,
		1, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT, XCB_CW_EVENT_MASK,
		&events);
}

static bool init_files(struct hc_x11 *x11)
{
	return hc_x11_pixels_init(x11) && hc_x11_monitors_init(x11) &&
	       hc_x11_work_areas_init(x11) && hc_x11_settings_init(x11) &&
	       hc_x11_keyboard_init(x11) && hc_x11_cursor_init(x11) && hc_x11_input_init(x11) &&
	       hc_x11_stacking_init(x11) && hc_x11_popup_clip_init(x11) &&
	       hc_x11_dialog_init(x11) && hc_x11_fullscreen_init(x11) && hc_x11_startup_init(x11);
}

static bool start(struct hc_presenter *presenter, const struct hc_label *label,
	const struct hc_presenter_listener *listener, void *data)
{
	struct hc_x11 *x11 = from_presenter(presenter);
	const xcb_setup_t *setup = xcb_get_setup(x11->connection);

	x11->label = *label;
	x11->listener = listener;
	x11->listener_data = data;
	x11->screen = find_screen(setup, x11->screen_number);
	x11->root = x11->screen->root;
	init_visual(x11, &x11->opaque, OPAQUE_DEPTH);
	init_visual(x11, &x11->argb, ARGB_DEPTH);
	if (x11->opaque.type == NULL || !pixels_fit(setup)) {
		g_critical("the X server has no 24-bit true colour in 32-bit little-endian pixels, "
			   "which Oriel needs; start it with -depth 24");
		return false;
	}
	init_extensions(x11);
	if (!hc_x11_atoms_intern(x11->connection, &x11->atoms)) {
		g_critical("the X server has closed the connection while the view started");
		return false;
	}
	create_leader(x11);
	init_compositor(x11);
	hc_x11_states_init(x11);
	hc_x11_heritage_init(x11);
	return init_files(x11);
}

/* Running */

static int get_fd(struct hc_presenter *presenter)
{
	return xcb_get_file_descriptor(from_presenter(presenter)->connection);
}

static void handle_error_event(const xcb_generic_event_t *event)
{
	const xcb_generic_error_t *error = (const void *)event;

	g_debug("X error %u for request %u.%u, resource 0x%x", error->error_code, error->major_code,
		error->minor_code, error->resource_id);
}

static void handle_leader_event(struct hc_x11 *x11, const xcb_generic_event_t *event)
{
	const xcb_property_notify_event_t *notify = (const void *)event;

	if (hc_x11_event_type(event) == XCB_PROPERTY_NOTIFY && notify->window == x11->leader)
		x11->time = notify->time;
}

static void handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event)
{
	if (hc_x11_pixels_handle_event(x11, event))
		return;
	if (event->response_type == 0) {
		handle_error_event(event);
		return;
	}
	hc_x11_input_handle_event(x11, event);
	hc_x11_keyboard_handle_event(x11, event);
	hc_x11_windows_handle_event(x11, event);
	hc_x11_states_handle_event(x11, event);
	hc_x11_monitors_handle_event(x11, event);
	hc_x11_work_areas_handle_event(x11, event);
	hc_x11_settings_handle_event(x11, event);
	hc_x11_stacking_handle_event(x11, event);
	hc_x11_popup_clip_handle_event(x11, event);
	hc_x11_dialog_handle_event(x11, event);
	hc_x11_fullscreen_handle_event(x11, event);
	handle_compositor_event(x11, event);
	handle_leader_event(x11, event);
}

static xcb_generic_event_t *next_event(struct hc_x11 *x11)
{
	xcb_generic_event_t *event = x11->queued_event;

	x11->queued_event = NULL;
	return event != NULL ? event : xcb_poll_for_queued_event(x11->connection);
}

static bool handle_events(struct hc_x11 *x11, xcb_generic_event_t *event)
{
	bool any = event != NULL;

	while (event != NULL) {
		handle_event(x11, event);
		free(event);
		event = next_event(x11);
	}
	return any;
}

/* True if the reply that is due next is here. */
static bool receive_reply(struct hc_x11 *x11)
{
	struct hc_x11_reply *expected = g_queue_peek_head(&x11->replies);
	xcb_generic_error_t *error = NULL;

	if (expected == NULL)
		return false;
	if (!expected->arrived) {
		expected->arrived = xcb_poll_for_reply(x11->connection, expected->sequence,
					    &expected->reply, &error) != 0;
		free(error);
	}
	return expected->arrived;
}

static void free_reply(void *data)
{
	struct hc_x11_reply *expected = data;

	free(expected->reply);
	g_free(expected);
}

static bool handle_replies(struct hc_x11 *x11)
{
	bool any = false;

	while (receive_reply(x11)) {
		struct hc_x11_reply *expected = g_queue_pop_head(&x11->replies);
		expected->handle(x11, expected->value, expected->reply);
		free_reply(expected);
		any = true;
	}
	return any;
}

static void end_batch(struct hc_x11 *x11)
{
	hc_x11_windows_end_batch(x11);
	hc_x11_keyboard_end_batch(x11);
	hc_x11_input_end_batch(x11);
	hc_x11_stacking_end_batch(x11);
}

static void check_connection(struct hc_x11 *x11)
{
	if (x11->lost || !xcb_connection_has_error(x11->connection))
		return;
	x11->lost = true;
	x11->listener->lost(x11->listener_data);
}

static int64_t clock_milliseconds(void)
{
	return g_get_monotonic_time() / 1000;
}

static bool reply_waits(struct hc_x11 *x11)
{
	const struct hc_x11_reply *expected = g_queue_peek_head(&x11->replies);

	return expected != NULL && expected->arrived;
}

static int64_t deadline(struct hc_presenter *presenter)
{
	struct hc_x11 *x11 = from_presenter(presenter);

	if (x11->queued_event != NULL || reply_waits(x11))
		return 0;
	return vp_earlier(hc_x11_windows_deadline(x11), hc_x11_fullscreen_deadline(x11));
}

static void dispatch(struct hc_presenter *presenter)
{
	struct hc_x11 *x11 = from_presenter(presenter);
	xcb_generic_event_t *event = x11->queued_event;
	bool more = true;

	/* One read a turn: if more has come meanwhile, the descriptor tells. */
	x11->queued_event = NULL;
	if (event == NULL)
		event = xcb_poll_for_event(x11->connection);
	while (more) {
		more = handle_events(x11, event);
		more = handle_replies(x11) || more;
		event = next_event(x11);
		more = more || event != NULL;
	}
	if (hc_x11_windows_deadline(x11) >= 0)
		hc_x11_windows_handle_deadline(x11, clock_milliseconds());
	if (hc_x11_fullscreen_deadline(x11) >= 0)
		hc_x11_fullscreen_handle_deadline(x11, clock_milliseconds());
	end_batch(x11);
	check_connection(x11);
}

/* Writing can read, too, of which the descriptor then no longer tells; and so does the search for a
 * reply. */
static void flush(struct hc_presenter *presenter)
{
	struct hc_x11 *x11 = from_presenter(presenter);

	xcb_flush(x11->connection);
	receive_reply(x11);
	if (x11->queued_event == NULL)
		x11->queued_event = xcb_poll_for_queued_event(x11->connection);
}

static void announce(struct hc_presenter *presenter)
{
	struct hc_x11 *x11 = from_presenter(presenter);

	hc_x11_monitors_announce(x11);
	hc_x11_work_areas_announce(x11);
	hc_x11_settings_announce(x11);
	hc_x11_keyboard_announce(x11);
	hc_x11_stacking_announce(x11);
	hc_x11_input_announce(x11);
}

/* The server tells the time with the change of a property. */
static void user_acted(struct hc_presenter *presenter, uint32_t launch, const char *startup)
{
	struct hc_x11 *x11 = from_presenter(presenter);

	hc_x11_attention_user_started(x11);
	if (startup[0] != '\0')
		hc_x11_startup_begin(x11, launch, startup);
	xcb_change_property(x11->connection, XCB_PROP_MODE_APPEND, x11->leader,
		x11->atoms._NET_WM_USER_TIME, XCB_ATOM_CARDINAL, 32, 0, NULL);
}

static void launch_ended(struct hc_presenter *presenter, uint32_t launch)
{
	hc_x11_startup_end(from_presenter(presenter), launch);
}

/* Windows */

static bool window_create(struct hc_presenter *presenter, const struct vp_window_create *create)
{
	return hc_x11_window_create(from_presenter(presenter), create);
}

static void window_rename(struct hc_presenter *presenter, uint32_t id, uint32_t new_id)
{
	struct hc_x11 *x11 = from_presenter(presenter);
	struct hc_x11_window *window = hc_x11_find(x11, id);

	g_hash_table_steal(x11->windows, GUINT_TO_POINTER(id));
	window->id = new_id;
	g_hash_table_insert(x11->windows, GUINT_TO_POINTER(new_id), window);
	hc_x11_input_window_renamed(x11, id, new_id);
	hc_x11_stacking_window_renamed(x11, id, new_id);
	hc_x11_fullscreen_window_renamed(x11, id, new_id);
	hc_x11_window_announce(x11, window);
	hc_x11_states_announce(x11, window);
	if (window->focused)
		hc_x11_input_announce(x11);
}

static void window_destroy(struct hc_presenter *presenter, uint32_t id)
{
	struct hc_x11 *x11 = from_presenter(presenter);

	hc_x11_window_free(x11, hc_x11_find(x11, id));
}

static void window_map(struct hc_presenter *presenter, uint32_t id, bool mapped)
{
	struct hc_x11 *x11 = from_presenter(presenter);

	hc_x11_window_map(x11, hc_x11_find(x11, id), mapped);
}

static void window_place(
	struct hc_presenter *presenter, uint32_t id, uint8_t fields, const struct hc_rect *content)
{
	struct hc_x11 *x11 = from_presenter(presenter);

	hc_x11_window_place(x11, hc_x11_find(x11, id), fields, content);
}

static void window_title(struct hc_presenter *presenter, uint32_t id, const char *title)
{
	struct hc_x11 *x11 = from_presenter(presenter);

	hc_x11_properties_title(x11, hc_x11_find(x11, id), title);
}

static void window_class(
	struct hc_presenter *presenter, uint32_t id, const char *instance, const char *class_name)
{
	struct hc_x11 *x11 = from_presenter(presenter);

	hc_x11_properties_class(x11, hc_x11_find(x11, id), instance, class_name);
}

static void window_set(struct hc_presenter *presenter, const struct vp_message *message)
{
	struct hc_x11 *x11 = from_presenter(presenter);

	switch ((int)message->op) {
#define SET(UP, low, set, ...) \
	case VP_OP_##UP: \
		set(x11, hc_x11_find(x11, message->low.window), __VA_ARGS__); \
		break;
		SET(WINDOW_ICON, window_icon, hc_x11_properties_icon, &message->window_icon)
		SET(WINDOW_TYPE, window_type, hc_x11_properties_type, message->window_type.type)
		SET(WINDOW_OWNER, window_owner, hc_x11_properties_owner, &message->window_owner)
		SET(WINDOW_HINTS, window_hints, hc_x11_properties_hints, &message->window_hints)
		SET(WINDOW_STATE_REQUEST, window_state_request, hc_x11_states_request,
			&message->window_state_request)
		SET(WINDOW_SHAPE, window_shape, hc_x11_shapes_set, &message->window_shape)
		SET(WINDOW_OPACITY, window_opacity, hc_x11_properties_opacity,
			message->window_opacity.opacity)
		SET(WINDOW_GRIP, window_grip, hc_x11_states_grip, &message->window_grip)
		SET(WINDOW_HUNG, window_hung, hc_x11_dialog_set_hung,
			message->window_hung.hung != 0)
#undef SET
	case VP_OP_WINDOW_RESTACK:
		hc_x11_stacking_restack(x11, hc_x11_find(x11, message->window_restack.window),
			&message->window_restack);
		break;
	case VP_OP_WINDOW_ACTIVATE:
		hc_x11_states_activate(x11, hc_x11_find(x11, message->window_activate.window));
		break;
	default:
		break;
	}
}

static void window_dim(struct hc_presenter *presenter, uint32_t id, bool dimmed)
{
	struct hc_x11 *x11 = from_presenter(presenter);
	struct hc_x11_window *window = hc_x11_find(x11, id);

	if (window->dimmed == dimmed)
		return;
	window->dimmed = dimmed;
	hc_x11_dialog_set_hung(x11, window, false);
	hc_x11_label_draw(x11, window);
	hc_x11_pixels_repaint(x11, window);
}

static bool window_report(
	struct hc_presenter *presenter, uint32_t id, struct hc_window_report *report)
{
	const struct hc_x11_window *window = hc_x11_find(from_presenter(presenter), id);

	if (window == NULL)
		return false;
	*report = (struct hc_window_report){
		.content_id = window->content,
		.toplevel_id = window->toplevel,
		.content = window->content_rect,
		.state = window->state | (window->focused ? VP_STATE_FOCUSED : 0U),
		.stacking = hc_x11_stacking_of(from_presenter(presenter), window),
	};
	return true;
}

/* What other files do */

static bool buffer_attach(struct hc_presenter *presenter, struct vp_buffer *buffer)
{
	return hc_x11_pixels_attach(from_presenter(presenter), buffer);
}

static void buffer_detach(struct hc_presenter *presenter, struct vp_buffer *buffer)
{
	hc_x11_pixels_detach(from_presenter(presenter), buffer);
}

static void window_present(struct hc_presenter *presenter, const struct vp_frame_present *frame,
	struct vp_buffer *buffer)
{
	struct hc_x11 *x11 = from_presenter(presenter);

	hc_x11_pixels_present(x11, hc_x11_find(x11, frame->window), frame, buffer);
}

static void cursor_image(struct hc_presenter *presenter, const struct vp_cursor_image *image)
{
	hc_x11_cursor_image(from_presenter(presenter), image);
}

static void cursor_forget(struct hc_presenter *presenter, uint32_t cursor)
{
	hc_x11_cursor_forget(from_presenter(presenter), cursor);
}

static void cursor_set(struct hc_presenter *presenter, uint32_t cursor)
{
	hc_x11_cursor_set(from_presenter(presenter), cursor);
}

static void bell(struct hc_presenter *presenter, uint8_t percent)
{
	hc_x11_keyboard_bell(from_presenter(presenter), percent);
}

static void keys_anew(struct hc_presenter *presenter)
{
	hc_x11_keyboard_begin_anew(from_presenter(presenter));
}

static void leave_keys(
	struct hc_presenter *presenter, uint8_t modifiers, const char *key, const char *shown)
{
	struct hc_x11 *x11 = from_presenter(presenter);

	if (hc_x11_keyboard_set_leave_keys(x11, modifiers, key))
		hc_x11_fullscreen_set_keys(x11, shown);
}

static bool monitor_at(struct hc_presenter *presenter, int32_t x, int32_t y,
	struct hc_rect *monitor, struct hc_rect *work_area)
{
	return hc_x11_monitors_at(from_presenter(presenter), x, y, monitor, work_area);
}

static void destroy_windows(struct hc_x11 *x11)
{
	GList *windows = g_hash_table_get_values(x11->windows);

	for (GList *at = windows; at != NULL; at = at->next)
		hc_x11_window_free(x11, at->data);
	g_list_free(windows);
}

static void destroy(struct hc_presenter *presenter)
{
	struct hc_x11 *x11 = from_presenter(presenter);

	destroy_windows(x11);
	hc_x11_startup_finish(x11);
	hc_x11_fullscreen_finish(x11);
	hc_x11_dialog_finish(x11);
	hc_x11_popup_clip_finish(x11);
	hc_x11_heritage_finish(x11);
	hc_x11_stacking_finish(x11);
	hc_x11_input_finish(x11);
	hc_x11_cursor_finish(x11);
	hc_x11_keyboard_finish(x11);
	hc_x11_settings_finish(x11);
	hc_x11_work_areas_finish(x11);
	hc_x11_monitors_finish(x11);
	hc_x11_pixels_finish(x11);
	g_queue_clear_full(&x11->replies, free_reply);
	g_array_free(x11->moved, TRUE);
	g_hash_table_destroy(x11->windows_by_xid);
	g_hash_table_destroy(x11->windows);
	free(x11->queued_event);
	xcb_disconnect(x11->connection);
	g_free(x11);
}

static const char *connection_problem(int error)
{
	switch (error) {
	case XCB_CONN_CLOSED_PARSE_ERR:
		return "its name cannot be understood";
	case XCB_CONN_CLOSED_INVALID_SCREEN:
		return "it has no such screen";
	default:
		return "it does not answer, or refuses this user";
	}
}

struct hc_presenter *hc_presenter_x11_create(const char *display)
{
	int screen_number = 0;
	xcb_connection_t *connection = xcb_connect(display, &screen_number);
	int error = xcb_connection_has_error(connection);

	if (error != 0) {
		const char *name = display != NULL ? display : g_getenv("DISPLAY");
		g_critical(
			"cannot connect to the X server \"%s\": %s; check DISPLAY and XAUTHORITY",
			name != NULL ? name : "", connection_problem(error));
		xcb_disconnect(connection);
		return NULL;
	}
	struct hc_x11 *x11 = g_new0(struct hc_x11, 1);
	x11->presenter.impl = &presenter_impl;
	x11->connection = connection;
	x11->screen_number = screen_number;
	x11->windows = g_hash_table_new(NULL, NULL);
	x11->windows_by_xid = g_hash_table_new(NULL, NULL);
	x11->moved = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	x11->answer_deadline = -1;
	g_queue_init(&x11->replies);
	return &x11->presenter;
}

static const struct hc_presenter_impl presenter_impl = {
	.start = start,
	.get_fd = get_fd,
	.dispatch = dispatch,
	.deadline = deadline,
	.flush = flush,
	.announce = announce,
	.user_acted = user_acted,
	.launch_ended = launch_ended,
	.window_create = window_create,
	.window_rename = window_rename,
	.window_destroy = window_destroy,
	.window_map = window_map,
	.window_place = window_place,
	.window_title = window_title,
	.window_class = window_class,
	.window_set = window_set,
	.window_dim = window_dim,
	.buffer_attach = buffer_attach,
	.buffer_detach = buffer_detach,
	.window_present = window_present,
	.cursor_image = cursor_image,
	.cursor_forget = cursor_forget,
	.cursor_set = cursor_set,
	.keys_anew = keys_anew,
	.bell = bell,
	.leave_keys = leave_keys,
	.window_report = window_report,
	.monitor_at = monitor_at,
	.destroy = destroy,
};
