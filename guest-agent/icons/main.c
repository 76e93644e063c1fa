/*
 * oriel-icons: draws the icons of a guest's applications for its agent. Whatever is wrong with an
 * icon's file happens here, in the guest, and the primary gets nothing but pixels.
 */
#define G_LOG_DOMAIN "oriel-icons"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gdk-pixbuf/gdk-pixbuf.h>

#include "record.h"
#include "theme.h"

enum { EXIT_USAGE = 2 };

/* As menus want them. */
static const uint16_t sizes[] = { 16, 24, 32, 48, 64, 128, 256 };

static const char help[] =
	"Usage: oriel-icons [--] ICON...\n"
	"\n"
	"Writes the pixels of icons, given by name or path, to standard output, for oriel-agent.\n"
	"\n"
	"  --help     print this and exit\n"
	"  --version  print the version and exit\n";

/* The file that looks best in a size: of that very size, drawn from lines, or the next larger one.
 * NULL if all are smaller. */
static const struct ga_icon_file *choose(const GPtrArray *files, unsigned int size)
{
	const struct ga_icon_file *best = NULL;
	for (guint i = 0; i < files->len; i++) {
		const struct ga_icon_file *file = g_ptr_array_index(files, i);
		if (file->size == size)
			return file;
		if (file->size != 0 && file->size < size)
			continue;
		if (best == NULL || file->size < best->size)
			best = file;
	}
	return best;
}

/* Both are little-endian, whatever the machine. */
static void copy_pixel(guint8 *to, const guint8 *from, bool alpha)
{
	to[0] = from[2];
	to[1] = from[1];
	to[2] = from[0];
	to[3] = alpha ? from[3] : G_MAXUINT8;
}

/* Into the middle of a square that is transparent otherwise. */
static void copy_picture(guint8 *square, int size, GdkPixbuf *picture)
{
	int width = MIN(gdk_pixbuf_get_width(picture), size);
	int height = MIN(gdk_pixbuf_get_height(picture), size);
	int channels = gdk_pixbuf_get_n_channels(picture);
	const guint8 *pixels = gdk_pixbuf_read_pixels(picture);
	int left = (size - width) / 2;
	int top = (size - height) / 2;
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			copy_pixel(square + ((top + y) * size + left + x) * GA_ICON_PIXEL_BYTES,
				pixels + y * gdk_pixbuf_get_rowstride(picture) + x * channels,
				gdk_pixbuf_get_has_alpha(picture));
}

static bool write_record(uint16_t size, const guint8 *pixels)
{
	const struct ga_icon_record record = { size };
	size_t len = (size_t)size * size * GA_ICON_PIXEL_BYTES;
	return fwrite(&record, sizeof(record), 1, stdout) == 1 &&
	       fwrite(pixels, 1, len, stdout) == len;
}

/* False if nobody reads. */
static bool write_size(const struct ga_icon_file *file, uint16_t size)
{
	g_autoptr(GdkPixbuf) picture =
		gdk_pixbuf_new_from_file_at_scale(file->path, size, size, TRUE, NULL);
	if (picture == NULL)
		return true;
	guint8 *square = g_malloc0((size_t)size * size * GA_ICON_PIXEL_BYTES);
	copy_picture(square, size, picture);
	bool written = write_record(size, square);
	g_free(square);
	return written;
}

static bool write_icon(const struct ga_icon_theme *theme, const char *icon)
{
	g_autoptr(GPtrArray) files = ga_icon_theme_find(theme, icon);
	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		const struct ga_icon_file *file = choose(files, sizes[i]);
		if (file != NULL && !write_size(file, sizes[i]))
			return false;
	}
	return write_record(0, NULL) && fflush(stdout) == 0;
}

int main(int argc, char **argv)
{
	int first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(help, stdout);
		return EXIT_SUCCESS;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("oriel-icons " ORIEL_VERSION);
		return EXIT_SUCCESS;
	}
	if (first >= argc) {
		fputs(help, stderr);
		return EXIT_USAGE;
	}
	struct ga_icon_theme *theme = ga_icon_theme_create();
	bool read = true;
	for (int i = first; i < argc && read; i++)
		read = write_icon(theme, argv[i]);
	ga_icon_theme_destroy(theme);
	return read ? EXIT_SUCCESS : EXIT_FAILURE;
}
