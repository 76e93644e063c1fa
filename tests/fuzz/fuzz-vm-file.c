/*
 * The bytes of a VM's file: what is taken from it is within its bounds, what is made of it for xl
 * has nothing that is not quoted, and what is said of a wrong one is a line that names the file.
 */
#include <string.h>

#include "fuzz.h"
#include "line.h"
#include "publish.h"
#include "values.h"
#include "vm-config.h"
#include "xen-xl.h"

#define FILE_NAME "/vms/work.vm"

static void check_error(const char *message)
{
	fuzz_require(g_str_has_prefix(message, FILE_NAME ":"));
	fuzz_require_line(message);
}

static void check_config(const struct hv_vm_config *config)
{
	uint32_t colour;

	fuzz_require(strcmp(config->name, "work") == 0 && strcmp(config->path, FILE_NAME) == 0);
	fuzz_require(config->border >= 1 && config->border <= HV_BORDER_MAX);
	fuzz_require(hv_value_parse_colour(config->label, &colour) && colour == config->colour);
	fuzz_require(hv_value_is_plain_path(config->home));
	fuzz_require(config->keep_alive >= HV_KEEP_ALIVE_FOREVER);
	fuzz_require(config->memory_limit == 0 || (config->memory_limit >= HV_MEMORY_MIN &&
							  config->memory_limit <= HV_MEMORY_MAX));
	fuzz_require(config->xen.disks->len <= HV_XEN_DISKS_MAX);
	fuzz_require(config->xen.networks->len <= HV_XEN_NETWORKS_MAX);
	hv_publish_matches((const char *const *)config->publish, "org.example.Editor.desktop");
}

/* A line of xl's is KEY = NUMBER, KEY = "TEXT", one of a list's, or a comment. */
static bool is_line_of_xl(const char *line)
{
	const char *quoted = strchr(line, '"');

	if (line[0] == '#' || quoted == NULL)
		return true;
	for (quoted++; *quoted != '"'; quoted++) {
		if (*quoted == '\\')
			quoted++;
		if (*quoted == '\0' || g_ascii_iscntrl(*quoted))
			return false;
	}
	return quoted[1] == '\0' || strcmp(quoted + 1, ",") == 0;
}

static void check_xl(const struct hv_vm_config *config)
{
	g_autofree char *text = hv_xen_xl_render(config);
	g_auto(GStrv) lines = NULL;

	if (text == NULL)
		return;
	lines = g_strsplit(text, "\n", -1);
	for (size_t i = 0; lines[i] != NULL; i++)
		fuzz_require(is_line_of_xl(lines[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	struct hv_vm_config *config =
		hv_vm_config_parse(FILE_NAME, (const char *)data, size, &error);

	fuzz_require((config == NULL) == (error != NULL));
	if (config == NULL) {
		check_error(error->message);
		return 0;
	}
	check_config(config);
	if (config->backend == HV_BACKEND_XEN)
		check_xl(config);
	hv_vm_config_free(config);
	return 0;
}
