/*
 * oriel: the command line.
 */
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "arguments.h"
#include "commands.h"
#include "output.h"
#include "paths.h"

struct command {
	const char *name; /* one word, or two */
	const char *usage;
	const char *summary;
	struct hc_grammar grammar;
	int (*run)(const struct hc_arguments *arguments);
};

static const struct command commands[] = {
	{ "vm list", "[--json]", "list all VMs", { HC_OPTION_JSON, 0, 0, 0, 0 },
		hc_command_vm_list },
	{ "vm show", "NAME [--json|--xl]", "show all that is known of a VM, or its xl.cfg",
		{ HC_OPTION_JSON | HC_OPTION_XL, 1, 1, 0, 0 }, hc_command_vm_show },
	{ "vm start", "NAME | --login",
		"start a VM, or all that are to run from the login on, and wait until they run",
		{ HC_OPTION_LOGIN, 0, 1, 0, 0 }, hc_command_vm_start },
	{ "vm stop", "NAME", "stop a VM, and wait until nothing is left", { 0, 1, 1, 0, 0 },
		hc_command_vm_stop },
	{ "vm create", "NAME", "start a VM's system, and do not wait for its agent",
		{ 0, 1, 1, 0, 0 }, hc_command_vm_create },
	{ "vm destroy", "NAME", "end a VM at once, as by pulling its plug", { 0, 1, 1, 0, 0 },
		hc_command_vm_destroy },
	{ "vm pause", "NAME", "let a VM stand still", { 0, 1, 1, 0, 0 }, hc_command_vm_pause },
	{ "vm resume", "NAME", "let a paused VM go on", { 0, 1, 1, 0, 0 }, hc_command_vm_resume },
	{ "vm save", "NAME FILE", "save a VM into a file, and end it", { 0, 2, 2, 0, 0 },
		hc_command_vm_save },
	{ "vm restore", "NAME FILE", "let a VM go on from a file", { 0, 2, 2, 0, 0 },
		hc_command_vm_restore },
	{ "run", "VM [--wait] [--verbose] [--] COMMAND [ARG...] | APP-ID",
		"start a command or application in a VM",
		{ HC_OPTION_WAIT | HC_OPTION_VERBOSE, 2, 0, 1, 1 }, hc_command_run },
	{ "copy", "VM:PATH|PATH... VM:|DIRECTORY [--json]",
		"copy files between VMs, or between a VM and the primary",
		{ HC_OPTION_JSON, 2, 0, 0, HC_TEXT_NONE }, hc_command_copy },
	{ "apps", "[VM] [--json]", "list the applications of a VM, or of all",
		{ HC_OPTION_JSON, 0, 1, 0, 0 }, hc_command_apps },
	{ "publish", "VM APP-ID...", "put applications of a VM into the start menu",
		{ 0, 2, G_MAXUINT, 0, 0 }, hc_command_publish },
	{ "unpublish", "VM APP-ID...", "take applications of a VM out of the start menu",
		{ 0, 2, G_MAXUINT, 0, 0 }, hc_command_unpublish },
	{ "menu clean", "", "remove all that Oriel has put into the start menu", { 0, 0, 0, 0, 0 },
		hc_command_menu_clean },
	{ "windows", "[--json]", "list the windows of all VMs", { HC_OPTION_JSON, 0, 0, 0, 0 },
		hc_command_windows },
	{ "top", "[--once] [--json]", "show what each VM costs, once a second",
		{ HC_OPTION_JSON | HC_OPTION_ONCE, 0, 0, 0, 0 }, hc_command_top },
	{ "screenshot", "VM|WINDOW FILE.png", "write a picture of a VM's windows, or of one",
		{ 0, 2, 2, 0, 1 }, hc_command_screenshot },
	{ "clip show", "[--json]", "show what has been taken to be pasted elsewhere",
		{ HC_OPTION_JSON, 0, 0, 0, 0 }, hc_command_clip_show },
	{ "clip copy", "VM|@primary", "take what has been copied there, to paste it elsewhere",
		{ 0, 1, 1, 0, 0 }, hc_command_clip_copy },
	{ "clip paste", "VM|@primary", "let what was taken be pasted there", { 0, 1, 1, 0, 0 },
		hc_command_clip_paste },
	{ "clip clear", "", "forget what was taken, and take back what was given",
		{ 0, 0, 0, 0, 0 }, hc_command_clip_clear },
	{ "policy check", "[FILE...] [--json]", "tell what is wrong with the policy's files",
		{ HC_OPTION_JSON, 0, G_MAXUINT, 0, HC_TEXT_NONE }, hc_command_policy_check },
	{ "policy explain", "SERVICE FROM TO [type=TYPE] [size=SIZE] [--json]",
		"tell what the policy says of a request, and why", { HC_OPTION_JSON, 3, 5, 0, 0 },
		hc_command_policy_explain },
	{ "policy reload", "", "read the policy's files again", { 0, 0, 0, 0, 0 },
		hc_command_policy_reload },
	{ "log", "[-f] [--vm NAME] [--service NAME] [--json]",
		"show what the policy has decided; -f goes on with what it decides",
		{ HC_OPTION_JSON | HC_OPTION_FOLLOW | HC_OPTION_VM | HC_OPTION_SERVICE, 0, 0, 0,
			0 },
		hc_command_log },
	{ "crashes show", "ID", "print a crash report", { 0, 1, 1, 0, 0 },
		hc_command_crashes_show },
	{ "crashes", "[--json]", "list reports of Oriel's programs that have crashed",
		{ HC_OPTION_JSON, 0, 0, 0, 0 }, hc_command_crashes },
	{ "doctor", "[VM] [--json]", "look for what stands in the way of the VMs, or of one",
		{ HC_OPTION_JSON, 0, 1, 0, 0 }, hc_command_doctor },
	{ "restart", "", "restart the broker, and keep VMs and windows", { 0, 0, 0, 0, 0 },
		hc_command_restart },
	{ "quit", "", "stop all VMs and the broker", { 0, 0, 0, 0, 0 }, hc_command_quit },
};

