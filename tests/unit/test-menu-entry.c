/*
 * What a guest says of its applications, in the primary's menu files.
 */
#include "unit.h"

#include <string.h>

#include "application.h"
#include "desktop-lists.h"
#include "menu-entry.h"
#include "safe-text.h"

#define GROUP G_KEY_FILE_DESKTOP_GROUP

static const struct hc_menu_owner owner = { "work", "/usr/bin/oriel" };

static struct vp_text text(const char *string)
{
	return vp_text_from(string, VP_MIME_TYPES_MAX);
}

static struct hc_application *make(const char *id, const char *name)
{
	const struct hc_link_application message = {
		.id = text(id),
		.name = text(name),
		.generic_name = text(""),
		.comment = text(""),
		.keywords = text(""),
		.categories = text(""),
		.mime_types = text(""),
		.wm_class = text(""),
		.icon = text(""),
	};

	return hc_application_create(&message);
}

/* The entry as a desktop reads it. */
static GKeyFile *parse_entry(const struct hc_application *application)
{
	g_autoptr(GHashTable) none = g_hash_table_new(g_str_hash, g_str_equal);
	g_autofree char *entry = hc_menu_entry(&owner, application, none);
	GKeyFile *file = g_key_file_new();

	CU_ASSERT_TRUE_FATAL(
		g_key_file_load_from_data(file, entry, strlen(entry), G_KEY_FILE_NONE, NULL));
	return file;
}

static void check_value(GKeyFile *file, const char *group, const char *key, const char *wanted)
{
	g_autofree char *value = g_key_file_get_string(file, group, key, NULL);

	CU_ASSERT_STRING_EQUAL(value ? value : "(none)", wanted);
}

static void test_plain(void)
{
	const struct hc_link_application message = {
		.id = text("org.gnome.gedit.desktop"),
		.name = text("Text Editor"),
		.generic_name = text("Editor"),
		.comment = text("Edit text files"),
		.keywords = text("text;write;"),
		.categories = text("Utility;TextEditor;"),
		.mime_types = text("text/plain;x-scheme-handler/https;"),
		.wm_class = text("Gedit"),
		.icon = text("gedit"),
		.opens = 1,
	};
	struct hc_application *application = hc_application_create(&message);
	g_autoptr(GKeyFile) file = NULL;

	CU_ASSERT_PTR_NOT_NULL_FATAL(application);
	file = parse_entry(application);
	check_value(file, GROUP, "Name", "[work] Text Editor");
	check_value(file, GROUP, "GenericName", "Editor");
	check_value(file, GROUP, "Comment", "Edit text files");
	check_value(file, GROUP, "Keywords", "text;write;");
	check_value(file, GROUP, "Categories", "Utility;TextEditor;X-Oriel-work;");
	check_value(file, GROUP, "MimeType", "text/plain;x-scheme-handler/https;");
	check_value(file, GROUP, "StartupWMClass", "work:Gedit");
	check_value(file, GROUP, "Exec", "/usr/bin/oriel run work org.gnome.gedit.desktop %U");
	check_value(file, GROUP, "TryExec", "/usr/bin/oriel");
	check_value(file, GROUP, "Icon", "oriel-work");
	check_value(file, GROUP, "StartupNotify", "true");
	check_value(file, GROUP, "X-Oriel-VM", "work");
	hc_application_free(application);
}

