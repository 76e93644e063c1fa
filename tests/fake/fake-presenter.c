#include "fake-presenter.h"

static const struct hc_presenter_impl fake_impl;

static struct fake_presenter *from_presenter(struct hc_presenter *presenter)
{
	g_assert(presenter->impl == &fake_impl);
	return (struct fake_presenter *)presenter;
}

struct fake_window *fake_presenter_find(struct fake_presenter *fake, uint32_t window)
{
	return g_hash_table_lookup(fake->windows, GUINT_TO_POINTER(window));
}

/* For calls of the core, which may name known windows alone. */
static struct fake_window *known(struct hc_presenter *presenter, uint32_t window)
{
	struct fake_window *found = fake_presenter_find(from_presenter(presenter), window);

	g_assert(found != NULL);
	return found;
}

void fake_presenter_say(struct fake_presenter *fake, const struct vp_message *message)
{
	fake->listener->message(fake->data, message);
}

void fake_presenter_finish_frame(struct fake_presenter *fake, uint32_t id)
{
	struct fake_window *window = fake_presenter_find(fake, id);

	g_assert(window != NULL && window->frame_pending);
	window->frame_pending = false;
	fake->listener->presented(fake->data, id, window->frame_serial);
}

static bool start(struct hc_presenter *presenter, const struct hc_label *label,
	const struct hc_presenter_listener *listener, void *data)
{
	struct fake_presenter *fake = from_presenter(presenter);

	(void)label;
	fake->listener = listener;
	fake->data = data;
	return true;
}

static int get_fd(struct hc_presenter *presenter)
{
	(void)presenter;
	return -1;
}

static void ignore_launch(struct hc_presenter *presenter, uint32_t launch, const char *startup)
{
	(void)presenter;
	(void)launch;
	(void)startup;
}

static void ignore_end_of_launch(struct hc_presenter *presenter, uint32_t launch)
{
	(void)presenter;
	(void)launch;
}

static void do_nothing(struct hc_presenter *presenter)
{
	(void)presenter;
}

static int64_t deadline(struct hc_presenter *presenter)
{
	(void)presenter;
	return -1;
}

static void announce(struct hc_presenter *presenter)
{
	from_presenter(presenter)->announces++;
}

static bool window_create(struct hc_presenter *presenter, const struct vp_window_create *create)
{
	struct fake_presenter *fake = from_presenter(presenter);
	struct fake_window *window = g_new0(struct fake_window, 1);

	g_assert(fake_presenter_find(fake, create->window) == NULL);
	*window = (struct fake_window){
		.id = create->window,
		.popup = create->popup != 0,
		.place = { create->x, create->y, create->width, create->height },
	};
	g_hash_table_insert(fake->windows, GUINT_TO_POINTER(window->id), window);
	return true;
}

static void window_rename(struct hc_presenter *presenter, uint32_t id, uint32_t new_id)
{
	struct fake_presenter *fake = from_presenter(presenter);
	struct fake_window *window = known(presenter, id);

	g_assert(id == new_id || fake_presenter_find(fake, new_id) == NULL);
	g_hash_table_steal(fake->windows, GUINT_TO_POINTER(id));
	window->id = new_id;
	g_hash_table_insert(fake->windows, GUINT_TO_POINTER(new_id), window);
}

static void window_destroy(struct hc_presenter *presenter, uint32_t window)
{
	g_assert(g_hash_table_remove(from_presenter(presenter)->windows, GUINT_TO_POINTER(window)));
}

static void window_map(struct hc_presenter *presenter, uint32_t window, bool mapped)
{
	known(presenter, window)->mapped = mapped;
}

static void window_place(
	struct hc_presenter *presenter, uint32_t id, uint8_t fields, const struct hc_rect *content)
{
	struct hc_rect *place = &known(presenter, id)->place;

	if (fields & VP_FIELD_X)
		place->x = content->x;
	if (fields & VP_FIELD_Y)
		place->y = content->y;
	if (fields & VP_FIELD_WIDTH)
		place->width = content->width;
	if (fields & VP_FIELD_HEIGHT)
		place->height = content->height;
}

static void window_title(struct hc_presenter *presenter, uint32_t id, const char *title)
{
	struct fake_window *window = known(presenter, id);

	g_free(window->title);
	window->title = g_strdup(title);
}

