/*
 * The start menu of a user's own directories, as the messages of views make it.
 */
#include "unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "icon-stamps.h"
#include "menu-files.h"
#include "menu.h"
#include "paths.h"
#include "unit-files.h"

enum { LATER = 10000, COLOUR = 0x3465a4 };

static struct {
	char *top;
	struct hc_menu *menu;
	GPtrArray *configs;
	GArray *asked; /* of uint32_t: serials of icons asked for */
	char *asked_for; /* the last one */
	unsigned int changes;
	uint32_t colour; /* of VMs to come; 0: the usual one */
	int64_t now;
} bench;

static char *path_of(const char *below)
{
	return g_build_filename(bench.top, below, NULL);
}

/* GLib reads the environment once, so that all tests share the directories. */
static void make_directories(void)
{
	static const char *const variables[] = { "XDG_DATA_HOME", "XDG_CONFIG_HOME",
		"XDG_STATE_HOME" };

	if (bench.top)
		return;
	bench.top = g_dir_make_tmp("oriel-menu-XXXXXX", NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(variables); i++)
		g_setenv(variables[i], bench.top, TRUE);
}

static void handle_send(void *data, const char *vm, const struct hc_link_message *message)
{
	const struct hc_link_application_icons_request *request =
		&message->application_icons_request;

	(void)data;
	CU_ASSERT_EQUAL(message->op, HC_LINK_OP_APPLICATION_ICONS_REQUEST);
	CU_ASSERT_STRING_EQUAL(vm, "work");
	g_array_append_val(bench.asked, request->serial);
	g_free(bench.asked_for);
	bench.asked_for = g_strndup(request->application.data, request->application.len);
}

static void handle_changed(void *data, const char *vm)
{
	(void)data;
	CU_ASSERT_STRING_EQUAL(vm, "work");
	bench.changes++;
}

static struct hv_vm_config *make_config(const char *directory, const char *name, const char *keys)
{
	uint32_t colour = bench.colour ? bench.colour : COLOUR;
	g_autofree char *path = g_strdup_printf("%s/%s.vm", directory, name);
	g_autofree char *text = g_strdup_printf("[vm]\nlabel=#%06x\n%s", colour, keys);

	return hv_vm_config_parse(path, text, strlen(text), NULL);
}

static void start_broker(void)
{
	static const struct hc_menu_listener listener = {
		.send = handle_send,
		.changed = handle_changed,
	};

	bench.menu = hc_menu_create("/usr/bin/oriel", &listener, NULL);
	hc_menu_set_vms(bench.menu, bench.configs, bench.now);
}

static void begin(const char *keys)
{
	make_directories();
	bench.now = 1000000;
	bench.asked = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	bench.configs = g_ptr_array_new_with_free_func((GDestroyNotify)hv_vm_config_free);
	g_ptr_array_add(bench.configs, make_config("/etc/oriel/vms", "work", keys));
	start_broker();
}

static void end(void)
{
	hc_menu_destroy(bench.menu);
	g_ptr_array_unref(bench.configs);
	g_array_unref(bench.asked);
	g_clear_pointer(&bench.asked_for, g_free);
	unit_remove_tree(bench.top);
}

static void say(const struct hc_link_message *message, int fd)
{
	hc_menu_handle_message(bench.menu, "work", message, fd, bench.now);
}

static void say_application(const char *id, const char *name, uint64_t icon_stamp)
{
	say(HC_LINK_MESSAGE(APPLICATION, application, .id = vp_text_from(id, 200),
		    .name = vp_text_from(name, 200), .generic_name = { "", 0 },
		    .comment = { "", 0 }, .keywords = { "", 0 }, .categories = { "", 0 },
		    .mime_types = { "text/html", 9 }, .wm_class = { "", 0 },
		    .icon = { "x", icon_stamp != 0 }, .icon_stamp = icon_stamp, .opens = 1),
		-1);
}

static void say_action(const char *application, const char *id, const char *name)
{
	say(HC_LINK_MESSAGE(APPLICATION_ACTION, application_action,
		    .application = vp_text_from(application, 200), .id = vp_text_from(id, 200),
		    .name = vp_text_from(name, 200), .icon = { "", 0 }),
		-1);
}

