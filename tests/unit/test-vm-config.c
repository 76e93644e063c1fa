#include "unit.h"

#include <string.h>

#include "values.h"
#include "vm-config.h"

#define PATH "/etc/oriel/vms/work.vm"

static struct hv_vm_config *parse(const char *text, GError **error)
{
	return hv_vm_config_parse(PATH, text, strlen(text), error);
}

static void test_defaults(void)
{
	struct hv_vm_config *config = parse("[vm]\nlabel=blue\n", NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(config);
	g_autofree char *home = g_build_filename(g_get_user_data_dir(), "oriel/vms/work", NULL);
	CU_ASSERT_STRING_EQUAL(config->name, "work");
	CU_ASSERT_STRING_EQUAL(config->label, "blue");
	CU_ASSERT_STRING_EQUAL(config->path, PATH);
	CU_ASSERT_STRING_EQUAL(config->home, home);
	g_autofree char *log = hv_vm_config_applications_log(config);
	CU_ASSERT_TRUE(g_str_has_prefix(log, home));
	CU_ASSERT_EQUAL(config->colour, 0x3465a4);
	CU_ASSERT_EQUAL(config->border, HV_BORDER_DEFAULT);
	CU_ASSERT_EQUAL(config->backend, HV_BACKEND_LOCAL);
	CU_ASSERT_EQUAL(config->memory_limit, 0);
	CU_ASSERT_EQUAL(config->cpu_limit, 0);
	CU_ASSERT_FALSE(config->network);
	CU_ASSERT_EQUAL(config->isolation, HV_ISOLATION_BWRAP);
	CU_ASSERT_EQUAL(config->keep_alive, HV_KEEP_ALIVE_FOREVER);
	hv_vm_config_free(config);
}

static void test_every_key(void)
{
	struct hv_vm_config *config =
		parse("# work\n\n[vm]\n label = #12aBcF \nborder=32\nbackend=local\n"
		      "home=/srv/work\nmemory=2G\ncpus=1.5\nnetwork=yes\n"
		      "isolation=none\nkeep-alive=0\n",
			NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(config);
	CU_ASSERT_STRING_EQUAL(config->label, "#12aBcF");
	CU_ASSERT_EQUAL(config->colour, 0x12abcf);
	CU_ASSERT_EQUAL(config->border, 32);
	CU_ASSERT_STRING_EQUAL(config->home, "/srv/work");
	CU_ASSERT_EQUAL(config->memory_limit, UINT64_C(2) << 30);
	CU_ASSERT_EQUAL(config->cpu_limit, 1500);
	CU_ASSERT_TRUE(config->network);
	CU_ASSERT_EQUAL(config->isolation, HV_ISOLATION_NONE);
	CU_ASSERT_EQUAL(config->keep_alive, 0);
	hv_vm_config_free(config);
}

static void test_home_of_user(void)
{
	struct hv_vm_config *config = parse("[vm]\nlabel=red\nhome=~/vms/a\n", NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(config);
	g_autofree char *home = g_build_filename(g_get_home_dir(), "vms/a", NULL);
	CU_ASSERT_STRING_EQUAL(config->home, home);
	hv_vm_config_free(config);
}

/* Text of a file after "[vm]\nlabel=blue\n", and how its error goes on after the path. */
static const struct {
	const char *text;
	const char *error;
} wrong_keys[] = {
	{ "border=0", ":3: border: \"0\" is not allowed; allowed is pixels, 1 to 32" },
	{ "border=33", ":3: border: \"33\" is not allowed" },
	{ "border=-1", ":3: border: \"-1\" is not allowed" },
	{ "border=4px", ":3: border: \"4px\" is not allowed" },
	{ "border=", ":3: border: \"\" is not allowed" },
	{ "border=18446744073709551620", ":3: border: \"18446744073709551620\" is not allowed" },
	{ "\n# note\nbackend=xen", ":5: backend: \"xen\" is not allowed; allowed is local" },
	{ "home=vms/work",
		":3: home: \"vms/work\" is not allowed; allowed is an absolute path or ~/PATH" },
	{ "home=/srv/../etc", ":3: home: " },
	{ "home=/", ":3: home: " },
	{ "home=~", ":3: home: " },
	{ "home=~/", ":3: home: " },
	{ "home=", ":3: home: " },
	{ "memory=1M", ":3: memory: \"1M\" is not allowed; allowed is a size like 512M or 2G, 64M "
		       "to 64T" },
	{ "memory=65T", ":3: memory: " },
	{ "memory=2GB", ":3: memory: " },
	{ "memory=2g", ":3: memory: " },
	{ "memory=1.5G", ":3: memory: " },
	{ "memory=99999999999T", ":3: memory: " },
	{ "cpus=0",
		":3: cpus: \"0\" is not allowed; allowed is a number like 2 or 1.5, 0.01 to 1024" },
	{ "cpus=1,5", ":3: cpus: " },
	{ "cpus=1.", ":3: cpus: " },
	{ "cpus=.5", ":3: cpus: " },
	{ "cpus=1.5555", ":3: cpus: " },
	{ "cpus=1025", ":3: cpus: " },
	{ "network=maybe", ":3: network: \"maybe\" is not allowed; allowed is yes or no" },
	{ "isolation=docker",
		":3: isolation: \"docker\" is not allowed; allowed is bwrap or none" },
	{ "keep-alive=-5",
		":3: keep-alive: \"-5\" is not allowed; allowed is forever, or seconds" },
	{ "keep-alive=604801", ":3: keep-alive: " },
	{ "network=\\q", ":3: network: \"\\\\q\" is not allowed" },
	{ "keepalive=5", ":3: keepalive: is not a key; \"keep-alive\" may be meant" },
	{ "colour=red",
		":3: colour: is not a key; the keys are label, border, backend, home, memory, " },
	{ "label=red", ":3: label: is given twice, first in line 2; keep one of them" },
	{ "label[de]=red", ":3: label[de]: is not a key; \"label\" may be meant" },
	{ "[policy]\nnetwork=yes",
		":4: network: is in the group [policy], which is not known; \"[vm]\" is" },
	{ "network", ":3: \"network\" is neither KEY=VALUE, nor [GROUP], nor a # comment" },
	{ "=yes", ":3: \"=yes\" is neither KEY=VALUE, nor [GROUP], nor a # comment" },
	{ "[vm", ":3: \"[vm\" is neither KEY=VALUE, nor [GROUP], nor a # comment" },
	{ "border=\xff", ":3: is not text in UTF-8" },
};

static void test_wrong_keys(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(wrong_keys); i++) {
		g_autofree char *text =
			g_strconcat("[vm]\nlabel=blue\n", wrong_keys[i].text, "\n", NULL);
		g_autofree char *start = g_strconcat(PATH, wrong_keys[i].error, NULL);
		g_autoptr(GError) error = NULL;
		CU_ASSERT_PTR_NULL(parse(text, &error));
		CU_ASSERT_PTR_NOT_NULL_FATAL(error);
		CU_ASSERT_EQUAL(error->domain, HV_CONFIG_ERROR);
		if (!g_str_has_prefix(error->message, start))
			printf("\n  got      %s\n  expected %s\n", error->message, start);
		CU_ASSERT_TRUE(g_str_has_prefix(error->message, start));
		CU_ASSERT_PTR_NULL(strchr(error->message, '\n'));
	}
}

static void expect_error(const char *path, const char *text, size_t len, enum hv_config_error code,
	const char *message)
{
	g_autoptr(GError) error = NULL;
	CU_ASSERT_PTR_NULL(hv_vm_config_parse(path, text, len, &error));
	CU_ASSERT_TRUE_FATAL(g_error_matches(error, HV_CONFIG_ERROR, (int)code));
	CU_ASSERT_STRING_EQUAL(error->message, message);
}

static void test_missing_label(void)
{
	static const char message[] = PATH
		": label: is missing; every VM needs a colour, like label=blue in the group [vm]";
	expect_error(PATH, "", 0, HV_CONFIG_ERROR_VALUE, message);
	expect_error(PATH, "[vm]\n", 5, HV_CONFIG_ERROR_VALUE, message);
}

static void test_no_group(void)
{
	expect_error(PATH, "label=blue\n", 11, HV_CONFIG_ERROR_SYNTAX,
		PATH ":1: label: comes before any group; the file begins with a line \"[vm]\"");
}

static void test_zero_byte(void)
{
	expect_error(PATH, "[vm]\nlabel=blue\0\n", 17, HV_CONFIG_ERROR_SYNTAX,
		PATH ":2: is not text in UTF-8; save the file in that encoding");
}

static void test_wrong_name(void)
{
	static const char *const paths[] = { "/a/Work.vm", "/a/-a.vm", "/a/.vm", "/a/a b.vm",
		"/a/ä.vm", "/a/a2345678901234567890123456789012x.vm" };
	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autoptr(GError) error = NULL;
		CU_ASSERT_PTR_NULL(hv_vm_config_parse(paths[i], "[vm]\nlabel=blue\n", 16, &error));
		CU_ASSERT_PTR_NOT_NULL_FATAL(error);
		CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "cannot be a VM's name"));
	}
	CU_ASSERT_TRUE(hv_vm_name_valid("a"));
	CU_ASSERT_TRUE(hv_vm_name_valid("a2345678901234567890123456789012"));
}

