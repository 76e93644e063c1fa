#include "unit.h"

#include <stdbool.h>
#include <string.h>

#include "appearance.h"

struct blob {
	uint8_t data[512];
	size_t len;
	bool msb_first;
};

static void add_number(struct blob *blob, uint32_t number, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		blob->data[blob->len++] =
			(uint8_t)(number >> 8 * (blob->msb_first ? bytes - 1 - i : i));
}

static void add_text(struct blob *blob, const char *text)
{
	memcpy(blob->data + blob->len, text, strlen(text));
	blob->len += (strlen(text) + 3) / 4 * 4;
}

static void add_name(struct blob *blob, uint8_t type, const char *name)
{
	add_number(blob, type, 1);
	add_number(blob, 0, 1);
	add_number(blob, (uint32_t)strlen(name), 2);
	add_text(blob, name);
	add_number(blob, 7, 4);
}

static struct blob published(bool msb_first)
{
	struct blob blob = { .msb_first = msb_first };
	add_number(&blob, msb_first, 1);
	add_number(&blob, 0, 3);
	add_number(&blob, 1, 4);
	add_number(&blob, 4, 4);
	add_name(&blob, 0, "Xft/DPI");
	add_number(&blob, 144 * 1024, 4);
	add_name(&blob, 2, "Some/Colour");
	add_number(&blob, 0, 4);
	add_number(&blob, 0, 4);
	add_name(&blob, 1, "Net/ThemeName");
	add_number(&blob, 7, 4);
	add_text(&blob, "Adwaita");
	add_name(&blob, 0, "Gdk/WindowScalingFactor");
	add_number(&blob, 2, 4);
	return blob;
}

static void test_defaults(void)
{
	struct hc_appearance appearance;
	hc_appearance_init(&appearance);
	CU_ASSERT_EQUAL(appearance.dpi, 96);
	CU_ASSERT_EQUAL(appearance.scale, 1);
	CU_ASSERT_STRING_EQUAL(appearance.theme, "");
}

static void test_resources(void)
{
	static const char text[] =
		"Xft.dpi:\t120\n*foo: 1\nbroken\nXcursor.size: 48\nXcursor.theme:  DMZ-White \n";
	struct hc_appearance appearance;
	hc_appearance_init(&appearance);
	hc_appearance_read_resources(&appearance, text, strlen(text));
	CU_ASSERT_EQUAL(appearance.dpi, 120);
	CU_ASSERT_EQUAL(appearance.cursor_size, 48);
	CU_ASSERT_STRING_EQUAL(appearance.cursor_theme, "DMZ-White");
}

static void test_bad_resources(void)
{
	static const char text[] = "Xft.dpi: 1000000\nXcursor.size: -5\nXcursor.theme: \xff\xfe\n";
	struct hc_appearance appearance;
	hc_appearance_init(&appearance);
	hc_appearance_read_resources(&appearance, text, strlen(text));
	hc_appearance_read_resources(&appearance, NULL, 0);
	CU_ASSERT_EQUAL(appearance.dpi, 960);
	CU_ASSERT_EQUAL(appearance.cursor_size, 0);
	CU_ASSERT_STRING_EQUAL(appearance.cursor_theme, "");
}

static void test_xsettings(void)
{
	for (int msb_first = 0; msb_first <= 1; msb_first++) {
		struct blob blob = published(msb_first != 0);
		struct hc_appearance appearance;
		hc_appearance_init(&appearance);
		hc_appearance_read_xsettings(&appearance, blob.data, blob.len);
		CU_ASSERT_EQUAL(appearance.dpi, 144);
		CU_ASSERT_EQUAL(appearance.scale, 2);
		CU_ASSERT_STRING_EQUAL(appearance.theme, "Adwaita");
	}
}

static void test_truncated_xsettings(void)
{
	struct blob blob = published(false);
	for (size_t len = 0; len < blob.len; len++) {
		struct hc_appearance appearance;
		hc_appearance_init(&appearance);
		hc_appearance_read_xsettings(&appearance, blob.data, len);
		CU_ASSERT_EQUAL(appearance.scale, 1);
	}
}

static const struct unit_test tests[] = {
	{ "a desktop that says nothing has 96 dots per inch and no scale", test_defaults },
	{ "X resources give size of text and the cursor", test_resources },
	{ "wrong X resources are brought into range or left out", test_bad_resources },
	{ "published settings are read in both byte orders", test_xsettings },
	{ "published settings that end too early are read as far as they go",
		test_truncated_xsettings },
};

UNIT_MAIN("appearance", tests)