/* Whatever the text, it stays the value of its key. */
static void test_hostile_text(void)
{
	static const char *const texts[] = {
		"x\nExec=rm -rf ~",
		"x\r\nExec=evil\r\n[Desktop Action a]\nExec=evil",
		"x\x1b[31m\x07",
		"%f %u %% \\n \\s \\; $(evil) `evil`",
		"\xe2\x80\xae"
		"evil\xe2\x81\xa6",
		"\xe2\x80\xa8"
		"Exec=evil",
		"[work] x]\t=;",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		const struct hc_link_application message = {
			.id = text("a.desktop"),
			.name = text(texts[i]),
			.generic_name = text(texts[i]),
			.comment = text(texts[i]),
			.keywords = text(texts[i]),
			.categories = text(texts[i]),
			.mime_types = text(texts[i]),
			.wm_class = text(texts[i]),
			.icon = text(texts[i]),
			.opens = 1,
		};
		struct hc_application *application = hc_application_create(&message);
		g_autoptr(GKeyFile) file = parse_entry(application);
		g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);
		g_autofree char *name = g_key_file_get_string(file, GROUP, "Name", NULL);

		CU_ASSERT_EQUAL(g_strv_length(groups), 1);
		CU_ASSERT_PTR_NULL(strpbrk(name, "\n\r\t\x1b\x07"));
		CU_ASSERT_PTR_NULL(strstr(name, "\xe2\x80\xae"));
		check_value(file, GROUP, "Exec", "/usr/bin/oriel run work a.desktop %U");
		check_value(file, GROUP, "Categories", "X-Oriel-work;");
		CU_ASSERT_FALSE(g_key_file_has_key(file, GROUP, "MimeType", NULL));
		hc_application_free(application);
	}
}

static void test_ids(void)
{
	static const char *const wrong[] = { "", "a", ".desktop", "../a.desktop", "a/b.desktop",
		"a b.desktop", "a\n.desktop", "-a.desktop", "a;b.desktop", "a%u.desktop",
		"a\".desktop", "\xc3\xa4.desktop", "a:b.desktop", "a.desktop ", "a,b.desktop" };
	static const char *const right[] = { "a.desktop", "org.gnome.Text-Editor_2.desktop",
		"notepad++.desktop", "7zip.desktop" };
	g_autofree char *long_id = g_strnfill(VP_APPLICATION_ID_MAX + 1, 'a');

	memcpy(long_id + strlen(long_id) - strlen(".desktop"), ".desktop", strlen(".desktop"));
	CU_ASSERT_PTR_NULL(make(long_id, "x"));
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
		CU_ASSERT_PTR_NULL(make(wrong[i], "x"));
	for (size_t i = 0; i < G_N_ELEMENTS(right); i++) {
		struct hc_application *application = make(right[i], "x");

		CU_ASSERT_PTR_NOT_NULL(application);
		hc_application_free(application);
	}
	CU_ASSERT_PTR_NULL(make("a.desktop", " \n\xe2\x80\xae"));
}

static void add_action(
	struct hc_application *application, const char *of, const char *id, const char *name)
{
	const struct hc_link_application_action message = {
		.application = text(of),
		.id = text(id),
		.name = text(name),
		.icon = text(""),
	};

	hc_application_add_action(application, &message);
}

static void test_actions(void)
{
	struct hc_application *application = make("a.desktop", "A");
	g_autoptr(GKeyFile) file = NULL;

	add_action(application, "a.desktop", "new-window", "New\nWindow");
	add_action(application, "a.desktop", "new-window", "Again");
	add_action(application, "a.desktop", "a]\n[b", "Evil");
	add_action(application, "a.desktop", "x:y", "Evil");
	file = parse_entry(application);
	check_value(file, GROUP, "Actions", "new-window;");
	check_value(file, "Desktop Action new-window", "Name", "New Window");
	check_value(file, "Desktop Action new-window", "Exec",
		"/usr/bin/oriel run work a.desktop:new-window");
	CU_ASSERT_FALSE(g_key_file_has_key(file, "Desktop Action new-window", "Icon", NULL));
	hc_application_free(application);
}