static void say_end(void)
{
	bench.now += LATER;
	say(HC_LINK_MESSAGE(APPLICATIONS_END, applications_end, .serial = 0), -1);
}

static bool exists(const char *below)
{
	g_autofree char *path = path_of(below);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void write_file(const char *below, const char *text)
{
	g_autofree char *path = path_of(below);

	unit_write_file(path, text);
}

static uint64_t inode(const char *below)
{
	g_autofree char *path = path_of(below);
	GStatBuf status;

	return g_stat(path, &status) == 0 ? status.st_ino : 0;
}

static bool entry_has(const char *line)
{
	g_autofree char *path = path_of("applications/oriel/work.a.desktop");
	g_autofree char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) && strstr(text, line);
}

static void test_list(void)
{
	begin("");
	say_application("a.desktop", "A", 0);
	say_application("b.desktop", "B", 0);
	CU_ASSERT_FALSE(exists("applications/oriel/work.a.desktop"));
	say_end();
	CU_ASSERT_TRUE(exists("applications/oriel/work.a.desktop"));
	CU_ASSERT_TRUE(exists("applications/oriel/work.b.desktop"));
	CU_ASSERT_TRUE(exists("applications/oriel/work.desktop"));
	CU_ASSERT_TRUE(exists("desktop-directories/oriel-work.directory"));
	CU_ASSERT_TRUE(exists("menus/applications-merged/oriel.menu"));
	CU_ASSERT_TRUE(exists("icons/hicolor/48x48/apps/oriel-work.png"));
	say_application("b.desktop", "B", 0);
	say_end();
	CU_ASSERT_FALSE(exists("applications/oriel/work.a.desktop"));
	CU_ASSERT_TRUE(exists("applications/oriel/work.b.desktop"));
	end();
}

static void test_actions(void)
{
	begin("");
	say_action("a.desktop", "early", "Before any application");
	say_application("a.desktop", "A", 0);
	say_action("b.desktop", "other", "Of another application");
	say_action("a.desktop", "new", "New window");
	say_end();
	CU_ASSERT_TRUE(entry_has("Actions=new;\n"));
	CU_ASSERT_TRUE(entry_has("Name=New window\n"));
	end();
}

static void test_same_id(void)
{
	begin("");
	say_application("a.desktop", "First", 0);
	say_application("b.desktop", "B", 0);
	say_application("a.desktop", "Second", 0);
	say_end();
	CU_ASSERT_TRUE(entry_has("Name=[work] First\n"));
	CU_ASSERT_FALSE(entry_has("Second"));
	end();
}

static void test_interrupted_list(void)
{
	begin("");
	say_application("a.desktop", "A", 0);
	say_end();
	say_application("b.desktop", "B", 0);
	hc_menu_handle_session_ended(bench.menu, "work");
	say_application("a.desktop", "A", 0);
	say_end();
	CU_ASSERT_TRUE(exists("applications/oriel/work.a.desktop"));
	CU_ASSERT_FALSE(exists("applications/oriel/work.b.desktop"));
	end();
}

static void test_flood(void)
{
	begin("");
	say_application("a.desktop", "A", 0);
	say_end();
	say_application("b.desktop", "B", 0);
	say(HC_LINK_MESSAGE(APPLICATIONS_END, applications_end, .serial = 0), -1);
	say_application("c.desktop", "C", 0);
	say(HC_LINK_MESSAGE(APPLICATIONS_END, applications_end, .serial = 0), -1);
	CU_ASSERT_TRUE(exists("applications/oriel/work.a.desktop"));
	bench.now = hc_menu_deadline(bench.menu);
	while (!exists("applications/oriel/work.c.desktop") && bench.now >= 0) {
		hc_menu_dispatch(bench.menu, bench.now);
		bench.now = hc_menu_deadline(bench.menu);
	}
	CU_ASSERT_TRUE(exists("applications/oriel/work.c.desktop"));
	CU_ASSERT_FALSE(exists("applications/oriel/work.a.desktop"));
	CU_ASSERT_FALSE(exists("applications/oriel/work.b.desktop"));
	end();
}