static void test_unreadable(void)
{
	g_autoptr(GError) error = NULL;
	CU_ASSERT_PTR_NULL(hv_vm_config_load("/nonexistent/work.vm", &error));
	CU_ASSERT_TRUE_FATAL(g_error_matches(error, HV_CONFIG_ERROR, HV_CONFIG_ERROR_READ));
	CU_ASSERT_TRUE(g_str_has_prefix(error->message, "/nonexistent/work.vm: cannot be read: "));
}

static void test_colours(void)
{
	static const char *const names[] = { "blue", "green", "red", "yellow", "orange", "purple",
		"gray", "black", "#000000", "#FFffFF" };
	static const char *const wrong[] = { "", "Blue", "#12345", "#1234567", "123456", "#12345g",
		"#", "#-12345" };
	uint32_t colour;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		CU_ASSERT_TRUE(hv_value_parse_colour(names[i], &colour));
	CU_ASSERT_EQUAL(colour, 0xffffff);
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
		CU_ASSERT_FALSE(hv_value_parse_colour(wrong[i], &colour));
}

static void test_sizes(void)
{
	uint64_t bytes = 0;
	CU_ASSERT_TRUE(hv_value_parse_size("0", 0, 10, &bytes));
	CU_ASSERT_EQUAL(bytes, 0);
	CU_ASSERT_TRUE(hv_value_parse_size("16777215T", 0, UINT64_MAX, &bytes));
	CU_ASSERT_EQUAL(bytes, UINT64_C(16777215) << 40);
	CU_ASSERT_TRUE(hv_value_parse_size("18446744073709551615", 0, UINT64_MAX, &bytes));
	CU_ASSERT_EQUAL(bytes, UINT64_MAX);
	CU_ASSERT_FALSE(hv_value_parse_size("16777216T", 0, UINT64_MAX, &bytes));
	CU_ASSERT_FALSE(hv_value_parse_size("18446744073709551616", 0, UINT64_MAX, &bytes));
	CU_ASSERT_FALSE(hv_value_parse_size(" 1", 0, UINT64_MAX, &bytes));
	CU_ASSERT_FALSE(hv_value_parse_size("K", 0, UINT64_MAX, &bytes));
	CU_ASSERT_EQUAL(bytes, UINT64_MAX);
}

static void test_examples(void)
{
	static const char *const names[] = { "work.vm", "personal.vm" };
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(EXAMPLES, names[i], NULL);
		struct hv_vm_config *config = hv_vm_config_load(path, NULL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(config);
		CU_ASSERT_TRUE(g_str_has_prefix(names[i], config->name));
		hv_vm_config_free(config);
	}
}

static const struct unit_test tests[] = {
	{ "a file with only a label gets the defaults", test_defaults },
	{ "every key of a full file is taken", test_every_key },
	{ "a home that begins with ~ is in the user's home", test_home_of_user },
	{ "a wrong line is reported with file, line, key and what is allowed", test_wrong_keys },
	{ "a file without a label is refused", test_missing_label },
	{ "a key before any group is refused", test_no_group },
	{ "a zero byte is refused", test_zero_byte },
	{ "a file whose name is no VM's name is refused", test_wrong_name },
	{ "a file that cannot be read is reported", test_unreadable },
	{ "colours are names or six hexadecimal digits", test_colours },
	{ "the examples are right", test_examples },
	{ "sizes beyond 64 bits are refused", test_sizes },
};

UNIT_MAIN("vm config", tests)
