#include "picture.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <png.h>

enum { BYTES_PER_PIXEL = 4, BITS_PER_SAMPLE = 8, SIDE_MAX = 65535 };

struct picture {
	int fd;
	uint32_t width;
	uint32_t height;
	uint32_t stride;
	uint8_t *source; /* one line as it comes */
	uint8_t *line; /* one line as PNG has it */
	const char *failure;
};

static void handle_png_error(png_structp png, png_const_charp message)
{
	struct picture *picture = png_get_error_ptr(png);

	if (!picture->failure)
		picture->failure = errno ? g_strerror(errno) : message;
	longjmp(*png_set_longjmp_fn(png, longjmp, sizeof(jmp_buf)), 1);
}

static void handle_png_warning(png_structp png, png_const_charp message)
{
	(void)png;
	(void)message;
}

static uint8_t unmultiply(uint8_t value, uint8_t alpha)
{
	uint32_t result = alpha ? (value * 255u + alpha / 2u) / alpha : 0;

	return (uint8_t)MIN(result, 255u);
}

/* Little-endian ARGB, premultiplied, to R, G, B, A. */
static void convert_line(const struct picture *picture)
{
	for (uint32_t i = 0; i < picture->width; i++) {
		const uint8_t *from = picture->source + i * BYTES_PER_PIXEL;
		uint8_t *to = picture->line + i * BYTES_PER_PIXEL;

		to[0] = unmultiply(from[2], from[3]);
		to[1] = unmultiply(from[1], from[3]);
		to[2] = unmultiply(from[0], from[3]);
		to[3] = from[3];
	}
}

static void write_lines(struct picture *picture, png_structp png)
{
	size_t bytes = (size_t)picture->width * BYTES_PER_PIXEL;

	for (uint32_t y = 0; y < picture->height; y++) {
		off_t offset = (off_t)y * picture->stride;

		errno = 0;
		/* Not mapped: whoever shares the memory could make it shorter. */
		if (pread(picture->fd, picture->source, bytes, offset) != (ssize_t)bytes) {
			picture->failure = "the picture is shorter than it should be";
			png_error(png, "");
		}
		convert_line(picture);
		errno = 0;
		png_write_row(png, picture->line);
	}
}

static bool encode(struct picture *picture, FILE *file)
{
	png_structp png = png_create_write_struct(
		PNG_LIBPNG_VER_STRING, picture, handle_png_error, handle_png_warning);
	png_infop info = png ? png_create_info_struct(png) : NULL;

	if (!info) {
		picture->failure = "not enough memory";
		png_destroy_write_struct(&png, NULL);
		return false;
	}
	if (setjmp(png_jmpbuf(png))) {
		png_destroy_write_struct(&png, &info);
		return false;
	}
	png_init_io(png, file);
	png_set_IHDR(png, info, picture->width, picture->height, BITS_PER_SAMPLE,
		PNG_COLOR_TYPE_RGB_ALPHA, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		PNG_FILTER_TYPE_DEFAULT);
	errno = 0;
	png_write_info(png, info);
	write_lines(picture, png);
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
	return true;
}

static bool encode_to(struct picture *picture, int fd)
{
	FILE *file = fdopen(fd, "wb");
	bool result;

	if (!file) {
		picture->failure = g_strerror(errno);
		close(fd);
		return false;
	}
	result = encode(picture, file);
	if (fclose(file) != 0 && result) {
		picture->failure = g_strerror(errno);
		result = false;
	}
	return result;
}

bool hc_picture_write(
	const char *path, int fd, uint32_t width, uint32_t height, uint32_t stride, GError **error)
{
	g_autofree char *temporary = g_strconcat(path, ".XXXXXX", NULL);
	struct picture picture = { .fd = fd, .width = width, .height = height, .stride = stride };
	mode_t mask = umask(0);
	int out;
	bool result;

	umask(mask);
	if (width == 0 || height == 0 || width > SIDE_MAX || height > SIDE_MAX ||
		stride / BYTES_PER_PIXEL < width) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
			"the picture has no valid size");
		return false;
	}
	out = g_mkstemp_full(temporary, O_RDWR | O_CLOEXEC, (int)(0666 & ~mask));
	if (out < 0) {
		g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
			"cannot write %s: %s: choose another file", path, g_strerror(errno));
		return false;
	}
	picture.source = g_malloc((size_t)width * BYTES_PER_PIXEL);
	picture.line = g_malloc((size_t)width * BYTES_PER_PIXEL);
	result = encode_to(&picture, out);
	g_free(picture.source);
	g_free(picture.line);
	if (result && rename(temporary, path) < 0) {
		picture.failure = g_strerror(errno);
		result = false;
	}
	if (!result) {
		unlink(temporary);
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			"cannot write %s: %s: nothing is left of it; make room or choose another "
			"place",
			path, picture.failure);
	}
	return result;
}
