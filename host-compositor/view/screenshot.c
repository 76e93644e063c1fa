#define G_LOG_DOMAIN "hc-screenshot"

#include "screenshot.h"

#include <cairo.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <sys/mman.h>
#include <unistd.h>

static const char no_memory[] = "not enough memory for the picture";

/* A window that shows, and where. */
struct shown {
	uint32_t window;
	uint32_t stacking;
	uint32_t border;
	struct hc_rect content;
};

struct gathering {
	const struct hc_label *label;
	GArray *shown; /* of struct shown */
};

static void gather(void *data, const struct hc_window_info *info)
{
	struct gathering *gathering = data;
	struct shown shown = {
		.window = info->window,
		.stacking = info->report.stacking,
		.border = info->popup ? gathering->label->popup_border : gathering->label->border,
		.content = info->report.content,
	};
	if (info->mapped && (info->report.state & VP_STATE_MINIMIZED) == 0)
		g_array_append_val(gathering->shown, shown);
}

static int compare_stacking(const void *a, const void *b)
{
	const struct shown *x = a;
	const struct shown *y = b;
	return (x->stacking > y->stacking) - (x->stacking < y->stacking);
}

/* Makes the picture's memory, cleared. */
static uint8_t *canvas_create(struct hc_screenshot *screenshot)
{
	size_t size = (size_t)screenshot->stride * screenshot->height;
	screenshot->fd = memfd_create("oriel-screenshot", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (screenshot->fd < 0)
		return NULL;
	/* Reserved at once, since writing beyond what there is would be a signal. */
	if (posix_fallocate(screenshot->fd, 0, (off_t)size) == 0) {
		void *data =
			mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, screenshot->fd, 0);
		if (data != MAP_FAILED)
			return data;
	}
	close(screenshot->fd);
	return NULL;
}

