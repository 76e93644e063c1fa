/* Attacks by texts: titles and classes that are not what they seem, and answers to nothing. */
#include "attack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TITLE_ROOM = 4096,
	STORM = 200,
};

/* A property of the window as the primary's desktop sees it, empty if there is no window yet; the
 * caller frees it. */
static char *get_property(const char *name)
{
	struct view_desk *desk = attack_desk();
	view_desk_settle(desk);
	struct view_desk_xids xids = view_desk_xids(desk, ATTACK_WINDOW);
	xcb_intern_atom_reply_t *atom = xcb_intern_atom_reply(
		desk->user, xcb_intern_atom(desk->user, 0, (uint16_t)strlen(name), name), NULL);
	xcb_get_property_reply_t *property = xcb_get_property_reply(desk->user,
		xcb_get_property(
			desk->user, 0, xids.toplevel, atom->atom, XCB_ATOM_ANY, 0, TITLE_ROOM),
		NULL);
	char *text = property == NULL ? strdup("")
				      : strndup(xcb_get_property_value(property),
						(size_t)xcb_get_property_value_length(property));
	free(property);
	free(atom);
	return text;
}

struct wanted_property {
	const char *name;
	const char *part; /* of its value */
};

static bool property_has(struct view_desk *desk, void *data)
{
	const struct wanted_property *wanted = data;
	char *shown = get_property(wanted->name);
	bool has = strstr(shown, wanted->part) != NULL;
	(void)desk;
	free(shown);
	return has;
}

/* The server may be told of it a little later. */
static char *await_property(const char *name, const char *part)
{
	struct wanted_property wanted = { name, part };
	view_desk_wait(attack_desk(), property_has, &wanted);
	return get_property(name);
}

static char *shown_title(const char *title)
{
	attack_open();
	attack_say(VP_OP_WINDOW_TITLE, "ws", ATTACK_WINDOW, title);
	attack_goes_on();
	return await_property("_NET_WM_NAME", "[work]");
}

static bool title_is(struct view_desk *desk, void *data)
{
	const char *expected = data;
	char *shown = get_property("_NET_WM_NAME");
	bool is = strcmp(shown, expected) == 0;
	(void)desk;
	free(shown);
	return is;
}

static void check_title(const char *title, const char *expected)
{
	attack_say(VP_OP_WINDOW_TITLE, "ws", ATTACK_WINDOW, title);
	view_desk_wait(attack_desk(), title_is, (void *)(uintptr_t)expected);
}

static void test_other_label(void)
{
	attack_open();
	check_title("[personal] Bank", "[work] (personal) Bank");
	check_title("［personal］ Bank", "[work] (personal) Bank");
	check_title("⟦personal⟧ Bank", "[work] (personal) Bank");
}

static void test_marks_on_the_label(void)
{
	attack_open();
	check_title("\xcc\xb6\xcc\xb6 Bank", "[work]  Bank");
	check_title("e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81 Bank",
		"[work] e\xcc\x81\xcc\x81\xcc\x81\xcc\x81 Bank");
}

static void test_control_characters(void)
{
	char title[0x20 + 1] = "";
	for (int i = 1; i < 0x20; i++)
		title[i - 1] = (char)i;
	char *shown = shown_title(title);
	for (const char *at = shown; *at != '\0'; at++)
		CU_ASSERT((unsigned char)*at >= 0x20);
	CU_ASSERT_EQUAL(strncmp(shown, "[work]", 6), 0);
	free(shown);
}

static void test_right_to_left(void)
{
	char *shown =
		shown_title("\xe2\x80\xae]krow[ \xe2\x81\xa6x\xe2\x81\xa9 \xd8\x9c\xe2\x80\x8f");
	CU_ASSERT_EQUAL(strncmp(shown, "[work]", 6), 0);
	CU_ASSERT_PTR_NULL(strstr(shown, "\xe2\x80\xae"));
	CU_ASSERT_PTR_NULL(strstr(shown, "\xe2\x81\xa6"));
	CU_ASSERT_PTR_NULL(strstr(shown, "\xe2\x80\x8f"));
	free(shown);
}

static void test_empty_title(void)
{
	char *shown = shown_title("");
	CU_ASSERT_EQUAL(strncmp(shown, "[work]", 6), 0);
	free(shown);
}

static void test_invalid_utf8(void)
{
	attack_open();
	attack_say(VP_OP_WINDOW_TITLE, "ws", ATTACK_WINDOW, "\xc3(\xa0\xa1");
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window_title is malformed");
}

static void test_surrogate(void)
{
	attack_open();
	attack_say(VP_OP_WINDOW_TITLE, "ws", ATTACK_WINDOW, "\xed\xa0\x80");
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window_title is malformed");
}

static void test_overlong_utf8(void)
{
	attack_open();
	attack_say(VP_OP_WINDOW_TITLE, "ws", ATTACK_WINDOW, "\xc0\xaf");
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window_title is malformed");
}

static void test_nul(void)
{
	attack_open();
	attack_say(VP_OP_WINDOW_TITLE, "wp", ATTACK_WINDOW, (size_t)3, "a\0b");
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window_title is malformed");
}

