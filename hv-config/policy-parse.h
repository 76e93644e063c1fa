/*
 * The policy's text: a rule a line, "include PATH" lines, and comments from # on. Pure: whoever
 * parses says how a file is included.
 */
#pragma once

#include <stddef.h>

#include "policy-rule.h"

/* Something wrong with a file, or to be warned of. */
struct hv_policy_problem {
	const char *file; /* interned */
	unsigned int line; /* from 1; 0: the file as a whole */
	unsigned int column; /* from 1, in characters; 0: the line as a whole */
	bool warning;
	char *text;
};

/* What files have been parsed into. */
struct hv_policy_text {
	enum hv_policy_layer layer;
	GPtrArray *rules; /* of struct hv_policy_rule, in their order */
	GPtrArray *problems; /* of struct hv_policy_problem */
	unsigned int depth; /* of files that include one another; hv_policy_parse() keeps it */
	/* Parses the file at path, which an include line of file names; false with a reason for
	 * people, which is freed. NULL: nothing can be included. */
	bool (*include)(void *data, struct hv_policy_text *text, const char *file, const char *path,
		char **reason);
	void *data;
};

enum { HV_POLICY_DEPTH_MAX = 8 };

void hv_policy_text_init(struct hv_policy_text *text, enum hv_policy_layer layer);
void hv_policy_text_finish(struct hv_policy_text *text);

/* Appends a file's rules and problems. bytes need not be text. */
void hv_policy_parse(struct hv_policy_text *text, const char *file, const char *bytes, size_t len);

/* New arrays of rules and of problems, empty, that own what is in them. */
GPtrArray *hv_policy_rules_new(void);
GPtrArray *hv_policy_problems_new(void);

/* Appends a problem; line and column as in the struct. */
void hv_policy_problems_add(GPtrArray *problems, const char *file, unsigned int line,
	unsigned int column, const char *format, ...) G_GNUC_PRINTF(5, 6);
void hv_policy_problems_warn(GPtrArray *problems, const char *file, unsigned int line,
	const char *format, ...) G_GNUC_PRINTF(4, 5);

/* True if one of them is no mere warning. */
bool hv_policy_problems_fatal(const GPtrArray *problems);

/* "FILE:LINE:COLUMN: what is wrong", without what is 0; the caller frees it. */
char *hv_policy_problem_print(const struct hv_policy_problem *problem);