static void test_unchanged(void)
{
	uint64_t before;

	begin("");
	say_application("a.desktop", "A", 0);
	say_end();
	before = inode("applications/oriel/work.a.desktop");
	say_application("a.desktop", "A", 0);
	say_application("b.desktop", "B", 0);
	say_end();
	CU_ASSERT_EQUAL(inode("applications/oriel/work.a.desktop"), before);
	say_application("a.desktop", "Another", 0);
	say_end();
	CU_ASSERT_NOT_EQUAL(inode("applications/oriel/work.a.desktop"), before);
	end();
}

static void test_down(void)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref);

	begin("");
	CU_ASSERT_FALSE(hc_menu_knows(bench.menu, "work"));
	say_application("a.desktop", "A", 0);
	say_end();
	hc_menu_handle_session_ended(bench.menu, "work");
	hc_menu_destroy(bench.menu);
	CU_ASSERT_TRUE(exists("applications/oriel/work.a.desktop"));
	start_broker();
	CU_ASSERT_TRUE(exists("applications/oriel/work.a.desktop"));
	CU_ASSERT_TRUE(hc_menu_knows(bench.menu, "work"));
	hc_menu_list(bench.menu, "work", rows, bench.now);
	CU_ASSERT_EQUAL(rows->len, 1);
	end();
}

static void test_patterns(void)
{
	begin("publish=org.* !*evil*\n");
	say_application("org.a.desktop", "A", 0);
	say_application("org.evil.desktop", "B", 0);
	say_application("other.desktop", "C", 0);
	say_end();
	CU_ASSERT_TRUE(exists("applications/oriel/work.org.a.desktop"));
	CU_ASSERT_FALSE(exists("applications/oriel/work.org.evil.desktop"));
	CU_ASSERT_FALSE(exists("applications/oriel/work.other.desktop"));
	end();
}

static bool publish(const char *id, bool shown)
{
	return hc_menu_publish(bench.menu, "work", id, shown, bench.now, NULL);
}

static void test_choices(void)
{
	begin("publish=a\n");
	say_application("a.desktop", "A", 0);
	say_application("b.desktop", "B", 0);
	say_end();
	CU_ASSERT_TRUE(publish("a", false));
	CU_ASSERT_FALSE(exists("applications/oriel/work.a.desktop"));
	CU_ASSERT_FALSE(exists("menus/applications-merged/oriel.menu"));
	CU_ASSERT_FALSE(publish("b.desktop", true));
	CU_ASSERT_FALSE(publish("c.desktop", true));
	hc_menu_destroy(bench.menu);
	start_broker();
	CU_ASSERT_FALSE(exists("applications/oriel/work.a.desktop"));
	CU_ASSERT_TRUE(publish("a.desktop", true));
	CU_ASSERT_TRUE(exists("applications/oriel/work.a.desktop"));
	end();
}

static void test_choice_that_cannot_be_kept(void)
{
	g_autofree char *path = NULL;
	g_autoptr(GError) error = NULL;

	begin("");
	path = hc_path_published();
	say_application("a.desktop", "A", 0);
	say_end();
	CU_ASSERT_EQUAL_FATAL(g_mkdir_with_parents(path, 0700), 0);
	CU_ASSERT_FALSE(hc_menu_publish(bench.menu, "work", "a", false, bench.now, &error));
	CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "the choice is not kept, as "));
	say_application("a.desktop", "Another", 0);
	say_end();
	CU_ASSERT_TRUE(exists("applications/oriel/work.a.desktop"));
	end();
}

static void test_nothing_to_publish(void)
{
	begin("");
	CU_ASSERT_FALSE(publish("a", true));
	say_end();
	CU_ASSERT_FALSE(publish("a", true));
	end();
}

static void test_own_file_is_widened(void)
{
	begin("");
	g_ptr_array_set_size(bench.configs, 0);
	g_ptr_array_add(bench.configs, make_config(bench.top, "work", "publish=a\n"));
	hc_menu_set_vms(bench.menu, bench.configs, bench.now);
	say_application("b.desktop", "B", 0);
	say_end();
	CU_ASSERT_FALSE(exists("applications/oriel/work.b.desktop"));
	CU_ASSERT_TRUE(publish("b", true));
	CU_ASSERT_TRUE(exists("applications/oriel/work.b.desktop"));
	CU_ASSERT_TRUE(publish("b", false));
	CU_ASSERT_FALSE(exists("applications/oriel/work.b.desktop"));
	end();
}

