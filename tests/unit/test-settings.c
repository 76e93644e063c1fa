#include "unit.h"

#include <string.h>

#include <glib/gstdio.h>

#include "settings.h"

static bool parse(struct hv_settings *settings, const char *text, char **message)
{
	g_autoptr(GError) error = NULL;
	bool right = hv_settings_parse(settings, "/oriel.conf", text, strlen(text), &error);
	CU_ASSERT_EQUAL(right, error == NULL);
	g_free(*message);
	*message = g_strdup(error ? error->message : "");
	return right;
}

static void expect_shortcut(
	const struct hv_settings *settings, enum hv_shortcut_action action, const char *text)
{
	g_autofree char *printed = hv_shortcut_print(&settings->shortcuts[action]);
	CU_ASSERT_STRING_EQUAL(printed, text);
}

static void test_defaults(void)
{
	struct hv_settings settings;
	hv_settings_init(&settings);
	expect_shortcut(&settings, HV_SHORTCUT_COPY, "Super+Shift+C");
	expect_shortcut(&settings, HV_SHORTCUT_PASTE, "Super+Shift+V");
	CU_ASSERT_TRUE(hv_settings_load(&settings, "/nonexistent/oriel.conf", NULL));
	expect_shortcut(&settings, HV_SHORTCUT_COPY, "Super+Shift+C");
}

static void test_shortcuts(void)
{
	g_autofree char *message = NULL;
	struct hv_settings settings;
	CU_ASSERT_TRUE(parse(
		&settings, "# mine\n[shortcuts]\ncopy = ctrl+alt+Insert\npaste=none\n", &message));
	expect_shortcut(&settings, HV_SHORTCUT_COPY, "Control+Alt+Insert");
	expect_shortcut(&settings, HV_SHORTCUT_PASTE, "none");
	CU_ASSERT_TRUE(parse(&settings, "", &message));
	expect_shortcut(&settings, HV_SHORTCUT_PASTE, "Super+Shift+V");
}

static void test_leave_fullscreen(void)
{
	g_autofree char *message = NULL;
	struct hv_settings settings;
	hv_settings_init(&settings);
	CU_ASSERT_STRING_EQUAL(settings.leave_fullscreen.key, "Break");
	CU_ASSERT_TRUE(parse(&settings, "[shortcuts]\nleave-fullscreen=Super+Escape\n", &message));
	CU_ASSERT_STRING_EQUAL(settings.leave_fullscreen.key, "Escape");
	CU_ASSERT_EQUAL(settings.leave_fullscreen.modifiers, HV_MODIFIER_SUPER);
	CU_ASSERT_FALSE(parse(&settings, "[shortcuts]\nleave-fullscreen=none\n", &message));
	CU_ASSERT_STRING_EQUAL(settings.leave_fullscreen.key, "Escape");
}

static void test_wrong_shortcuts(void)
{
	static const char *const wrong[] = {
		"C",
		"Shift+C",
		"Super+",
		"",
		"+",
		"Super+Super+C",
		"Hyper+C",
		"Super+a b",
		"Super+\xc3\xa4",
		"Super+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		struct hv_shortcut shortcut = { 7, "before" };
		CU_ASSERT_FALSE(hv_shortcut_parse(wrong[i], &shortcut));
		CU_ASSERT_STRING_EQUAL(shortcut.key, "before");
	}
}

static void test_wrong_files(void)
{
	g_autofree char *message = NULL;
	struct hv_settings settings;
	hv_settings_init(&settings);
	CU_ASSERT_FALSE(parse(&settings, "[shortcuts]\npaste=none\ncopy=C\n", &message));
	CU_ASSERT_PTR_NOT_NULL(strstr(message, "/oriel.conf:3: copy: \"C\" is not allowed"));
	expect_shortcut(&settings, HV_SHORTCUT_PASTE, "Super+Shift+V");
	CU_ASSERT_FALSE(parse(&settings, "[shortcuts]\ncut=Super+X\n", &message));
	CU_ASSERT_PTR_NOT_NULL(strstr(message, "/oriel.conf:2: cut: is not a setting"));
	CU_ASSERT_FALSE(parse(&settings, "[keys]\ncopy=Super+X\n", &message));
	CU_ASSERT_FALSE(parse(&settings, "copy=Super+X\n", &message));
	CU_ASSERT_FALSE(parse(&settings, "[shortcuts]\ncopy=none\ncopy=none\n", &message));
}

static const struct unit_test tests[] = {
	{ "the way out of a full screen can be another one, but not none", test_leave_fullscreen },
	{ "without a file the defaults count", test_defaults },
	{ "shortcuts are read, and printed as they are read", test_shortcuts },
	{ "what would take a key from all others is no shortcut", test_wrong_shortcuts },
	{ "a wrong file changes nothing, and the error names the line", test_wrong_files },
};

UNIT_MAIN("settings", tests)
