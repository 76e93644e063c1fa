/*
 * What a view passes on of a guest's applications.
 */
#include "unit.h"

#include <string.h>
#include <sys/stat.h>

#include <glib.h>

#include "applications.h"

static struct {
	struct hc_applications *applications;
	GArray *told; /* of uint16_t: opcodes */
	char *name; /* of the last application or action */
	off_t icon_bytes;
	enum vp_bye_reason reason; /* of the last message, if it broke a rule */
} bench;

static void handle_tell(void *data, const struct hc_link_message *message, int fd)
{
	uint16_t op = (uint16_t)message->op;
	struct stat status;

	(void)data;
	g_array_append_val(bench.told, op);
	if (op == HC_LINK_OP_APPLICATION) {
		g_free(bench.name);
		bench.name =
			g_strndup(message->application.name.data, message->application.name.len);
	}
	if (op == HC_LINK_OP_APPLICATION_ACTION) {
		g_free(bench.name);
		bench.name = g_strndup(message->application_action.name.data,
			message->application_action.name.len);
	}
	if (op == HC_LINK_OP_APPLICATION_ICON && fstat(fd, &status) == 0)
		bench.icon_bytes = status.st_size;
}

static void begin(void)
{
	bench.applications = hc_applications_create(handle_tell, NULL);
	bench.told = g_array_new(FALSE, FALSE, sizeof(uint16_t));
	bench.icon_bytes = -1;
}

static void end(void)
{
	hc_applications_destroy(bench.applications);
	g_array_unref(bench.told);
	g_clear_pointer(&bench.name, g_free);
}

static const char *say(const struct vp_message *message)
{
	return hc_applications_handle_message(bench.applications, message, &bench.reason);
}

static const char *say_application(const char *id, const char *name, size_t keywords)
{
	g_autofree char *words = g_strnfill(keywords, 'k');

	return say(VP_MESSAGE(APPLICATION, application, .id = vp_text_from(id, VP_NAME_MAX),
		.name = vp_text_from(name, VP_NAME_MAX), .generic_name = { "", 0 },
		.comment = { "", 0 }, .keywords = vp_text_from(words, VP_KEYWORDS_MAX),
		.categories = { "", 0 }, .mime_types = { "", 0 }, .wm_class = { "", 0 },
		.icon = { "", 0 }));
}

static const char *say_action(
	const char *application, const char *id, const char *name, size_t icon)
{
	g_autofree char *icon_name = g_strnfill(icon, 'i');

	return say(VP_MESSAGE(APPLICATION_ACTION, application_action,
		.application = vp_text_from(application, VP_NAME_MAX),
		.id = vp_text_from(id, VP_NAME_MAX), .name = vp_text_from(name, VP_NAME_MAX),
		.icon = vp_text_from(icon_name, VP_NAME_MAX)));
}

static const char *say_end(void)
{
	return say(VP_MESSAGE(APPLICATIONS_END, applications_end, .serial = 1));
}

static const char *say_icon(uint32_t serial, uint16_t size, size_t bytes)
{
	g_autofree uint8_t *pixels = g_malloc0(bytes);

	return say(VP_MESSAGE(APPLICATION_ICON, application_icon, .serial = serial, .size = size,
		.pixels = { pixels, bytes }));
}

static void test_cleaned(void)
{
	begin();
	CU_ASSERT_PTR_NULL(say_application("a.desktop", " \xe2\x80\xaeName\n", 0));
	CU_ASSERT_STRING_EQUAL(bench.name, "Name");
	CU_ASSERT_PTR_NULL(say_application("../a.desktop", "Name", 0));
	CU_ASSERT_PTR_NULL(say_application("b.desktop", "\n", 0));
	CU_ASSERT_EQUAL(bench.told->len, 1);
	CU_ASSERT_PTR_NULL(say_end());
	CU_ASSERT_EQUAL(bench.told->len, 2);
	end();
}

static void test_count(void)
{
	begin();
	for (unsigned int i = 0; i < VP_APPLICATIONS_MAX; i++)
		CU_ASSERT_PTR_NULL(say_application("a.desktop", "A", 0));
	CU_ASSERT_PTR_NULL(say_end());
	for (unsigned int i = 0; i < VP_APPLICATIONS_MAX; i++)
		CU_ASSERT_PTR_NULL(say_application("a.desktop", "A", 0));
	CU_ASSERT_PTR_NOT_NULL(say_application("a.desktop", "A", 0));
	CU_ASSERT_EQUAL(bench.reason, VP_BYE_LIMIT);
	end();
}