static void test_longest_title(void)
{
	char title[VP_TITLE_MAX + 1];
	memset(title, 'x', VP_TITLE_MAX);
	title[VP_TITLE_MAX] = '\0';
	free(shown_title(title));
}

static void test_too_long_title(void)
{
	char title[VP_TITLE_MAX + 2];
	memset(title, 'x', VP_TITLE_MAX + 1);
	title[VP_TITLE_MAX + 1] = '\0';
	attack_open();
	attack_say(VP_OP_WINDOW_TITLE, "ws", ATTACK_WINDOW, title);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "window_title is malformed");
}

static void test_class_of_another(void)
{
	attack_open();
	attack_say(VP_OP_WINDOW_CLASS, "wss", ATTACK_WINDOW, "personal", "Gnome-terminal\n\033[2J");
	attack_goes_on();
	char *shown = await_property("WM_CLASS", "work:personal");
	CU_ASSERT_PTR_NULL(strchr(shown, '\033'));
	CU_ASSERT_PTR_NULL(strchr(shown, '\n'));
	free(shown);
}

static void test_title_storm(void)
{
	attack_open();
	for (int i = 0; i < STORM; i++)
		attack_say(VP_OP_WINDOW_TITLE, "ws", ATTACK_WINDOW, i % 2 == 0 ? "a" : "b");
	attack_goes_on();
}

static void test_urgency_storm(void)
{
	attack_open();
	for (int i = 0; i < STORM; i++)
		attack_say(VP_OP_WINDOW_STATE_REQUEST, "www", ATTACK_WINDOW,
			VP_STATE_DEMANDS_ATTENTION, i % 2 == 0 ? VP_STATE_DEMANDS_ATTENTION : 0);
	attack_goes_on();
}

static void test_answer_to_no_launch(void)
{
	attack_say(VP_OP_LAUNCHED, "wws", 4711, 1, "");
	attack_say(VP_OP_EXITED, "ww", 4711, 0);
	attack_goes_on();
}

static void test_end_of_no_list(void)
{
	attack_say(VP_OP_APPLICATIONS_END, "w", 4711);
	attack_goes_on();
}

static void test_data_of_no_stream(void)
{
	attack_say(VP_OP_STREAM_DATA, "wp", 4711, (size_t)4, "data");
	attack_say(VP_OP_STREAM_END, "wbs", 4711, 0, "");
	attack_goes_on();
}

static void test_answers_to_streams_that_are_none(void)
{
	attack_say(VP_OP_STREAM_ACK, "ww", 4711, VP_STREAM_WINDOW);
	attack_say(VP_OP_STREAM_CANCEL, "wbs", 4711, 1, "\033[2J");
	attack_goes_on();
}

static void test_unknown_clipboard_types(void)
{
	attack_say(VP_OP_CLIPBOARD_OFFERED, "bww", 0, 1, UINT32_MAX);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "clipboard_offered is malformed");
}

static void test_unknown_selection(void)
{
	attack_say(VP_OP_CLIPBOARD_OFFERED, "bww", 7, 1, 1);
	attack_ends(VP_BYE_PROTOCOL_ERROR, "clipboard_offered is malformed");
}

static void test_offer_storm(void)
{
	for (unsigned int i = 1; i <= STORM; i++)
		attack_say(VP_OP_CLIPBOARD_OFFERED, "bww", i % 2, i, 1);
	attack_goes_on();
}

static void test_paste_of_what_was_never_offered(void)
{
	attack_say(VP_OP_CLIPBOARD_WANTED, "wbww", 1, 0, 4711, 1);
	attack_goes_on();
}

static const struct unit_test tests[] = {
	{ "a title with what looks like another VM's label has but its own", test_other_label },
	{ "marks do not pile up on the label", test_marks_on_the_label },
	{ "a title's control characters go", test_control_characters },
	{ "a title's directions go", test_right_to_left },
	{ "a window without title has its label", test_empty_title },
	{ "a title that is no UTF-8 ends the session", test_invalid_utf8 },
	{ "a surrogate in a title ends the session", test_surrogate },
	{ "a character written too long ends the session", test_overlong_utf8 },
	{ "a NUL in a title ends the session", test_nul },
	{ "the longest title is borne", test_longest_title },
	{ "a title one byte too long ends the session", test_too_long_title },
	{ "a class of another has the VM's name in it", test_class_of_another },
	{ "a storm of titles is borne", test_title_storm },
	{ "a storm of urgency is borne", test_urgency_storm },
	{ "an answer to no launch changes nothing", test_answer_to_no_launch },
	{ "the end of a list that was not asked for changes nothing", test_end_of_no_list },
	{ "data of no stream changes nothing", test_data_of_no_stream },
	{ "acknowledgements of no stream change nothing", test_answers_to_streams_that_are_none },
	{ "clipboard types that are none end the session", test_unknown_clipboard_types },
	{ "a selection that is none ends the session", test_unknown_selection },
	{ "a storm of offers is borne", test_offer_storm },
	{ "a paste of what was never offered changes nothing",
		test_paste_of_what_was_never_offered },
};

ATTACK_MAIN("attacks by texts", tests)