static void test_icons(void)
{
	struct hc_application *application = make("a.desktop", "A");
	g_autoptr(GHashTable) icons = g_hash_table_new(g_str_hash, g_str_equal);
	g_autofree char *entry = NULL;

	add_action(application, "a.desktop", "new", "New");
	g_hash_table_add(icons, "");
	g_hash_table_add(icons, "new");
	entry = hc_menu_entry(&owner, application, icons);
	CU_ASSERT_PTR_NOT_NULL(strstr(entry, "\nIcon=oriel-work.a\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(entry, "\nIcon=oriel-work.a,new\n"));
	hc_application_free(application);
}

static void test_program(void)
{
	const struct hc_menu_owner odd = { "work", "/opt/100% \"o\"/$x/oriel" };
	struct hc_application *application = make("a.desktop", "A");
	g_autoptr(GHashTable) none = g_hash_table_new(g_str_hash, g_str_equal);
	g_autofree char *entry = hc_menu_entry(&odd, application, none);
	g_autoptr(GKeyFile) file = g_key_file_new();

	g_key_file_load_from_data(file, entry, strlen(entry), G_KEY_FILE_NONE, NULL);
	check_value(file, GROUP, "Exec", "\"/opt/100%% \\\"o\\\"/\\$x/oriel\" run work a.desktop");
	hc_application_free(application);
}

static void check_list(char *(*pick)(struct vp_text given), const char *given, const char *wanted)
{
	g_autofree char *list = pick(text(given));

	CU_ASSERT_STRING_EQUAL(list, wanted);
}

static void test_lists(void)
{
	check_list(hc_desktop_categories, "Utility;Evil;X-GNOME;Utility;GTK", "Utility;GTK;");
	check_list(hc_desktop_categories, "Screensaver;TrayIcon;;A;", "");
	check_list(hc_desktop_mime_types,
		"text/plain;x/y;image/svg+xml;text/;/plain;text/a/b;text/a "
		"b;text/%u;inode/directory",
		"text/plain;image/svg+xml;inode/directory;");
	check_list(hc_desktop_keywords, "one; two ;;back\\slash;one", "one;two;");
	check_list(hc_desktop_keywords,
		";\xcc\x81"
		"one;\xcc\x81two;a\xcc\x81",
		"one;two;a\xcc\x81;");
}

static void test_kept(void)
{
	struct hc_application *application = make("a.desktop", "A; [x]\\");
	struct hc_application *again;
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autofree char *kept = NULL;

	add_action(application, "a.desktop", "new", "New");
	hc_application_save(application, file);
	kept = g_key_file_to_data(file, NULL, NULL);
	again = hc_application_load(file, "a.desktop");
	CU_ASSERT_PTR_NOT_NULL_FATAL(again);
	CU_ASSERT_STRING_EQUAL(again->name, "A; [x]\\");
	CU_ASSERT_PTR_NOT_NULL(hc_application_find_action(again, "new"));
	CU_ASSERT_PTR_NULL(hc_application_load(file, "a.desktop:new"));
	hc_application_free(again);
	hc_application_free(application);
}

static void test_groups(void)
{
	static const char *const vms[] = { "personal", "work", NULL };
	g_autofree char *menu = hc_menu_groups(vms);

	CU_ASSERT_PTR_NOT_NULL(strstr(menu, "<Directory>oriel-personal.directory</Directory>"));
	CU_ASSERT_PTR_NOT_NULL(strstr(menu, "<Category>X-Oriel-work</Category>"));
}

static void test_open(void)
{
	g_autofree char *entry = hc_menu_open_entry(&owner, "text/html;x-scheme-handler/https;");

	CU_ASSERT_PTR_NOT_NULL(strstr(entry, "\nName=Open in work\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(entry, "\nNoDisplay=true\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(entry, "\nExec=/usr/bin/oriel run work @default %u\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(entry, "\nMimeType=text/html;x-scheme-handler/https;\n"));
}

static const struct unit_test tests[] = {
	{ "an application becomes an entry under its VM's label", test_plain },
	{ "whatever a guest writes stays text", test_hostile_text },
	{ "an id that is more than a name is no application", test_ids },
	{ "actions become groups of the entry", test_actions },
	{ "icons are named after VM, application and action", test_icons },
	{ "a program's path with odd characters stays one word", test_program },
	{ "lists keep only what a desktop knows", test_lists },
	{ "an application is read as it was kept", test_kept },
	{ "each VM has a group in the menu", test_groups },
	{ "links and files have an entry that opens them in the VM", test_open },
};

UNIT_MAIN("entries of the start menu", tests)
