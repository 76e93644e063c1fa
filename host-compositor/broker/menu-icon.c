#include "menu-icon.h"

#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cairo.h>

enum { PIXEL_BYTES = 4, COLOUR_MAX = 255 };

/* Of the whole icon. */
#define BADGE_PART 0.42
#define FRAME_PART 0.06 /* of white around the badge, so that it stands out of any picture */
#define CORNER_PART 0.22 /* of the badge */
#define VM_PART 0.8 /* of what a VM's own icon fills */

/* Only a memfd has seals; reading one never waits. */
static bool is_sealed(int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);

	return seals >= 0 && (seals & F_SEAL_WRITE) && (seals & F_SEAL_SHRINK);
}

uint8_t *hc_menu_icon_read(int fd, unsigned int size)
{
	size_t len = (size_t)size * size * PIXEL_BYTES;
	struct stat status;
	uint8_t *pixels;

	if (!is_sealed(fd) || fstat(fd, &status) < 0 || status.st_size != (off_t)len)
		return NULL;
	pixels = g_try_malloc(len);
	if (pixels && pread(fd, pixels, len, 0) == (ssize_t)len)
		return pixels;
	g_free(pixels);
	return NULL;
}

static uint32_t premultiply(const uint8_t *pixel)
{
	uint32_t alpha = pixel[3];
	uint32_t result = alpha << 24;

	for (int channel = 0; channel < 3; channel++) {
		uint32_t value = (pixel[channel] * alpha + COLOUR_MAX / 2) / COLOUR_MAX;

		result |= value << (8 * channel);
	}
	return result;
}

static void copy_pixels(cairo_surface_t *surface, const uint8_t *pixels, unsigned int size)
{
	unsigned char *data = cairo_image_surface_get_data(surface);
	size_t stride = (size_t)cairo_image_surface_get_stride(surface);

	cairo_surface_flush(surface);
	for (size_t y = 0; y < size; y++) {
		uint32_t *line = (uint32_t *)(void *)(data + y * stride);

		for (size_t x = 0; x < size; x++)
			line[x] = premultiply(pixels + (y * size + x) * PIXEL_BYTES);
	}
	cairo_surface_mark_dirty(surface);
}

static void trace_square(cairo_t *cairo, double left, double top, double side, double radius)
{
	cairo_new_sub_path(cairo);
	cairo_arc(cairo, left + side - radius, top + radius, radius, -G_PI_2, 0);
	cairo_arc(cairo, left + side - radius, top + side - radius, radius, 0, G_PI_2);
	cairo_arc(cairo, left + radius, top + side - radius, radius, G_PI_2, G_PI);
	cairo_arc(cairo, left + radius, top + radius, radius, G_PI, G_PI + G_PI_2);
	cairo_close_path(cairo);
}

static void set_colour(cairo_t *cairo, uint32_t colour)
{
	cairo_set_source_rgb(cairo, (colour >> 16 & COLOUR_MAX) / (double)COLOUR_MAX,
		(colour >> 8 & COLOUR_MAX) / (double)COLOUR_MAX,
		(colour & COLOUR_MAX) / (double)COLOUR_MAX);
}

/* A square with a white frame, on whole pixels so that small ones are sharp. */
static void draw_square(cairo_t *cairo, double left, double top, double side, uint32_t colour)
{
	double frame = fmax(1, round(side * FRAME_PART / BADGE_PART));
	double radius = side * CORNER_PART;

	trace_square(cairo, left, top, side, radius);
	cairo_set_source_rgb(cairo, 1, 1, 1);
	cairo_fill(cairo);
	trace_square(cairo, left + frame, top + frame, side - 2 * frame, fmax(0, radius - frame));
	set_colour(cairo, colour);
	cairo_fill(cairo);
}

static cairo_status_t append_png(void *data, const unsigned char *bytes, unsigned int len)
{
	g_byte_array_append(data, bytes, len);
	return CAIRO_STATUS_SUCCESS;
}

/* Takes the surface over. */
static GBytes *encode(cairo_surface_t *surface)
{
	GByteArray *png = g_byte_array_new();
	cairo_status_t status = cairo_surface_write_to_png_stream(surface, append_png, png);

	cairo_surface_destroy(surface);
	if (status == CAIRO_STATUS_SUCCESS)
		return g_byte_array_free_to_bytes(png);
	g_byte_array_unref(png);
	return NULL;
}

static cairo_surface_t *create_surface(unsigned int size)
{
	return cairo_image_surface_create(CAIRO_FORMAT_ARGB32, (int)size, (int)size);
}

GBytes *hc_menu_icon_draw(const uint8_t *pixels, unsigned int size, uint32_t colour)
{
	cairo_surface_t *surface = create_surface(size);
	double side = round(size * BADGE_PART);
	cairo_t *cairo;

	if (cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS)
		copy_pixels(surface, pixels, size);
	cairo = cairo_create(surface);
	draw_square(cairo, size - side, size - side, side, colour);
	cairo_destroy(cairo);
	return encode(surface);
}

GBytes *hc_menu_icon_draw_vm(unsigned int size, uint32_t colour)
{
	cairo_surface_t *surface = create_surface(size);
	cairo_t *cairo = cairo_create(surface);
	double side = round(size * VM_PART);
	double margin = floor((size - side) / 2);

	draw_square(cairo, margin, margin, side, colour);
	cairo_destroy(cairo);
	return encode(surface);
}