static const char *canvas_finish(struct hc_screenshot *screenshot, uint8_t *data)
{
	munmap(data, (size_t)screenshot->stride * screenshot->height);
	if (fcntl(screenshot->fd, F_ADD_SEALS,
		    F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0)
		return NULL;
	close(screenshot->fd);
	return no_memory;
}

static void paint_label(cairo_t *cairo, const struct hc_label *label, const struct shown *shown,
	uint32_t width, uint32_t height)
{
	double border = shown->border;
	cairo_set_source_rgb(cairo, (label->colour >> 16 & 0xff) / 255.0,
		(label->colour >> 8 & 0xff) / 255.0, (label->colour & 0xff) / 255.0);
	cairo_set_fill_rule(cairo, CAIRO_FILL_RULE_EVEN_ODD);
	cairo_rectangle(cairo, 0, 0, width, height);
	cairo_rectangle(cairo, -border, -border, width + 2 * border, height + 2 * border);
	cairo_fill(cairo);
}

/* At the origin. The guest may write the pixels meanwhile, which can but spoil its own picture. */
static void paint_pixels(cairo_t *cairo, struct vp_buffer *buffer, uint32_t width, uint32_t height)
{
	uint8_t *data = vp_buffer_data(buffer);
	if (data == NULL)
		return;
	cairo_format_t format =
		buffer->format == VP_FORMAT_ARGB8888 ? CAIRO_FORMAT_ARGB32 : CAIRO_FORMAT_RGB24;
	cairo_surface_t *pixels = cairo_image_surface_create_for_data(
		data, format, (int)width, (int)height, (int)buffer->stride);
	cairo_set_source_surface(cairo, pixels, 0, 0);
	cairo_paint(cairo);
	cairo_surface_destroy(pixels);
}

/* Nothing is painted outside the window's shape from now on. */
static void clip_to_shape(cairo_t *cairo, struct hc_core *core, uint32_t window)
{
	struct vp_rects shape;
	if (!hc_core_window_shape(core, window, &shape))
		return;
	for (size_t i = 0; i < shape.count; i++) {
		struct vp_rect rect = vp_rects_get(shape, i);
		cairo_rectangle(cairo, rect.x, rect.y, rect.width, rect.height);
	}
	cairo_set_fill_rule(cairo, CAIRO_FILL_RULE_WINDING);
	cairo_clip(cairo);
}

static void paint_window(cairo_t *cairo, struct hc_core *core, const struct hc_label *label,
	const struct shown *shown)
{
	uint32_t width;
	uint32_t height;
	struct vp_buffer *buffer = hc_core_window_pixels(core, shown->window, &width, &height);
	if (buffer == NULL)
		return;
	width = MIN(width, shown->content.width);
	height = MIN(height, shown->content.height);
	cairo_save(cairo);
	cairo_translate(cairo, shown->content.x, shown->content.y);
	paint_label(cairo, label, shown, shown->content.width, shown->content.height);
	clip_to_shape(cairo, core, shown->window);
	cairo_rectangle(cairo, 0, 0, width, height);
	cairo_clip(cairo);
	paint_pixels(cairo, buffer, width, height);
	cairo_restore(cairo);
}

/* Paints windows on a canvas that is the given part of the primary's screen. */
static const char *paint(struct hc_core *core, const struct hc_label *label, const GArray *windows,
	const struct hc_rect *area, struct hc_screenshot *screenshot)
{
	if (area->width > VP_SIZE_MAX || area->height > VP_SIZE_MAX)
		return "the windows lie too far apart for one picture";
	screenshot->width = area->width;
	screenshot->height = area->height;
	screenshot->stride = area->width * 4;
	uint8_t *data = canvas_create(screenshot);
	if (data == NULL)
		return no_memory;
	cairo_surface_t *canvas = cairo_image_surface_create_for_data(data, CAIRO_FORMAT_ARGB32,
		(int)screenshot->width, (int)screenshot->height, (int)screenshot->stride);
	cairo_t *cairo = cairo_create(canvas);
	cairo_translate(cairo, -area->x, -area->y);
	for (guint i = 0; i < windows->len; i++)
		paint_window(cairo, core, label, &g_array_index(windows, struct shown, i));
	cairo_status_t status = cairo_status(cairo);
	cairo_destroy(cairo);
	cairo_surface_finish(canvas);
	cairo_surface_destroy(canvas);
	const char *error = canvas_finish(screenshot, data);
	if (error == NULL && status != CAIRO_STATUS_SUCCESS) {
		close(screenshot->fd);
		error = no_memory;
	}
	return error;
}

static struct hc_rect bounds(const GArray *windows)
{
	int32_t left = INT32_MAX;
	int32_t top = INT32_MAX;
	int32_t right = INT32_MIN;
	int32_t bottom = INT32_MIN;
	for (guint i = 0; i < windows->len; i++) {
		const struct shown *shown = &g_array_index(windows, struct shown, i);
		int32_t border = (int32_t)shown->border;
		left = MIN(left, shown->content.x - border);
		top = MIN(top, shown->content.y - border);
		right = MAX(right, shown->content.x + (int32_t)shown->content.width + border);
		bottom = MAX(bottom, shown->content.y + (int32_t)shown->content.height + border);
	}
	return (struct hc_rect){ left, top, (uint32_t)(right - left), (uint32_t)(bottom - top) };
}

static const char *take_one(struct hc_core *core, const struct hc_label *label, uint32_t window,
	struct hc_screenshot *screenshot)
{
	struct hc_rect area = { 0 };
	if (hc_core_window_pixels(core, window, &area.width, &area.height) == NULL)
		return "the window has no pixels, or is gone";
	struct shown shown = { .window = window, .content = area };
	GArray *windows = g_array_new(FALSE, FALSE, sizeof(struct shown));
	g_array_append_val(windows, shown);
	const char *error = paint(core, label, windows, &area, screenshot);
	g_array_free(windows, TRUE);
	return error;
}

static const char *take_all(
	struct hc_core *core, const struct hc_label *label, struct hc_screenshot *screenshot)
{
	struct gathering gathering = { label, g_array_new(FALSE, FALSE, sizeof(struct shown)) };
	const char *error = "the VM shows no windows";
	hc_core_windows(core, gather, &gathering);
	g_array_sort(gathering.shown, compare_stacking);
	if (gathering.shown->len > 0) {
		struct hc_rect area = bounds(gathering.shown);
		error = paint(core, label, gathering.shown, &area, screenshot);
	}
	g_array_free(gathering.shown, TRUE);
	return error;
}

const char *hc_screenshot_take(struct hc_core *core, const struct hc_label *label, uint32_t window,
	struct hc_screenshot *screenshot)
{
	return window != 0 ? take_one(core, label, window, screenshot)
			   : take_all(core, label, screenshot);
}
