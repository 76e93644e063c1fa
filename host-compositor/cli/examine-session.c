/*
 * The doctor and the user's session: the policy, the session bus, and a guest's own doctor.
 */
#include "examinations.h"

#include <string.h>

#include <gio/gio.h>

#include "client.h"
#include "doctor.h"
#include "paths.h"
#include "policy-files.h"
#include "policy-review.h"

#define BUS_NAME "org.freedesktop.DBus"
#define BUS_PATH "/org/freedesktop/DBus"
#define NOTIFICATIONS "org.freedesktop.Notifications"

enum { BUS_MS = 5000 };

/* The policy */

static void tell_problems(GPtrArray *findings, const GPtrArray *problems)
{
	for (guint i = 0; i < problems->len; i++) {
		const struct hv_policy_problem *problem = g_ptr_array_index(problems, i);
		g_autofree char *line = hv_policy_problem_print(problem);

		hv_doctor_tell(findings, problem->warning ? HV_FINDING_WARNING : HV_FINDING_WRONG,
			"policy: %s", line);
	}
}

static void examine_policy(GPtrArray *findings)
{
	g_auto(GStrv) vm_directories = hv_inventory_directories();
	struct hv_inventory *inventory = hv_inventory_load((const char *const *)vm_directories);
	g_auto(GStrv) directories = hv_policy_directories();
	struct hv_policy_files files;

	hv_policy_files_load((const char *const *)directories, &files);
	if (files.policy)
		hv_policy_review(files.policy, inventory, files.problems);
	tell_problems(findings, files.problems);
	if (files.policy)
		hv_doctor_add(findings, true, "policy: its files can be used");
	else
		hv_doctor_add(findings, false,
			"policy: none is in force but the last one that was right: mend its files, "
			"'oriel policy check' looks at them again");
	hv_policy_files_clear(&files);
	hv_inventory_free(inventory);
}

/* The session bus */

/* Whether the list of names that the bus has of them has the name. */
static bool bus_lists(GDBusConnection *bus, const char *method, const char *name)
{
	g_autoptr(GVariant) reply = g_dbus_connection_call_sync(bus, BUS_NAME, BUS_PATH, BUS_NAME,
		method, NULL, G_VARIANT_TYPE("(as)"), G_DBUS_CALL_FLAGS_NONE, BUS_MS, NULL, NULL);
	g_auto(GStrv) names = NULL;

	if (!reply)
		return false;
	g_variant_get(reply, "(^as)", &names);
	return g_strv_contains((const char *const *)names, name);
}

static void examine_bus(GPtrArray *findings)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *address = hc_path_session_bus();
	g_autoptr(GDBusConnection) bus = NULL;

	if (address)
		bus = g_dbus_connection_new_for_address_sync(address,
			G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
				G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
			NULL, NULL, &error);
	if (!bus) {
		hv_doctor_tell(findings, HV_FINDING_WARNING,
			"session: there is no session bus (%s): nothing can be notified; start "
			"this in a desktop session, or by dbus-run-session",
			error ? error->message : "DBUS_SESSION_BUS_ADDRESS is not set");
		return;
	}
	hv_doctor_add(findings, true, "session: the session bus can be used");
	if (bus_lists(bus, "ListNames", NOTIFICATIONS) ||
		bus_lists(bus, "ListActivatableNames", NOTIFICATIONS))
		hv_doctor_add(findings, true, "session: notifications are shown");
	else
		hv_doctor_tell(findings, HV_FINDING_WARNING,
			"session: nobody shows notifications, those of guests neither: start a "
			"notification server, such as dunst or that of your desktop");
}

void hc_examine_session(GPtrArray *findings)
{
	examine_policy(findings);
	examine_bus(findings);
}

/* A guest */

static bool is_running(struct hc_client *client, const char *vm, GError **error)
{
	g_autoptr(GVariant) reply =
		hc_client_call(client, "ShowVM", g_variant_new("(s)", vm), "(a{sv})", -1, error);
	g_autoptr(GVariant) properties = reply ? g_variant_get_child_value(reply, 0) : NULL;
	const char *state = "";

	return properties && g_variant_lookup(properties, "state", "&s", &state) &&
	       strcmp(state, "running") == 0;
}

/* The exit status of oriel-agent --doctor in the guest; -1 with an error. */
static int run_doctor(struct hc_client *client, const char *vm, GError **error)
{
	const char *const words[] = { "oriel-agent", "--doctor", NULL };
	g_autoptr(GVariant) launched = hc_client_call(
		client, "Run", g_variant_new("(ss^aay)", vm, "", words), "(ui)", -1, error);
	g_autoptr(GVariant) ended = NULL;
	guint32 launch = 0;
	gint32 status = -1;

	if (!launched)
		return -1;
	g_variant_get(launched, "(ui)", &launch, NULL);
	ended = hc_client_call(client, "Wait", g_variant_new("(su)", vm, launch), "(i)", -1, error);
	if (ended)
		g_variant_get(ended, "(i)", &status);
	return status;
}

static void examine_inside(GPtrArray *findings, struct hc_client *client, const char *vm)
{
	g_autoptr(GError) error = NULL;
	int status;

	if (!is_running(client, vm, &error)) {
		hv_doctor_add(
			findings, true, "%s: it does not run, and so cannot be looked into", vm);
		return;
	}
	status = run_doctor(client, vm, &error);
	if (status == 0)
		hv_doctor_add(
			findings, true, "%s: oriel-agent --doctor finds nothing wrong in it", vm);
	else
		hv_doctor_add(findings, false, "%s: %s; run oriel-agent --doctor in it", vm,
			error ? error->message : "something is wrong in it");
}

void hc_examine_guest(GPtrArray *findings, const char *vm)
{
	g_autoptr(GError) error = NULL;
	struct hc_client *client = hc_client_open_running(&error);

	if (client)
		examine_inside(findings, client, vm);
	else if (error)
		hv_doctor_add(findings, false, "%s", error->message);
	hc_client_close(client);
}