static void test_foreign_files(void)
{
	make_directories();
	write_file("applications/oriel/work.a.desktop", "[Desktop Entry]\nName=mine\n");
	write_file("applications/oriel/other.desktop", "[Desktop Entry]\nName=mine\n");
	write_file("applications/mine.desktop", "[Desktop Entry]\nName=mine\n");
	write_file("icons/hicolor/48x48/apps/mine.png", "mine");
	write_file("menus/applications-merged/mine.menu", "<Menu/>");
	begin("");
	say_application("a.desktop", "A", 0);
	say_application("b.desktop", "B", 0);
	say_end();
	CU_ASSERT_TRUE(exists("applications/oriel/work.b.desktop"));
	g_ptr_array_set_size(bench.configs, 0);
	hc_menu_set_vms(bench.menu, bench.configs, bench.now);
	CU_ASSERT_FALSE(exists("applications/oriel/work.b.desktop"));
	CU_ASSERT_FALSE(exists("icons/hicolor/48x48/apps/oriel-work.png"));
	CU_ASSERT_FALSE(exists("desktop-directories/oriel-work.directory"));
	CU_ASSERT_FALSE(exists("menus/applications-merged/oriel.menu"));
	CU_ASSERT_TRUE(exists("applications/oriel/work.a.desktop"));
	CU_ASSERT_TRUE(exists("applications/oriel/other.desktop"));
	CU_ASSERT_TRUE(exists("applications/mine.desktop"));
	CU_ASSERT_TRUE(exists("icons/hicolor/48x48/apps/mine.png"));
	CU_ASSERT_TRUE(exists("menus/applications-merged/mine.menu"));
	end();
}

static void write_all(void)
{
	while (hc_menu_deadline(bench.menu) == 0)
		hc_menu_dispatch(bench.menu, bench.now);
}

static void test_thousands(void)
{
	begin("");
	for (unsigned int i = 0; i < VP_APPLICATIONS_MAX + 10; i++) {
		g_autofree char *id = g_strdup_printf("app%u.desktop", i);

		say_application(id, "An application", 0);
	}
	say_end();
	CU_ASSERT_FALSE(exists("applications/oriel/work.app4095.desktop"));
	CU_ASSERT_EQUAL(hc_menu_deadline(bench.menu), 0);
	write_all();
	CU_ASSERT_TRUE(exists("applications/oriel/work.app4095.desktop"));
	CU_ASSERT_FALSE(exists("applications/oriel/work.app4096.desktop"));
	end();
}

/* Icons */

