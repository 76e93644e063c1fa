/*
 * The doctor and Oriel's own programs: whether they are there, belong together, and answer.
 */
#include "examinations.h"

#include <string.h>

#include "bounded-run.h"
#include "client.h"
#include "doctor.h"
#include "paths.h"

enum {
	VERSION_SECONDS = 30,
	DISPLAY_SECONDS = 10,
	GRADE_BYTES = 7, /* of the lines of oriel-view --doctor */
};

static void examine_version(GPtrArray *findings, const char *name, const char *path)
{
	const char *const argv[] = { path, "--version", NULL };
	g_autofree char *expected = g_strdup_printf("%s " ORIEL_VERSION, name);
	g_autofree char *output = NULL;
	int status = hc_bounded_run(argv, VERSION_SECONDS, &output);

	g_strchomp(output);
	if (status == 0 && strcmp(output, expected) == 0)
		hv_doctor_add(findings, true, "programs: %s is %s", path, output);
	else if (status == 0)
		hv_doctor_add(findings, false,
			"programs: %s is %s, and this is oriel " ORIEL_VERSION
			": install all of one version",
			path, output);
	else
		hv_doctor_add(findings, false, "programs: %s does not run: install it anew", path);
}

/* oriel-files speaks no versions: it is of no use by hand. */
static void examine_program(GPtrArray *findings, const char *name, bool has_version)
{
	g_autofree char *path = hc_path_program(name);

	if (!path)
		hv_doctor_add(findings, false,
			"programs: %s is neither beside oriel nor on PATH: install it", name);
	else if (has_version)
		examine_version(findings, name, path);
	else
		hv_doctor_add(findings, true, "programs: %s is there", path);
}

/* The broker and the desk */

static void examine_running(GPtrArray *findings, struct hc_client *client)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *version = hc_client_get_version(client, &error);

	if (!version)
		hv_doctor_add(findings, false, "programs: the broker does not answer: %s",
			error->message);
	else if (strcmp(version, ORIEL_VERSION) == 0)
		hv_doctor_add(findings, true, "programs: the broker runs, and is %s", version);
	else
		hv_doctor_tell(findings, HV_FINDING_WARNING,
			"programs: the broker that runs is %s, and this is oriel " ORIEL_VERSION
			": 'oriel restart' mends that, and windows stay",
			version);
}

static bool is_any_up(GVariant *vms)
{
	for (gsize i = 0; i < g_variant_n_children(vms); i++) {
		g_autoptr(GVariant) row = g_variant_get_child_value(vms, i);
		const char *state = "";

		g_variant_lookup(row, "state", "&s", &state);
		if (strcmp(state, "running") == 0)
			return true;
	}
	return false;
}

static void examine_desk(GPtrArray *findings, struct hc_client *client)
{
	g_autoptr(GVariant) desk = hc_client_call(client, "ShowDesk", NULL, "(a{sv})", -1, NULL);
	g_autoptr(GVariant) list = hc_client_call(client, "ListVMs", NULL, "(aa{sv}as)", -1, NULL);
	g_autoptr(GVariant) properties = desk ? g_variant_get_child_value(desk, 0) : NULL;
	g_autoptr(GVariant) vms = list ? g_variant_get_child_value(list, 0) : NULL;

	if (!properties || !vms)
		return;
	if (g_variant_n_children(properties) > 0)
		hv_doctor_add(findings, true, "programs: the desk runs");
	else if (is_any_up(vms))
		hv_doctor_add(findings, false,
			"programs: the desk does not run: nothing can be asked, and shortcuts do "
			"nothing; the broker's log says why");
}

static void examine_broker(GPtrArray *findings)
{
	g_autoptr(GError) error = NULL;
	struct hc_client *client = hc_client_open_running(&error);

	if (client) {
		examine_running(findings, client);
		examine_desk(findings, client);
	} else if (error) {
		hv_doctor_add(findings, false, "programs: %s", error->message);
	} else {
		hv_doctor_add(findings, true,
			"programs: no broker runs; the first command that needs one starts it");
	}
	hc_client_close(client);
}

void hc_examine_programs(GPtrArray *findings)
{
	examine_program(findings, "orield", true);
	examine_program(findings, "oriel-view", true);
	examine_program(findings, "oriel-desk", true);
	examine_program(findings, "oriel-files", false);
	examine_broker(findings);
}

/* The display */

static enum hv_finding_level parse_grade(const char *line)
{
	if (g_str_has_prefix(line, "fine"))
		return HV_FINDING_FINE;
	return g_str_has_prefix(line, "warn") ? HV_FINDING_WARNING : HV_FINDING_WRONG;
}

/* The view has the libraries for it, and can be given up when the X server hangs. */
void hc_examine_display(GPtrArray *findings)
{
	g_autofree char *view = hc_path_program("oriel-view");
	const char *const argv[] = { view, "--doctor", NULL };
	g_autofree char *output = NULL;
	g_auto(GStrv) lines = NULL;

	if (!view)
		return;
	if (hc_bounded_run(argv, DISPLAY_SECONDS, &output) < 0)
		hv_doctor_add(findings, false,
			"display: the X server does not answer within %d s: it hangs; end it or "
			"wake it, or set DISPLAY to another",
			DISPLAY_SECONDS);
	lines = g_strsplit(output, "\n", -1);
	for (size_t i = 0; lines[i]; i++) {
		if (strlen(lines[i]) > GRADE_BYTES)
			hv_doctor_tell(findings, parse_grade(lines[i]), "display: %s",
				lines[i] + GRADE_BYTES);
	}
}
