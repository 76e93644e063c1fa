/*
 * A line of the audit log.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

/* Which lines are wanted. */
struct hc_log_filter {
	const char *vm; /* that asks or is asked; NULL: all */
	const char *service; /* NULL: all */
};

/* The line for people, or as it is (json); NULL if it is not wanted or no line of an audit log. The
 * caller frees it. */
char *hc_log_line_format(const char *line, const struct hc_log_filter *filter, bool json);
