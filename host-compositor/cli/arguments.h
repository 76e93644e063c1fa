/*
 * The words and options of one command's line.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

enum hc_option {
	HC_OPTION_JSON = 1 << 0, /* --json */
	HC_OPTION_WAIT = 1 << 1, /* --wait */
	HC_OPTION_ONCE = 1 << 2, /* --once */
	HC_OPTION_XL = 1 << 3, /* --xl */
	HC_OPTION_FOLLOW = 1 << 4, /* -f */
	HC_OPTION_VM = 1 << 5, /* --vm NAME */
	HC_OPTION_SERVICE = 1 << 6, /* --service NAME */
	HC_OPTION_LOGIN = 1 << 12, /* --login */
	HC_OPTION_VERBOSE = 1 << 13, /* --verbose */
	HC_OPTION_HELP = 1 << 14, /* --help, -h: allowed everywhere */
};

struct hc_arguments {
	unsigned int options; /* of enum hc_option */
	const char *vm; /* what --vm says, NULL without it; the caller's */
	const char *service; /* what --service says, NULL without it; the caller's */
	const char **words; /* NULL-terminated; the words are the caller's */
	guint count;
	bool separated; /* -- was there */
};

/* How a command's line is read. */
struct hc_grammar {
	unsigned int options; /* those that are allowed */
	guint min; /* words */
	guint max; /* words; 0 with a min: any number */
	guint leading; /* the words after this many are taken as they are, options too; 0: none are
			*/
	guint text; /* the first words, which have to be UTF-8; the rest may be files' names. 0: all
		       have to; HC_TEXT_NONE: none */
};

#define HC_TEXT_NONE G_MAXUINT

/* Reads argv, which is NULL-terminated and without the command's name; where it asks for help, no
 * word needs to be there. False with an error for the user. Cleared with hc_arguments_clear(). */
bool hc_arguments_parse(const struct hc_grammar *grammar, const char *const *argv,
	struct hc_arguments *arguments, GError **error);

void hc_arguments_clear(struct hc_arguments *arguments);

/* True for --help and -h. */
bool hc_arguments_ask_help(const char *word);

/* The name that is nearest to word, if one is near enough to be meant; else NULL. */
const char *hc_arguments_suggest(const char *word, const char *const *names);
