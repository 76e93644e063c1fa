/*
 * What the agent tells of the guest's applications, to a primary that takes it bit by bit.
 */
#include "unit.h"

#include <string.h>

#include <glib.h>

#include "publisher.h"
#include "unit-files.h"

enum { APPLICATIONS = 300, ROOM = 64 * 1024 };

static struct {
	char *directory; /* of the guest's data */
	struct ga_publisher *publisher;
	size_t queued; /* bytes that wait for the primary */
	guint told; /* applications */
	guint ended; /* lists */
	guint icons_ended;
	uint32_t serial; /* of the last end */
} bench;

static bool handle_tell(void *data, const struct vp_message *message)
{
	(void)data;
	if (message->op == VP_OP_APPLICATION) {
		bench.told++;
		bench.queued += 1024;
	} else if (message->op == VP_OP_APPLICATIONS_END) {
		bench.ended++;
		bench.serial = message->applications_end.serial;
	} else if (message->op == VP_OP_APPLICATION_ICONS_END) {
		bench.icons_ended++;
		bench.serial = message->application_icons_end.serial;
	}
	return true;
}

static size_t handle_queued(void *data, enum vp_channel channel)
{
	(void)data;
	(void)channel;
	return bench.queued;
}

static void write_entry(const char *name, const char *keys)
{
	g_autofree char *path =
		g_strdup_printf("%s/applications/%s.desktop", bench.directory, name);
	g_autofree char *text = g_strconcat(
		"[Desktop Entry]\nType=Application\nName=Test\nExec=true\n", keys, NULL);
	unit_write_file(path, text);
}

/* GLib reads the environment once. */
static void make_entries(void)
{
	if (bench.directory != NULL)
		return;
	bench.directory = g_dir_make_tmp("oriel-publisher-XXXXXX", NULL);
	g_setenv("XDG_DATA_HOME", bench.directory, TRUE);
	g_setenv("XDG_DATA_DIRS", bench.directory, TRUE);
	for (unsigned int i = 0; i < APPLICATIONS; i++) {
		g_autofree char *name = g_strdup_printf("app%u", i);
		write_entry(name, i == 0 ? "Icon=app\n" : "");
	}
}

static void begin(void)
{
	static const struct ga_publisher_listener listener = {
		.tell = handle_tell,
		.queued = handle_queued,
	};
	make_entries();
	bench.queued = 0;
	bench.told = bench.ended = bench.icons_ended = 0;
	bench.publisher = ga_publisher_create("/no/such/oriel-icons", &listener, NULL);
}

static void end(void)
{
	ga_publisher_destroy(bench.publisher);
}

static void ask_list(uint32_t serial)
{
	ga_publisher_handle_message(
		bench.publisher, VP_MESSAGE(APPLICATIONS_REQUEST, applications_request,
					 .serial = serial, .languages = { "", 0 }));
}

static void ask_icons(uint32_t serial, const char *id)
{
	ga_publisher_handle_message(bench.publisher,
		VP_MESSAGE(APPLICATION_ICONS_REQUEST, application_icons_request, .serial = serial,
			.application = vp_text_from(id, VP_APPLICATION_ID_MAX),
			.action = { "", 0 }));
}

static void test_portions(void)
{
	begin();
	CU_ASSERT_FALSE(ga_publisher_dispatch(bench.publisher));
	ask_list(7);
	CU_ASSERT_TRUE(ga_publisher_dispatch(bench.publisher));
	CU_ASSERT_TRUE(bench.told > 0 && bench.told <= ROOM / 1024);
	guint told = bench.told;
	CU_ASSERT_FALSE(ga_publisher_dispatch(bench.publisher));
	CU_ASSERT_EQUAL(bench.told, told);
	while (bench.ended == 0) {
		bench.queued = 0;
		CU_ASSERT_TRUE_FATAL(ga_publisher_dispatch(bench.publisher));
	}
	CU_ASSERT_EQUAL(bench.told, APPLICATIONS);
	CU_ASSERT_EQUAL(bench.serial, 7);
	bench.queued = 0;
	CU_ASSERT_FALSE(ga_publisher_dispatch(bench.publisher));
	end();
}

static void test_each_request(void)
{
	begin();
	ask_list(7);
	ask_list(8);
	while (bench.ended < 2) {
		bench.queued = 0;
		CU_ASSERT_TRUE_FATAL(ga_publisher_dispatch(bench.publisher));
	}
	CU_ASSERT_EQUAL(bench.told, 2 * APPLICATIONS);
	CU_ASSERT_EQUAL(bench.serial, 8);
	end();
}

static void test_next_primary(void)
{
	begin();
	ask_list(7);
	ga_publisher_dispatch(bench.publisher);
	ga_publisher_primary_lost(bench.publisher);
	bench.queued = 0;
	bench.told = 0;
	CU_ASSERT_FALSE(ga_publisher_dispatch(bench.publisher));
	CU_ASSERT_EQUAL(bench.told, 0);
	CU_ASSERT_EQUAL(ga_publisher_deadline(bench.publisher), -1);
	end();
}

static void test_no_icons(void)
{
	begin();
	ask_icons(3, "no-such.desktop");
	CU_ASSERT_EQUAL(bench.icons_ended, 1);
	ask_icons(4, "app1.desktop");
	CU_ASSERT_EQUAL(bench.icons_ended, 2);
	ask_icons(5, "app0.desktop");
	CU_ASSERT_EQUAL(bench.icons_ended, 2);
	ga_publisher_dispatch(bench.publisher);
	CU_ASSERT_EQUAL(bench.icons_ended, 3);
	CU_ASSERT_EQUAL(bench.serial, 5);
	end();
}

/* The last test. */
static void test_change(void)
{
	begin();
	ask_list(7);
	while (bench.ended == 0) {
		bench.queued = 0;
		ga_publisher_dispatch(bench.publisher);
	}
	CU_ASSERT_EQUAL(ga_publisher_deadline(bench.publisher), -1);
	write_entry("another", "");
	while (ga_publisher_deadline(bench.publisher) == -1)
		g_main_context_iteration(NULL, TRUE);
	CU_ASSERT_EQUAL(bench.ended, 1);
	end();
	unit_remove_tree(bench.directory);
}

static const struct unit_test tests[] = {
	{ "a list is told as there is room for it", test_portions },
	{ "each request has a list of its own", test_each_request },
	{ "the next primary has to ask anew", test_next_primary },
	{ "icons that there are none of are an answer, too", test_no_icons },
	{ "a new file is noticed", test_change },
};

UNIT_MAIN("publisher", tests)