static void window_class(
	struct hc_presenter *presenter, uint32_t id, const char *instance, const char *class_name)
{
	struct fake_window *window = known(presenter, id);

	(void)instance;
	g_free(window->class_name);
	window->class_name = g_strdup(class_name);
}

static void window_set(struct hc_presenter *presenter, const struct vp_message *message)
{
	const struct vp_window_state_request *request = &message->window_state_request;

	from_presenter(presenter)->last_set = message->op;
	if (message->op == VP_OP_WINDOW_STATE_REQUEST) {
		struct fake_window *window = known(presenter, request->window);
		window->state = (window->state & ~request->mask) | request->state;
	}
}

static void window_dim(struct hc_presenter *presenter, uint32_t window, bool dimmed)
{
	known(presenter, window)->dimmed = dimmed;
}

static bool buffer_attach(struct hc_presenter *presenter, struct vp_buffer *buffer)
{
	(void)buffer;
	from_presenter(presenter)->buffers++;
	return true;
}

static void buffer_detach(struct hc_presenter *presenter, struct vp_buffer *buffer)
{
	(void)buffer;
	from_presenter(presenter)->buffers--;
}

static void window_present(struct hc_presenter *presenter, const struct vp_frame_present *frame,
	struct vp_buffer *buffer)
{
	struct fake_presenter *fake = from_presenter(presenter);
	struct fake_window *window = known(presenter, frame->window);

	window->buffer = buffer;
	window->presents++;
	window->frame_pending = true;
	window->frame_serial = frame->serial;
	if (!fake->holds_frames)
		fake_presenter_finish_frame(fake, frame->window);
}

static void cursor_image(struct hc_presenter *presenter, const struct vp_cursor_image *image)
{
	(void)presenter;
	(void)image;
}

static void cursor_forget(struct hc_presenter *presenter, uint32_t cursor)
{
	struct fake_presenter *fake = from_presenter(presenter);

	if (fake->cursor == cursor)
		fake->cursor = 0;
}

static void cursor_set(struct hc_presenter *presenter, uint32_t cursor)
{
	from_presenter(presenter)->cursor = cursor;
}

static void leave_keys(
	struct hc_presenter *presenter, uint8_t modifiers, const char *key, const char *shown)
{
	struct fake_presenter *fake = from_presenter(presenter);
	fake->leave_modifiers = modifiers;
	g_strlcpy(fake->leave_key, key, sizeof(fake->leave_key));
	(void)shown;
}

static void keys_anew(struct hc_presenter *presenter)
{
	from_presenter(presenter)->keys_anew++;
}

static void bell(struct hc_presenter *presenter, uint8_t percent)
{
	(void)percent;
	from_presenter(presenter)->bells++;
}

static bool window_report(
	struct hc_presenter *presenter, uint32_t id, struct hc_window_report *report)
{
	const struct fake_window *window = fake_presenter_find(from_presenter(presenter), id);

	if (window == NULL)
		return false;
	*report = (struct hc_window_report){ .content = window->place, .state = window->state };
	return true;
}

static bool monitor_at(struct hc_presenter *presenter, int32_t x, int32_t y,
	struct hc_rect *monitor, struct hc_rect *work_area)
{
	(void)x;
	(void)y;
	*monitor = from_presenter(presenter)->monitor;
	*work_area = from_presenter(presenter)->work_area;
	return true;
}

static void destroy(struct hc_presenter *presenter)
{
	struct fake_presenter *fake = from_presenter(presenter);

	g_hash_table_destroy(fake->windows);
	g_free(fake);
}

static void free_window(void *data)
{
	struct fake_window *window = data;

	g_free(window->title);
	g_free(window->class_name);
	g_free(window);
}

struct fake_presenter *fake_presenter_create(void)
{
	struct fake_presenter *fake = g_new0(struct fake_presenter, 1);

	fake->presenter.impl = &fake_impl;
	fake->windows = g_hash_table_new_full(NULL, NULL, NULL, free_window);
	fake->monitor = (struct hc_rect){ 0, 0, 1280, 800 };
	fake->work_area = fake->monitor;
	return fake;
}

static const struct hc_presenter_impl fake_impl = {
	.start = start,
	.get_fd = get_fd,
	.dispatch = do_nothing,
	.deadline = deadline,
	.flush = do_nothing,
	.announce = announce,
	.user_acted = ignore_launch,
	.launch_ended = ignore_end_of_launch,
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