static int make_pixels(size_t len, int seals)
{
	g_autofree uint8_t *pixels = g_malloc(len);
	int fd = memfd_create("pixels", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	memset(pixels, 0x80, len);
	CU_ASSERT_EQUAL(write(fd, pixels, len), (ssize_t)len);
	if (seals)
		fcntl(fd, F_ADD_SEALS, seals);
	return fd;
}

static void say_icon(uint32_t serial, uint16_t size, size_t len, int seals)
{
	int fd = make_pixels(len, seals);

	say(HC_LINK_MESSAGE(APPLICATION_ICON, application_icon, .serial = serial, .size = size),
		fd);
	close(fd);
}

static void say_icons_end(uint32_t serial)
{
	say(HC_LINK_MESSAGE(APPLICATION_ICONS_END, application_icons_end, .serial = serial), -1);
}

enum { SEALED = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW };

static uint32_t last_asked(void)
{
	return g_array_index(bench.asked, uint32_t, bench.asked->len - 1);
}

static void begin_with_icon(void)
{
	begin("");
	say_application("a.desktop", "A", 7);
	say_end();
	CU_ASSERT_EQUAL_FATAL(bench.asked->len, 1);
	CU_ASSERT_STRING_EQUAL(bench.asked_for, "a.desktop");
	CU_ASSERT_TRUE(entry_has("Icon=oriel-work\n"));
}

static void test_icon(void)
{
	begin_with_icon();
	say_icon(last_asked(), 48, (size_t)48 * 48 * 4, SEALED);
	say_icons_end(last_asked());
	CU_ASSERT_TRUE(exists("icons/hicolor/48x48/apps/oriel-work.a.png"));
	CU_ASSERT_TRUE(entry_has("Icon=oriel-work.a\n"));
	say_application("a.desktop", "A", 7);
	say_end();
	CU_ASSERT_EQUAL(bench.asked->len, 1);
	say_application("a.desktop", "A", 8);
	say_end();
	CU_ASSERT_EQUAL(bench.asked->len, 2);
	say_icon(last_asked(), 32, (size_t)32 * 32 * 4, SEALED);
	say_icons_end(last_asked());
	CU_ASSERT_TRUE(exists("icons/hicolor/32x32/apps/oriel-work.a.png"));
	CU_ASSERT_FALSE(exists("icons/hicolor/48x48/apps/oriel-work.a.png"));
	publish("a", false);
	CU_ASSERT_FALSE(exists("icons/hicolor/32x32/apps/oriel-work.a.png"));
	end();
}

static void test_another_colour(void)
{
	begin_with_icon();
	say_icon(last_asked(), 48, (size_t)48 * 48 * 4, SEALED);
	say_icons_end(last_asked());
	hc_menu_destroy(bench.menu);
	g_ptr_array_set_size(bench.configs, 0);
	g_ptr_array_add(bench.configs, make_config("/etc/oriel/vms", "work", "border=5\n"));
	start_broker();
	CU_ASSERT_TRUE(exists("icons/hicolor/48x48/apps/oriel-work.a.png"));
	hc_menu_destroy(bench.menu);
	g_ptr_array_set_size(bench.configs, 0);
	bench.colour = 0xff0000;
	g_ptr_array_add(bench.configs, make_config("/etc/oriel/vms", "work", ""));
	bench.colour = 0;
	start_broker();
	CU_ASSERT_FALSE(exists("icons/hicolor/48x48/apps/oriel-work.a.png"));
	CU_ASSERT_TRUE(entry_has("Icon=oriel-work\n"));
	end();
}

static void test_many_icons(void)
{
	enum { APPLICATIONS = 1200 };
	guint answered = 0;
	guint at_once;

	begin("");
	for (unsigned int i = 0; i < APPLICATIONS; i++) {
		g_autofree char *id = g_strdup_printf("app%u.desktop", i);

		say_application(id, "An application", 1);
	}
	say_end();
	write_all();
	while (answered < bench.asked->len)
		say_icons_end(g_array_index(bench.asked, uint32_t, answered++));
	at_once = bench.asked->len;
	CU_ASSERT_TRUE(at_once < APPLICATIONS);
	while (bench.asked->len < APPLICATIONS && (bench.now = hc_menu_deadline(bench.menu)) > 0) {
		hc_menu_dispatch(bench.menu, bench.now);
		CU_ASSERT_TRUE(bench.asked->len <= answered + 1);
		while (answered < bench.asked->len)
			say_icons_end(g_array_index(bench.asked, uint32_t, answered++));
	}
	CU_ASSERT_EQUAL(bench.asked->len, APPLICATIONS);
	end();
}

static void test_changes(void)
{
	unsigned int before;

	begin("");
	before = bench.changes;
	say_application("a.desktop", "A", 0);
	say_end();
	CU_ASSERT_EQUAL(bench.changes, before + 1);
	say_application("a.desktop", "A", 0);
	say_end();
	CU_ASSERT_EQUAL(bench.changes, before + 1);
	publish("a", false);
	CU_ASSERT_EQUAL(bench.changes, before + 2);
	end();
}

static void test_no_icon(void)
{
	begin_with_icon();
	say_icons_end(last_asked());
	CU_ASSERT_TRUE(entry_has("Icon=oriel-work\n"));
	hc_menu_destroy(bench.menu);
	start_broker();
	say_application("a.desktop", "A", 7);
	say_end();
	CU_ASSERT_EQUAL(bench.asked->len, 1);
	end();
}

static void test_bad_icons(void)
{
	size_t len = (size_t)48 * 48 * 4;
	int pipe_fds[2];

	begin_with_icon();
	say_icon(last_asked(), 48, len - 1, SEALED);
	say_icon(last_asked(), 48, len, 0);
	say_icon(last_asked() + 1, 48, len, SEALED);
	say_icon(last_asked(), 47, (size_t)47 * 47 * 4, SEALED);
	CU_ASSERT_EQUAL_FATAL(pipe(pipe_fds), 0);
	say(HC_LINK_MESSAGE(APPLICATION_ICON, application_icon, .serial = last_asked(), .size = 48),
		pipe_fds[0]);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	CU_ASSERT_FALSE(exists("icons/hicolor/48x48/apps/oriel-work.a.png"));
	hc_menu_handle_session_ended(bench.menu, "work");
	say_icon(last_asked(), 48, len, SEALED);
	CU_ASSERT_FALSE(exists("icons/hicolor/48x48/apps/oriel-work.a.png"));
	end();
}

static void test_few_icons_at_once(void)
{
	begin("");
	for (unsigned int i = 0; i < 100; i++) {
		g_autofree char *id = g_strdup_printf("app%u.desktop", i);

		say_application(id, "An application", 1);
	}
	say_end();
	write_all();
	CU_ASSERT_TRUE(bench.asked->len < 20);
	for (unsigned int i = 0; i < bench.asked->len; i++)
		say_icons_end(g_array_index(bench.asked, uint32_t, i));
	CU_ASSERT_EQUAL(bench.asked->len, 100);
	end();
}

static bool stamps_have(const char *application)
{
	g_autofree char *path = hc_icon_stamps_path("work");
	g_autofree char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) && strstr(text, application);
}

