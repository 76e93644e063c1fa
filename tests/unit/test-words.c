/*
 * What a question to the user says, and how its prompt takes mouse and keys.
 */
#include "unit.h"

#include <string.h>

#include <glib.h>

#include "words.h"

enum { KEY_ESCAPE = 9, KEY_TAB = 23, KEY_RETURN = 36, KEY_A = 38, DPI = 96 };

static struct vp_text text(const char *words)
{
	return vp_text_from(words, VP_NAME_MAX);
}

static void test_parties(void)
{
	struct hc_words words;
	const struct hc_link_question question = { .service = text("clipboard"),
		.from = text("work"),
		.from_colour = 0x3465a4,
		.to = text("personal"),
		.to_colour = 0xf57900,
		.type = text("text/plain"),
		.size = 1536 };
	hc_words_init(&words, &question);
	CU_ASSERT_STRING_EQUAL(words.content.heading, "Paste what was copied?");
	CU_ASSERT_STRING_EQUAL(words.content.from.name, "work");
	CU_ASSERT_EQUAL(words.content.from.colour, 0x3465a4);
	CU_ASSERT_STRING_EQUAL(words.content.to.name, "personal");
	CU_ASSERT_EQUAL(words.content.to.colour, 0xf57900);
	CU_ASSERT_STRING_EQUAL(words.content.text, "text/plain, 1.5\302\240KiB");
	CU_ASSERT_PTR_NULL(words.content.quote);
	hc_words_clear(&words);
}

static void test_primary(void)
{
	struct hc_words words;
	const char command[] = "xterm";
	const struct hc_link_question question = { .service = text("launch"),
		.to = text("work"),
		.preview = { .data = (const uint8_t *)command, .len = strlen(command) } };
	hc_words_init(&words, &question);
	CU_ASSERT_STRING_EQUAL(words.content.from.name, "this desktop");
	CU_ASSERT_PTR_NULL(words.content.text);
	CU_ASSERT_STRING_EQUAL(words.content.quote, "xterm");
	CU_ASSERT_STRING_EQUAL(words.content.quote_source, "Application:");
	hc_words_clear(&words);
}

static void test_untrusted(void)
{
	struct hc_words words;
	const char secret[] = "secret";
	const struct hc_link_question question = { .service = text("copy"),
		.from = text("work"),
		.to = text("vault"),
		.preview = { .data = (const uint8_t *)secret, .len = strlen(secret) } };
	hc_words_init(&words, &question);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(words.content.quote_source, "Written by work, not to be trusted"));
	hc_words_clear(&words);
}

static const struct {
	const char *bytes;
	const char *shown; /* NULL: nothing */
} lines[] = {
	{ "plain", "plain" },
	{ "\n\n  second\nthird", "second" },
	{ "a\tb", "a b" },
	{ "gr\303\274n", "gr\303\274n" },
	{ "\033[2Jx", "\\u{1b}[2Jx" },
	{ "a\342\200\256b", "a\\u{202e}b" }, /* right to left from here */
	{ "a\342\200\213b", "a\\u{200b}b" }, /* of no width */
	{ "\377\376", "\\xff\\xfe" },
	{ "cut \303", "cut \\xc3" },
	{ "one\342\200\250two", "one" }, /* line separator */
	{ "", NULL },
	{ " \n\t", NULL },
};

static void test_escape(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autofree char *shown =
			hc_words_escape((const uint8_t *)lines[i].bytes, strlen(lines[i].bytes));
		CU_ASSERT_EQUAL(g_strcmp0(shown, lines[i].shown), 0);
		if (g_strcmp0(shown, lines[i].shown) != 0)
			g_printerr("%zu: %s\n", i, shown ? shown : "nothing");
	}
	uint8_t zero[] = { 'a', 0, 'b' };
	g_autofree char *shown = hc_words_escape(zero, sizeof(zero));
	CU_ASSERT_STRING_EQUAL(shown, "a\\x00b");
}

static void test_long(void)
{
	enum { BYTES = HC_LINK_PREVIEW_MAX };
	uint8_t bytes[BYTES];
	memset(bytes, 0xff, BYTES);
	g_autofree char *shown = hc_words_escape(bytes, BYTES);
	CU_ASSERT_TRUE(strlen(shown) <= BYTES);
}

static struct hc_prompt *create_prompt(void)
{
	const struct hc_prompt_content content = {
		.heading = "Well?", .buttons = { "No", "Maybe", "Yes" }, .cancel = 0
	};
	return hc_prompt_create(&content, DPI);
}

