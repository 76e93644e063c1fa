/*
 * Reports of crashes of the primary's programs, one file each: which program, which signal, where
 * (see vchan-proto/crash.h), and nothing of what a guest or the user has shown, typed or copied.
 */
#pragma once

#include <stdint.h>

#include <glib.h>

enum { HC_CRASH_REPORTS_MAX = 32 /* that are kept */ };

/* The end of a process that another one saw. */
struct hc_crash {
	const char *program;
	const char *vm; /* NULL none */
	int32_t pid;
	int signal; /* 0: not known */
	uint64_t messages; /* that have come from it */
	const char *words; /* its own, hostile; NULL: it said none */
};

/* What is known of a report without reading it all. */
struct hc_crash_summary {
	char *id;
	char *path;
	char *program; /* with its version, if it said that */
	char *vm; /* empty: none */
	int signal;
	int64_t time; /* seconds of the epoch */
};

/* True for a signal that says that a program is wrong, and not that it was told to end. */
gboolean hc_crash_is_by(int signal);

/* Writes a report into the reports' directory, of which the eldest go. Its path, the caller's; NULL
 * if it could not be written. */
char *hc_crash_report_write(const struct hc_crash *crash);

/* Where the program itself can write one, by vp_crash_report_to_file(). The caller frees it; NULL
 * if there is no directory for it. */
char *hc_crash_report_own_path(const char *program);

/* All reports, of struct hc_crash_summary, the newest first; the caller unrefs it. */
GPtrArray *hc_crash_reports_list(void);
