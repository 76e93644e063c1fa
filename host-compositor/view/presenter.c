#include "presenter.h"

bool hc_presenter_start(struct hc_presenter *presenter, const struct hc_label *label,
	const struct hc_presenter_listener *listener, void *data)
{
	return presenter->impl->start(presenter, label, listener, data);
}

int hc_presenter_get_fd(struct hc_presenter *presenter)
{
	return presenter->impl->get_fd(presenter);
}

void hc_presenter_dispatch(struct hc_presenter *presenter)
{
	presenter->impl->dispatch(presenter);
}

int64_t hc_presenter_deadline(struct hc_presenter *presenter)
{
	return presenter->impl->deadline(presenter);
}

void hc_presenter_flush(struct hc_presenter *presenter)
{
	presenter->impl->flush(presenter);
}

void hc_presenter_announce(struct hc_presenter *presenter)
{
	presenter->impl->announce(presenter);
}

void hc_presenter_user_acted(struct hc_presenter *presenter, uint32_t launch, const char *startup)
{
	presenter->impl->user_acted(presenter, launch, startup);
}

void hc_presenter_launch_ended(struct hc_presenter *presenter, uint32_t launch)
{
	presenter->impl->launch_ended(presenter, launch);
}

bool hc_presenter_window_create(
	struct hc_presenter *presenter, const struct vp_window_create *create)
{
	return presenter->impl->window_create(presenter, create);
}

void hc_presenter_window_rename(
	struct hc_presenter *presenter, uint32_t window, uint32_t new_window)
{
	presenter->impl->window_rename(presenter, window, new_window);
}

void hc_presenter_window_destroy(struct hc_presenter *presenter, uint32_t window)
{
	presenter->impl->window_destroy(presenter, window);
}

void hc_presenter_window_map(struct hc_presenter *presenter, uint32_t window, bool mapped)
{
	presenter->impl->window_map(presenter, window, mapped);
}

void hc_presenter_window_place(struct hc_presenter *presenter, uint32_t window, uint8_t fields,
	const struct hc_rect *content)
{
	presenter->impl->window_place(presenter, window, fields, content);
}

void hc_presenter_window_title(struct hc_presenter *presenter, uint32_t window, const char *title)
{
	presenter->impl->window_title(presenter, window, title);
}

void hc_presenter_window_class(struct hc_presenter *presenter, uint32_t window,
	const char *instance, const char *class_name)
{
	presenter->impl->window_class(presenter, window, instance, class_name);
}

void hc_presenter_window_set(struct hc_presenter *presenter, const struct vp_message *message)
{
	presenter->impl->window_set(presenter, message);
}

void hc_presenter_window_dim(struct hc_presenter *presenter, uint32_t window, bool dimmed)
{
	presenter->impl->window_dim(presenter, window, dimmed);
}

bool hc_presenter_buffer_attach(struct hc_presenter *presenter, struct vp_buffer *buffer)
{
	return presenter->impl->buffer_attach(presenter, buffer);
}

void hc_presenter_buffer_detach(struct hc_presenter *presenter, struct vp_buffer *buffer)
{
	presenter->impl->buffer_detach(presenter, buffer);
}

void hc_presenter_window_present(struct hc_presenter *presenter,
	const struct vp_frame_present *frame, struct vp_buffer *buffer)
{
	presenter->impl->window_present(presenter, frame, buffer);
}

void hc_presenter_cursor_image(struct hc_presenter *presenter, const struct vp_cursor_image *image)
{
	presenter->impl->cursor_image(presenter, image);
}

void hc_presenter_cursor_forget(struct hc_presenter *presenter, uint32_t cursor)
{
	presenter->impl->cursor_forget(presenter, cursor);
}

void hc_presenter_cursor_set(struct hc_presenter *presenter, uint32_t cursor)
{
	presenter->impl->cursor_set(presenter, cursor);
}

void hc_presenter_bell(struct hc_presenter *presenter, uint8_t percent)
{
	presenter->impl->bell(presenter, percent);
}

void hc_presenter_keys_anew(struct hc_presenter *presenter)
{
	presenter->impl->keys_anew(presenter);
}

void hc_presenter_leave_keys(
	struct hc_presenter *presenter, uint8_t modifiers, const char *key, const char *shown)
{
	presenter->impl->leave_keys(presenter, modifiers, key, shown);
}

bool hc_presenter_window_report(
	struct hc_presenter *presenter, uint32_t window, struct hc_window_report *report)
{
	return presenter->impl->window_report(presenter, window, report);
}

bool hc_presenter_monitor_at(struct hc_presenter *presenter, int32_t x, int32_t y,
	struct hc_rect *monitor, struct hc_rect *work_area)
{
	return presenter->impl->monitor_at(presenter, x, y, monitor, work_area);
}

void hc_presenter_destroy(struct hc_presenter *presenter)
{
	if (presenter != NULL)
		presenter->impl->destroy(presenter);
}