static void test_keys(void)
{
	struct hc_prompt *prompt = create_prompt();
	CU_ASSERT_EQUAL(hc_prompt_handle_key(prompt, KEY_A, false, 0), HC_PROMPT_NONE);
	CU_ASSERT_EQUAL(hc_prompt_handle_key(prompt, KEY_RETURN, false, 0), 0);
	CU_ASSERT_EQUAL(hc_prompt_handle_key(prompt, KEY_TAB, false, 0), HC_PROMPT_NONE);
	CU_ASSERT_EQUAL(hc_prompt_handle_key(prompt, KEY_RETURN, false, 0), 1);
	CU_ASSERT_EQUAL(hc_prompt_handle_key(prompt, KEY_ESCAPE, false, 0), 0);
	hc_prompt_handle_key(prompt, KEY_TAB, true, 0);
	hc_prompt_handle_key(prompt, KEY_TAB, true, 0);
	CU_ASSERT_EQUAL(hc_prompt_handle_key(prompt, KEY_RETURN, false, 0), 2);
	hc_prompt_destroy(prompt);
}

/* The mouse goes down and up at the last button. */
static int click_last(struct hc_prompt *prompt, int64_t down, int64_t up)
{
	enum { INSIDE = 40 };
	uint32_t width;
	uint32_t height;
	hc_prompt_size(prompt, &width, &height);
	int32_t x = (int32_t)width - INSIDE;
	int32_t y = (int32_t)height - INSIDE;
	CU_ASSERT_EQUAL(hc_prompt_handle_button(prompt, true, x, y, down), HC_PROMPT_NONE);
	return hc_prompt_handle_button(prompt, false, x, y, up);
}

static void test_mouse(void)
{
	struct hc_prompt *prompt = create_prompt();
	CU_ASSERT_EQUAL(click_last(prompt, 0, 0), 2);
	hc_prompt_handle_button(prompt, true, 1, 1, 0);
	CU_ASSERT_EQUAL(hc_prompt_handle_button(prompt, false, 1, 1, 0), HC_PROMPT_NONE);
	hc_prompt_destroy(prompt);
}

static void test_disarmed(void)
{
	struct hc_prompt *prompt = create_prompt();
	hc_prompt_disarm(prompt, 500);
	CU_ASSERT_EQUAL(hc_prompt_handle_key(prompt, KEY_RETURN, false, 499), HC_PROMPT_NONE);
	CU_ASSERT_EQUAL(hc_prompt_handle_key(prompt, KEY_RETURN, false, 500), 0);
	CU_ASSERT_EQUAL(click_last(prompt, 499, 499), HC_PROMPT_NONE);
	CU_ASSERT_EQUAL(click_last(prompt, 499, 501), HC_PROMPT_NONE);
	CU_ASSERT_EQUAL(click_last(prompt, 501, 501), 2);
	hc_prompt_disarm(prompt, 100);
	CU_ASSERT_EQUAL(hc_prompt_armed_at(prompt), 500);
	hc_prompt_destroy(prompt);
}

static void test_scale(void)
{
	const struct hc_prompt_content content = { .heading = "Well?", .buttons = { "No" } };
	struct hc_prompt *normal = hc_prompt_create(&content, DPI);
	struct hc_prompt *twice = hc_prompt_create(&content, 2 * DPI);
	uint32_t width[2];
	uint32_t height[2];
	hc_prompt_size(normal, &width[0], &height[0]);
	hc_prompt_size(twice, &width[1], &height[1]);
	CU_ASSERT_EQUAL(width[1], 2 * width[0]);
	CU_ASSERT_EQUAL(height[1], 2 * height[0]);
	hc_prompt_destroy(normal);
	hc_prompt_destroy(twice);
}

static const struct unit_test tests[] = {
	{ "a question names what, who and how much", test_parties },
	{ "the primary is this desktop", test_primary },
	{ "what a guest has written is said to be its", test_untrusted },
	{ "of a preview the first line is shown, and nothing in it acts", test_escape },
	{ "a preview is bounded", test_long },
	{ "keys choose and press buttons", test_keys },
	{ "a click is a press and a release over one button", test_mouse },
	{ "what is pressed too early does nothing", test_disarmed },
	{ "a prompt is as large as the resolution wants it", test_scale },
};

UNIT_MAIN("questions to the user", tests)
