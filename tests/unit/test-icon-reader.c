/*
 * What the agent takes from the program that draws icons: here cat, which writes whatever the files
 * that it is given as icons contain.
 */
#include "unit.h"

#include <string.h>

#include <glib.h>

#include "icon-reader.h"
#include "icons/record.h"
#include "unit-files.h"

enum { WAITING_MAX = 64 };

static struct {
	char *directory;
	struct ga_icon_reader *reader;
	GString *told; /* "SERIAL:SIZE " for an icon, "SERIAL " for the end of one */
	guint ended;
} bench;

static void handle_icon(void *data, uint32_t serial, uint16_t size, struct vp_bytes pixels)
{
	(void)data;
	CU_ASSERT_EQUAL(pixels.len, (size_t)size * size * GA_ICON_PIXEL_BYTES);
	CU_ASSERT_EQUAL(pixels.data[0], size);
	g_string_append_printf(bench.told, "%u:%u ", serial, size);
}

static void handle_end(void *data, uint32_t serial)
{
	(void)data;
	g_string_append_printf(bench.told, "%u ", serial);
	bench.ended++;
}

static void begin(const char *program)
{
	static const struct ga_icon_reader_listener listener = { handle_icon, handle_end };

	bench.directory = g_dir_make_tmp("oriel-icons-XXXXXX", NULL);
	bench.reader = ga_icon_reader_create(program, &listener, NULL);
	bench.told = g_string_new(NULL);
	bench.ended = 0;
}

static void end(void)
{
	ga_icon_reader_destroy(bench.reader);
	g_string_free(bench.told, TRUE);
	unit_remove_tree(bench.directory);
	g_free(bench.directory);
}

/* A record with pixels of that size, or its beginning of len bytes. */
static void append_record(GByteArray *bytes, uint16_t size, size_t len)
{
	struct ga_icon_record record = { size };
	guint start = bytes->len;
	guint whole = (guint)(sizeof(record) + (size_t)size * size * GA_ICON_PIXEL_BYTES);

	g_byte_array_append(bytes, (const guint8 *)&record, sizeof(record));
	g_byte_array_set_size(bytes, start + whole);
	memset(bytes->data + start + sizeof(record), size, whole - sizeof(record));
	g_byte_array_set_size(bytes, start + (guint)MIN(len, whole));
}

/* Asks for an icon of these sizes; the last one has len bytes. */
static bool ask(uint32_t serial, const uint16_t *sizes, size_t count, size_t len)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	g_autofree char *name = g_strdup_printf("%u", serial);
	g_autofree char *path = g_build_filename(bench.directory, name, NULL);

	for (size_t i = 0; i < count; i++)
		append_record(bytes, sizes[i], i + 1 < count ? SIZE_MAX : len);
	g_file_set_contents(path, (const char *)bytes->data, bytes->len, NULL);
	return ga_icon_reader_add(bench.reader, serial, path);
}

static bool ask_whole(uint32_t serial, const uint16_t *sizes, size_t count)
{
	return ask(serial, sizes, count, SIZE_MAX);
}

static void read_until(guint ended)
{
	while (bench.ended < ended) {
		ga_icon_reader_go_on(bench.reader);
		if (bench.ended < ended)
			g_main_context_iteration(NULL, TRUE);
	}
}

static void test_sizes(void)
{
	static const uint16_t sizes[] = { 48, 200, 1, 0 };
	static const uint16_t none[] = { 0 };

	begin("/bin/cat");
	CU_ASSERT_TRUE(ask_whole(7, sizes, 4));
	CU_ASSERT_TRUE(ask_whole(8, none, 1));
	CU_ASSERT_TRUE(ask_whole(9, sizes, 4));
	read_until(3);
	CU_ASSERT_STRING_EQUAL(bench.told->str, "7:48 7:200 7:1 7 8 9:48 9:200 9:1 9 ");
	end();
}

static void test_many(void)
{
	static const uint16_t sizes[] = { 2, 0 };

	begin("/bin/cat");
	for (uint32_t i = 0; i < WAITING_MAX; i++)
		CU_ASSERT_TRUE(ask_whole(i, sizes, 2));
	CU_ASSERT_FALSE(ask_whole(WAITING_MAX, sizes, 2));
	read_until(WAITING_MAX);
	CU_ASSERT_TRUE(g_str_has_suffix(bench.told->str, "62:2 62 63:2 63 "));
	end();
}

static void test_too_large(void)
{
	static const uint16_t sizes[] = { 2, VP_ICON_SIZE_MAX + 1, 0 };

	begin("/bin/cat");
	ask_whole(1, sizes, 3);
	ask_whole(2, sizes, 3);
	read_until(2);
	CU_ASSERT_STRING_EQUAL(bench.told->str, "1:2 1 2 ");
	end();
}

static void test_too_many(void)
{
	static const uint16_t sizes[] = { 0, 2, 0 };

	begin("/bin/cat");
	ask_whole(1, sizes, 3);
	read_until(1);
	ask_whole(2, sizes + 1, 2);
	read_until(2);
	CU_ASSERT_STRING_EQUAL(bench.told->str, "1 2:2 2 ");
	end();
}

static void test_half(void)
{
	static const uint16_t sizes[] = { 2, 16 };

	begin("/bin/cat");
	ask(1, sizes, 2, 40);
	ask(2, NULL, 0, 0);
	read_until(2);
	CU_ASSERT_STRING_EQUAL(bench.told->str, "1:2 1 2 ");
	end();
}

static void test_cancel(void)
{
	static const uint16_t sizes[] = { 2, 0 };

	begin("/bin/cat");
	ask_whole(1, sizes, 2);
	ga_icon_reader_go_on(bench.reader);
	ask_whole(2, sizes, 2);
	ga_icon_reader_cancel(bench.reader);
	ask_whole(3, sizes, 2);
	read_until(1);
	CU_ASSERT_STRING_EQUAL(bench.told->str, "3:2 3 ");
	end();
}

static void test_no_program(void)
{
	begin("/no/such/oriel-icons");
	ask(1, NULL, 0, 0);
	ask(2, NULL, 0, 0);
	read_until(2);
	CU_ASSERT_STRING_EQUAL(bench.told->str, "1 2 ");
	end();
}

static const struct unit_test tests[] = {
	{ "each size of an icon is told, and then its end", test_sizes },
	{ "many icons are drawn by and by, and no more than a bound", test_many },
	{ "a size that no icon may have ends all that the process draws", test_too_large },
	{ "more than was asked for is not told", test_too_many },
	{ "half of an icon is none", test_half },
	{ "icons that nobody wants any more are not told", test_cancel },
	{ "without the program there are no icons", test_no_program },
};

UNIT_MAIN("icon reader", tests)
