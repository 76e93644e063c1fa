#include "fake-capture.h"

#include <assert.h>
#include <string.h>

enum { NATIVE = 0x1000 };

static const struct ga_capture_impl impl;

static struct fake_capture *fake_from(struct ga_capture *capture)
{
	assert(capture->impl == &impl);
	return (struct fake_capture *)capture;
}

struct fake_capture *fake_capture_create(void)
{
	struct fake_capture *fake = g_new0(struct fake_capture, 1);
	fake->capture.impl = &impl;
	fake->windows = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	return fake;
}

struct fake_capture_window *fake_capture_find(struct fake_capture *fake, uint32_t id)
{
	return g_hash_table_lookup(fake->windows, GUINT_TO_POINTER(id));
}

static void tell(struct fake_capture *fake, const struct vp_message *message)
{
	fake->listener->message(fake->data, message);
}

static void announce_window(struct fake_capture *fake, const struct fake_capture_window *window)
{
	tell(fake, VP_MESSAGE(WINDOW_CREATE, window_create, .window = window->id,
			   .native = window->native, .width = window->width,
			   .height = window->height));
	tell(fake, VP_MESSAGE(WINDOW_MAP, window_map, window->id));
}

struct fake_capture_window *fake_capture_add(
	struct fake_capture *fake, uint32_t id, uint32_t width, uint32_t height)
{
	struct fake_capture_window *window = g_new0(struct fake_capture_window, 1);
	*window = (struct fake_capture_window){
		.id = id, .native = NATIVE + id, .width = width, .height = height, .mapped = true
	};
	g_hash_table_insert(fake->windows, GUINT_TO_POINTER(id), window);
	announce_window(fake, window);
	fake_capture_damage(fake, id);
	return window;
}

void fake_capture_remove(struct fake_capture *fake, uint32_t id)
{
	g_hash_table_remove(fake->windows, GUINT_TO_POINTER(id));
	tell(fake, VP_MESSAGE(WINDOW_DESTROY, window_destroy, id));
}

void fake_capture_resize(struct fake_capture *fake, uint32_t id, uint32_t width, uint32_t height)
{
	struct fake_capture_window *window = fake_capture_find(fake, id);
	window->width = width;
	window->height = height;
	fake_capture_damage(fake, id);
}

void fake_capture_damage(struct fake_capture *fake, uint32_t id)
{
	struct fake_capture_window *window = fake_capture_find(fake, id);
	if (window->damaged)
		return;
	window->damaged = true;
	fake->listener->damaged(fake->data, id);
}

static void fill(struct vp_buffer *buffer, struct vp_rect rect, uint8_t value)
{
	uint8_t *data = vp_buffer_data(buffer);
	for (size_t y = 0; y < rect.height; y++)
		memset(data + ((size_t)rect.y + y) * buffer->stride +
				(size_t)rect.x * VP_PIXEL_BYTES,
			value, (size_t)rect.width * VP_PIXEL_BYTES);
}

void fake_capture_finish_read(
	struct fake_capture *fake, uint32_t id, struct vp_rect rect, uint8_t value)
{
	struct fake_capture_window *window = fake_capture_find(fake, id);
	fill(window->buffer, rect, value);
	window->reading = false;
	fake->listener->pixels_ready(fake->data, id, window->width, window->height, &rect, 1);
}

void fake_capture_fail_read(struct fake_capture *fake, uint32_t id)
{
	struct fake_capture_window *window = fake_capture_find(fake, id);
	window->reading = false;
	fake->listener->pixels_ready(fake->data, id, window->width, window->height, NULL, 0);
}

static bool start(
	struct ga_capture *capture, const struct ga_capture_listener *listener, void *data)
{
	struct fake_capture *fake = fake_from(capture);
	fake->listener = listener;
	fake->data = data;
	return true;
}

static void stop(struct ga_capture *capture)
{
	fake_from(capture)->listener = NULL;
}

static int get_fd(struct ga_capture *capture)
{
	(void)capture;
	return -1;
}

static void do_nothing(struct ga_capture *capture)
{
	(void)capture;
}

static int64_t deadline(struct ga_capture *capture)
{
	(void)capture;
	return -1;
}

static void announce(struct ga_capture *capture)
{
	struct fake_capture *fake = fake_from(capture);
	GHashTableIter iter;
	void *value;
	uint32_t count = 0;
	fake->announces++;
	g_hash_table_iter_init(&iter, fake->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct fake_capture_window *window = value;
		announce_window(fake, window);
		window->reading = false;
		window->damaged = false;
		fake_capture_damage(fake, window->id);
		count++;
	}
	tell(fake, VP_MESSAGE(WINDOWS_ANNOUNCED, windows_announced, count));
}

static void primary_lost(struct ga_capture *capture)
{
	fake_from(capture)->primaries_lost++;
}

static bool buffer_attach(struct ga_capture *capture, struct vp_buffer *buffer)
{
	struct fake_capture *fake = fake_from(capture);
	(void)buffer;
	if (fake->refuses_buffers)
		return false;
	fake->buffers++;
	return true;
}

static void buffer_detach(struct ga_capture *capture, struct vp_buffer *buffer)
{
	(void)buffer;
	fake_from(capture)->buffers--;
}

static bool window_size(struct ga_capture *capture, uint32_t id, uint32_t *width, uint32_t *height)
{
	const struct fake_capture_window *window = fake_capture_find(fake_from(capture), id);
	if (window == NULL || !window->mapped)
		return false;
	*width = window->width;
	*height = window->height;
	return true;
}

static void read_pixels(struct ga_capture *capture, uint32_t id, struct vp_buffer *buffer, bool all)
{
	struct fake_capture_window *window = fake_capture_find(fake_from(capture), id);
	assert(window != NULL && !window->reading);
	window->damaged = false;
	window->reading = true;
	window->read_all = all;
	window->buffer = buffer;
	window->reads++;
}

static void inject(struct ga_capture *capture, const struct vp_message *message)
{
	struct fake_capture *fake = fake_from(capture);
	fake->injected++;
	fake->last_injected = message->op;
}

static void destroy(struct ga_capture *capture)
{
	struct fake_capture *fake = fake_from(capture);
	g_hash_table_destroy(fake->windows);
	g_free(fake);
}

static const struct ga_capture_impl impl = {
	.start = start,
	.stop = stop,
	.get_fd = get_fd,
	.dispatch = do_nothing,
	.deadline = deadline,
	.flush = do_nothing,
	.announce = announce,
	.primary_lost = primary_lost,
	.buffer_attach = buffer_attach,
	.buffer_detach = buffer_detach,
	.window_size = window_size,
	.read_pixels = read_pixels,
	.inject = inject,
	.destroy = destroy,
};