/* With its arguments. The caller frees it. */
static char *describe(const struct command *command)
{
	return g_strjoin(*command->usage ? " " : "", command->name, command->usage, NULL);
}

/* All whose names begin so. */
static void print_commands(const char *prefix)
{
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		g_autofree char *line = describe(&commands[i]);

		if (g_str_has_prefix(commands[i].name, prefix))
			printf("  %s\n      %s\n", line, commands[i].summary);
	}
}

static void print_help(void)
{
	printf("Usage: oriel COMMAND [ARGUMENT...]\n"
	       "Applications of background VMs, as windows on this desktop.\n\n"
	       "Commands:\n");
	print_commands("");
	printf("\nOptions:\n  --help     print this; after a command, its usage\n"
	       "  --version  print the version\n\n"
	       "VMs are described by files, see oriel-vm(5), and what they may do, see "
	       "oriel-policy(5);\neverything else is in oriel(1).\n");
}

static int help_with_command(const struct command *command)
{
	g_autofree char *line = describe(command);

	printf("Usage: oriel %s\n%s\n", line, command->summary);
	return HC_EXIT_DONE;
}

/* The number of words of the line that name the command: 0 if they do not. */
static guint match(const char *name, const char *const *argv)
{
	const char *space = strchr(name, ' ');
	size_t len = space ? (size_t)(space - name) : strlen(name);

	if (!argv[0] || strlen(argv[0]) != len || strncmp(argv[0], name, len) != 0)
		return 0;
	if (!space)
		return 1;
	return argv[1] && strcmp(argv[1], space + 1) == 0 ? 2 : 0;
}

/* The command that the line names, and by how many of its words; NULL if it names none. */
static const struct command *find(const char *const *argv, guint *count)
{
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		*count = match(commands[i].name, argv);
		if (*count > 0)
			return &commands[i];
	}
	return NULL;
}

/* True if the names of commands begin so. */
static bool is_prefix(const char *prefix)
{
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		if (g_str_has_prefix(commands[i].name, prefix))
			return true;
	return false;
}

/* The first of two words that name a command. */
static int help_with_group(const char *word, const char *prefix, bool asked)
{
	if (!asked) {
		fprintf(stderr,
			"oriel: a word is missing after '%s'; 'oriel %s --help' lists them\n", word,
			word);
		return HC_EXIT_USAGE;
	}
	printf("Commands:\n");
	print_commands(prefix);
	return HC_EXIT_DONE;
}

static int fail_unknown(const char *words)
{
	const char *names[G_N_ELEMENTS(commands) + 1] = { NULL };
	const char *nearest;

	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		names[i] = commands[i].name;
	nearest = hc_arguments_suggest(words, names);
	if (nearest)
		fprintf(stderr, "oriel: there is no command '%s'; did you mean '%s'?\n", words,
			nearest);
	else
		fprintf(stderr, "oriel: there is no command '%s'; 'oriel --help' lists them\n",
			words);
	return HC_EXIT_USAGE;
}

/* What is no whole command. */
static int run_unknown(const char *const *argv)
{
	g_autofree char *prefix = g_strconcat(argv[0], " ", NULL);
	g_autofree char *two = g_strjoin(" ", argv[0], argv[1], NULL);
	bool asked = argv[1] && hc_arguments_ask_help(argv[1]);

	if (!is_prefix(prefix))
		return fail_unknown(argv[0]);
	if (!argv[1] || asked)
		return help_with_group(argv[0], prefix, asked);
	return fail_unknown(two);
}

/* oriel help [WORD...] */
static int help_with(const char *const *words)
{
	const char *const group[] = { words[0], "--help", NULL };
	guint count;
	const struct command *command = find(words, &count);

	if (!words[0]) {
		print_help();
		return HC_EXIT_DONE;
	}
	return command ? help_with_command(command) : run_unknown(words[1] ? words : group);
}

static int run_command(const struct command *command, const char *const *argv)
{
	g_autofree char *usage = describe(command);
	g_autoptr(GError) error = NULL;
	struct hc_arguments arguments;
	int result;

	if (!hc_arguments_parse(&command->grammar, argv, &arguments, &error)) {
		fprintf(stderr, "oriel: %s: %s; usage: oriel %s\n", command->name, error->message,
			usage);
		return HC_EXIT_USAGE;
	}
	result = arguments.options & HC_OPTION_HELP ? help_with_command(command)
						    : command->run(&arguments);
	hc_arguments_clear(&arguments);
	return result;
}

static int run(const char *const *words)
{
	guint count;
	const struct command *command = find(words, &count);

	if (!words[0]) {
		fprintf(stderr, "oriel: a command is missing; 'oriel --help' lists them\n");
		return HC_EXIT_USAGE;
	}
	if (strcmp(words[0], "help") == 0)
		return help_with(words + 1);
	if (hc_arguments_ask_help(words[0])) {
		print_help();
		return HC_EXIT_DONE;
	}
	if (strcmp(words[0], "--version") == 0) {
		printf("oriel %s\n", ORIEL_VERSION);
		return HC_EXIT_DONE;
	}
	return command ? run_command(command, words + count) : run_unknown(words);
}

int main(int argc, char **argv)
{
	(void)argc;
	setlocale(LC_ALL, "");
	signal(SIGPIPE, SIG_IGN);
	hc_path_ignore_relative();
	return hc_finish_output(run((const char *const *)argv + 1));
}
