#include "capture.h"

#include <stddef.h>

bool ga_capture_start(
	struct ga_capture *capture, const struct ga_capture_listener *listener, void *data)
{
	return capture->impl->start(capture, listener, data);
}

void ga_capture_stop(struct ga_capture *capture)
{
	capture->impl->stop(capture);
}

int ga_capture_get_fd(struct ga_capture *capture)
{
	return capture->impl->get_fd(capture);
}

void ga_capture_dispatch(struct ga_capture *capture)
{
	capture->impl->dispatch(capture);
}

int64_t ga_capture_deadline(struct ga_capture *capture)
{
	return capture->impl->deadline(capture);
}

void ga_capture_flush(struct ga_capture *capture)
{
	capture->impl->flush(capture);
}

void ga_capture_announce(struct ga_capture *capture)
{
	capture->impl->announce(capture);
}

void ga_capture_primary_lost(struct ga_capture *capture)
{
	capture->impl->primary_lost(capture);
}

bool ga_capture_buffer_attach(struct ga_capture *capture, struct vp_buffer *buffer)
{
	return capture->impl->buffer_attach(capture, buffer);
}

void ga_capture_buffer_detach(struct ga_capture *capture, struct vp_buffer *buffer)
{
	capture->impl->buffer_detach(capture, buffer);
}

bool ga_capture_window_size(
	struct ga_capture *capture, uint32_t window, uint32_t *width, uint32_t *height)
{
	return capture->impl->window_size(capture, window, width, height);
}

void ga_capture_read_pixels(
	struct ga_capture *capture, uint32_t window, struct vp_buffer *buffer, bool all)
{
	capture->impl->read_pixels(capture, window, buffer, all);
}

void ga_capture_inject(struct ga_capture *capture, const struct vp_message *message)
{
	capture->impl->inject(capture, message);
}

void ga_capture_destroy(struct ga_capture *capture)
{
	if (capture != NULL)
		capture->impl->destroy(capture);
}