static void test_bytes(void)
{
	const char *problem = NULL;
	unsigned int i = 0;

	begin();
	while (!problem && i++ < VP_APPLICATIONS_MAX)
		problem = say_application("a.desktop", "A", VP_KEYWORDS_MAX);
	CU_ASSERT_PTR_NOT_NULL(problem);
	CU_ASSERT_TRUE(i > VP_APPLICATIONS_BYTES_MAX / (VP_KEYWORDS_MAX + 1024));
	end();
}

static void test_actions(void)
{
	begin();
	say_application("a.desktop", "A", 0);
	CU_ASSERT_PTR_NULL(say_action("a.desktop", "new", "\tNew \xe2\x80\xaewindow", 0));
	CU_ASSERT_STRING_EQUAL(bench.name, "New window");
	CU_ASSERT_EQUAL(bench.told->len, 2);
	CU_ASSERT_PTR_NULL(say_action("../a.desktop", "new", "New", 0));
	CU_ASSERT_PTR_NULL(say_action("a.desktop", "new;", "New", 0));
	CU_ASSERT_PTR_NULL(say_action("a.desktop", "new", " ", 0));
	CU_ASSERT_EQUAL(bench.told->len, 2);
	end();
}

static void test_action_bytes(void)
{
	const char *problem = NULL;
	size_t bytes = 0;

	begin();
	while (!problem && bytes <= 2 * (size_t)VP_APPLICATIONS_BYTES_MAX) {
		bytes += VP_NAME_MAX;
		problem = say_action("a.desktop", "new", "New", VP_NAME_MAX);
	}
	CU_ASSERT_PTR_NOT_NULL(problem);
	CU_ASSERT_TRUE(bytes <= VP_APPLICATIONS_BYTES_MAX);
	end();
}

static void test_icons(void)
{
	begin();
	CU_ASSERT_PTR_NULL(say_icon(5, 16, (size_t)16 * 16 * 4));
	CU_ASSERT_EQUAL(bench.told->len, 0);
	hc_applications_expect_icons(bench.applications, 5);
	CU_ASSERT_PTR_NULL(say_icon(5, 16, (size_t)16 * 16 * 4));
	CU_ASSERT_EQUAL(bench.icon_bytes, 16 * 16 * 4);
	for (unsigned int i = 0; i < 100; i++)
		CU_ASSERT_PTR_NULL(say_icon(5, 16, (size_t)16 * 16 * 4));
	CU_ASSERT_TRUE(bench.told->len < 20);
	say(VP_MESSAGE(APPLICATION_ICONS_END, application_icons_end, .serial = 5));
	g_array_set_size(bench.told, 0);
	CU_ASSERT_PTR_NULL(say_icon(5, 16, (size_t)16 * 16 * 4));
	say(VP_MESSAGE(APPLICATION_ICONS_END, application_icons_end, .serial = 5));
	CU_ASSERT_EQUAL(bench.told->len, 0);
	end();
}

static void test_icon_length(void)
{
	begin();
	hc_applications_expect_icons(bench.applications, 5);
	CU_ASSERT_PTR_NOT_NULL(say_icon(5, 16, (size_t)16 * 16 * 4 - 4));
	CU_ASSERT_PTR_NOT_NULL(say_icon(5, 256, 4));
	CU_ASSERT_EQUAL(bench.told->len, 0);
	CU_ASSERT_EQUAL(bench.reason, VP_BYE_PROTOCOL_ERROR);
	end();
}

static void test_next_broker(void)
{
	begin();
	say_application("a.desktop", "A", 0);
	hc_applications_lose_broker(bench.applications);
	g_array_set_size(bench.told, 0);
	say_application("b.desktop", "B", 0);
	say_end();
	CU_ASSERT_EQUAL(bench.told->len, 0);
	say_application("a.desktop", "A", 0);
	say_end();
	CU_ASSERT_EQUAL(bench.told->len, 2);
	end();
}

static const struct unit_test tests[] = {
	{ "texts are made safe, and what no menu can have is left out", test_cleaned },
	{ "a list with too many applications breaks the rules", test_count },
	{ "a list that is too long breaks the rules", test_bytes },
	{ "actions are made safe, and those that no menu can have are left out", test_actions },
	{ "all of an action counts in the length of a list", test_action_bytes },
	{ "icons are passed on if the broker has asked for them", test_icons },
	{ "an icon of another length than its size breaks the rules", test_icon_length },
	{ "the next broker is told whole lists only", test_next_broker },
};

UNIT_MAIN("applications in the view", tests)
