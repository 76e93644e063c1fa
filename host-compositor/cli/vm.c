/*
 * oriel vm list, show, and what starts, stops and changes VMs.
 */
#include <string.h>

#include "arguments.h"
#include "client.h"
#include "commands.h"
#include "output.h"
#include "row.h"
#include "xl.h"

/* The longest name of a property. */
enum { NAME_WIDTH = sizeof("bytes_copied_by_agent") - 1 };

static void print_vms(GVariant *vms)
{
	static const struct hc_column columns[] = {
		{ "NAME", HC_ALIGN_LEFT, hc_cell_text, "name" },
		{ "STATE", HC_ALIGN_LEFT, hc_cell_text, "state" },
		{ "LABEL", HC_ALIGN_LEFT, hc_cell_text, "label" },
		{ "BACKEND", HC_ALIGN_LEFT, hc_cell_text, "backend" },
		{ "WINDOWS", HC_ALIGN_RIGHT, hc_cell_number, "windows" },
		{ "MEMORY", HC_ALIGN_RIGHT, hc_cell_bytes, "memory" },
		{ "DISPLAY", HC_ALIGN_LEFT, hc_cell_text, "display" },
		{ "REASON", HC_ALIGN_LEFT, hc_cell_text, "reason" },
	};

	hc_table_print(vms, columns, G_N_ELEMENTS(columns));
}

int hc_command_vm_list(const struct hc_arguments *arguments)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = NULL;
	g_autoptr(GVariant) vms = NULL;
	g_autofree const char **errors = NULL;
	struct hc_client *client = hc_client_open(&error);

	if (client)
		reply = hc_client_call(client, "ListVMs", NULL, "(aa{sv}as)", -1, &error);
	hc_client_close(client);
	if (!reply)
		return hc_fail(error);
	g_variant_get(reply, "(@aa{sv}^a&s)", &vms, &errors);
	if (arguments->options & HC_OPTION_JSON)
		hc_print_json(vms);
	else
		print_vms(vms);
	if (g_variant_n_children(vms) == 0 && !errors[0])
		fprintf(stderr,
			"oriel: there are no VMs yet: each is a file in %s/oriel/vms, see "
			"oriel-vm(5)\n",
			g_get_user_config_dir());
	for (size_t i = 0; errors[i]; i++)
		fprintf(stderr, "oriel: %s\n", errors[i]);
	return errors[0] ? HC_EXIT_FAILED : HC_EXIT_DONE;
}

static void print_property(const char *name, const char *value)
{
	printf("%-*s%s%s\n", *value ? NAME_WIDTH : 0, name, *value ? " " : "", value);
}

/* "key: value" lines; a dictionary's own keys after its name. */
static void print_properties(GVariant *properties, const char *prefix)
{
	GVariantIter iter;
	const char *key;
	GVariant *value;

	g_variant_iter_init(&iter, properties);
	while (g_variant_iter_loop(&iter, "{&sv}", &key, &value)) {
		g_autofree char *name = g_strconcat(prefix, key, NULL);

		if (g_variant_is_of_type(value, G_VARIANT_TYPE_VARDICT)) {
			g_autofree char *inner = g_strconcat(name, ".", NULL);

			print_properties(value, inner);
		} else if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING)) {
			g_autofree char *text =
				hc_format_printable(g_variant_get_string(value, NULL));

			print_property(name, text);
		} else {
			g_autofree char *text = g_variant_print(value, FALSE);

			print_property(name, text);
		}
	}
}

int hc_command_vm_show(const struct hc_arguments *arguments)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = NULL;
	g_autoptr(GVariant) properties = NULL;
	struct hc_client *client;

	if (arguments->options & HC_OPTION_XL)
		return hc_xl_print(arguments->words[0]);
	client = hc_client_open(&error);
	if (client)
		reply = hc_client_call(client, "ShowVM", g_variant_new("(s)", arguments->words[0]),
			"(a{sv})", -1, &error);
	hc_client_close(client);
	if (!reply)
		return hc_fail(error);
	properties = g_variant_get_child_value(reply, 0);
	if (arguments->options & HC_OPTION_JSON) {
		g_autoptr(GVariant) array = g_variant_ref_sink(
			g_variant_new_array(G_VARIANT_TYPE_VARDICT, &properties, 1));

		hc_print_json(array);
	} else {
		print_properties(properties, "");
	}
	return HC_EXIT_DONE;
}

/* Calls a method that begins with the VM's name and returns nothing; parameters may be floating. */
static int call_for_vm(const char *method, GVariant *parameters)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) owned = g_variant_ref_sink(parameters);
	g_autoptr(GVariant) reply = NULL;
	struct hc_client *client = hc_client_open_to_start(&error);

	if (client)
		reply = hc_client_call(client, method, owned, NULL, -1, &error);
	hc_client_close(client);
	return reply ? HC_EXIT_DONE : hc_fail(error);
}

static int call_with_name(const char *method, const struct hc_arguments *arguments)
{
	return call_for_vm(method, g_variant_new("(s)", arguments->words[0]));
}

/* The broker has another working directory. */
static int call_with_file(const char *method, const struct hc_arguments *arguments)
{
	g_autofree char *path = g_canonicalize_filename(arguments->words[1], NULL);

	return call_for_vm(method, g_variant_new("(ss)", arguments->words[0], path));
}

int hc_command_vm_start(const struct hc_arguments *arguments)
{
	bool login = arguments->options & HC_OPTION_LOGIN;

	if (login == (arguments->count > 0)) {
		fputs("oriel: vm start: either a VM's name or --login is needed\n", stderr);
		return HC_EXIT_USAGE;
	}
	if (login)
		return hc_command_vm_start_login();
	return call_with_name("StartVM", arguments);
}

int hc_command_vm_stop(const struct hc_arguments *arguments)
{
	return call_with_name("StopVM", arguments);
}

int hc_command_vm_create(const struct hc_arguments *arguments)
{
	return call_with_name("CreateVM", arguments);
}

int hc_command_vm_destroy(const struct hc_arguments *arguments)
{
	return call_with_name("DestroyVM", arguments);
}

int hc_command_vm_pause(const struct hc_arguments *arguments)
{
	return call_with_name("PauseVM", arguments);
}

int hc_command_vm_resume(const struct hc_arguments *arguments)
{
	return call_with_name("ResumeVM", arguments);
}

int hc_command_vm_save(const struct hc_arguments *arguments)
{
	return call_with_file("SaveVM", arguments);
}

int hc_command_vm_restore(const struct hc_arguments *arguments)
{
	return call_with_file("RestoreVM", arguments);
}