static void test_forgotten_stamps(void)
{
	g_autofree char *path = hc_icon_stamps_path("work");

	begin("");
	say_application("first.desktop", "First", 1);
	say_application("second.desktop", "Second", 1);
	say_end();
	for (unsigned int i = 0; i < bench.asked->len; i++)
		say_icons_end(g_array_index(bench.asked, uint32_t, i));
	CU_ASSERT_TRUE(stamps_have("first"));
	CU_ASSERT_TRUE(stamps_have("second"));
	say_application("second.desktop", "Second", 1);
	say_end();
	CU_ASSERT_FALSE(stamps_have("first"));
	CU_ASSERT_TRUE(stamps_have("second"));
	g_ptr_array_set_size(bench.configs, 0);
	hc_menu_set_vms(bench.menu, bench.configs, bench.now);
	CU_ASSERT_FALSE(g_file_test(path, G_FILE_TEST_EXISTS));
	end();
}

static const struct unit_test tests[] = {
	{ "a list that has ended is the menu", test_list },
	{ "actions are those of the application before them", test_actions },
	{ "of applications with the same id the first counts", test_same_id },
	{ "a list that does not end changes nothing", test_interrupted_list },
	{ "lists that come without a pause are taken over now and then", test_flood },
	{ "a file that stays the same is not written", test_unchanged },
	{ "entries stay while VM and broker are down", test_down },
	{ "patterns in the VM's file say what is published", test_patterns },
	{ "an administrator's file bounds what the user publishes", test_choices },
	{ "a choice that cannot be kept changes nothing", test_choice_that_cannot_be_kept },
	{ "a VM without applications has none to publish", test_nothing_to_publish },
	{ "the user's own file does not", test_own_file_is_widened },
	{ "files of others stay as they are", test_foreign_files },
	{ "thousands of applications are written by and by, and no more than a bound",
		test_thousands },
	{ "an icon is fetched once, and again when it looks different", test_icon },
	{ "an icon does not keep the badge of another label", test_another_colour },
	{ "many icons are fetched by and by", test_many_icons },
	{ "a change is told once", test_changes },
	{ "an application without an icon is not asked about again", test_no_icon },
	{ "what is known of icons goes with their application, and with the VM",
		test_forgotten_stamps },
	{ "an icon that is not what was asked for is ignored", test_bad_icons },
	{ "few icons are asked for at a time", test_few_icons_at_once },
};

UNIT_MAIN("start menu", tests)
