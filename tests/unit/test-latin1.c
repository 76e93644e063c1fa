#include "unit.h"

#include <string.h>

#include "selections-private.h"

enum { SIZE = 64 };

/* Encodes a text that comes in two parts, cut at each place. */
static void check_cut_anywhere(const char *utf8, const char *latin1)
{
	size_t len = strlen(utf8);
	for (size_t cut = 0; cut <= len; cut++) {
		uint8_t data[SIZE];
		size_t partial;
		memcpy(data, utf8, cut);
		size_t done = vp_latin1_from_utf8(data, cut, &partial);
		memcpy(data + done + partial, utf8 + cut, len - cut);
		done += vp_latin1_from_utf8(data + done, partial + len - cut, &partial);
		CU_ASSERT_EQUAL(partial, 0);
		CU_ASSERT_EQUAL(done, strlen(latin1));
		CU_ASSERT_EQUAL(memcmp(data, latin1, done), 0);
	}
}

static void test_from_utf8(void)
{
	check_cut_anywhere("", "");
	check_cut_anywhere("plain", "plain");
	check_cut_anywhere("Gr\303\274\303\237e \302\240\303\277", "Gr\374\337e \240\377");
	check_cut_anywhere("\305\202\342\202\254\360\237\230\200.", "???.");
}

static void check_malformed(const char *utf8, const char *latin1)
{
	uint8_t data[SIZE];
	size_t partial;
	size_t len = strlen(utf8);
	memcpy(data, utf8, len);
	CU_ASSERT_EQUAL(vp_latin1_from_utf8(data, len, &partial), strlen(latin1));
	CU_ASSERT_EQUAL(partial, 0);
	CU_ASSERT_EQUAL(memcmp(data, latin1, strlen(latin1)), 0);
}

static void test_malformed(void)
{
	check_malformed("a\200b", "a?b");
	check_malformed("\377\376x", "??x");
	check_malformed("\303(", "?(");
	check_malformed("\342\202x", "?x");
	check_malformed("\301\201", "??");
}

static void test_to_utf8(void)
{
	uint8_t latin1[256];
	uint8_t utf8[2 * sizeof(latin1)];
	size_t partial;
	for (size_t i = 0; i < sizeof(latin1); i++)
		latin1[i] = (uint8_t)i;
	size_t len = vp_latin1_to_utf8(latin1, sizeof(latin1), utf8);
	CU_ASSERT_EQUAL(len, 128 + 2 * 128);
	CU_ASSERT_TRUE(vp_text_valid((const char *)utf8 + 1, len - 1));
	CU_ASSERT_EQUAL(vp_latin1_from_utf8(utf8, len, &partial), sizeof(latin1));
	CU_ASSERT_EQUAL(memcmp(utf8, latin1, sizeof(latin1)), 0);
}

static const struct unit_test tests[] = {
	{ "UTF-8 becomes ISO 8859-1, wherever it is cut, and question marks", test_from_utf8 },
	{ "bytes that are no UTF-8 become question marks", test_malformed },
	{ "ISO 8859-1 becomes UTF-8, and itself again", test_to_utf8 },
};

UNIT_MAIN("latin1", tests)
