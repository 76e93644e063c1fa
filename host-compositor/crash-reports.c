#define G_LOG_DOMAIN "hc-crash-reports"

#include "crash-reports.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "paths.h"

#define SUFFIX ".txt"

static void summary_free(gpointer data)
{
	struct hc_crash_summary *summary = data;

	g_free(summary->id);
	g_free(summary->path);
	g_free(summary->program);
	g_free(summary->vm);
	g_free(summary);
}

/* The value of a report's line "key value"; empty without one. The caller frees it. */
static char *find_line(char *const *lines, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; lines[i]; i++) {
		if (strncmp(lines[i], key, len) == 0 && lines[i][len] == ' ')
			return g_strdup(lines[i] + len + 1);
	}
	return g_strdup("");
}

static struct hc_crash_summary *read_summary(const char *directory, const char *name)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	g_autofree char *text = NULL;
	g_autofree char *number = NULL;
	g_auto(GStrv) lines = NULL;
	struct hc_crash_summary *summary;
	struct stat info;

	if (!g_str_has_suffix(name, SUFFIX) || stat(path, &info) < 0 ||
		!g_file_get_contents(path, &text, NULL, NULL))
		return NULL;
	lines = g_strsplit(text, "\n", -1);
	number = find_line(lines, "signal");
	summary = g_new(struct hc_crash_summary, 1);
	*summary = (struct hc_crash_summary){
		.id = g_strndup(name, strlen(name) - strlen(SUFFIX)),
		.path = g_steal_pointer(&path),
		.program = find_line(lines, "program"),
		.vm = find_line(lines, "vm"),
		.signal = atoi(number),
		.time = info.st_mtime,
	};
	return summary;
}

static int compare_summaries(const void *a, const void *b)
{
	const struct hc_crash_summary *const *first = a;
	const struct hc_crash_summary *const *second = b;

	if ((*first)->time != (*second)->time)
		return (*first)->time < (*second)->time ? 1 : -1;
	return strcmp((*second)->id, (*first)->id);
}

GPtrArray *hc_crash_reports_list(void)
{
	GPtrArray *summaries = g_ptr_array_new_with_free_func(summary_free);
	g_autofree char *path = hc_path_crashes();
	g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
	const char *name;

	while (directory && (name = g_dir_read_name(directory))) {
		struct hc_crash_summary *summary = read_summary(path, name);

		if (summary)
			g_ptr_array_add(summaries, summary);
	}
	g_ptr_array_sort(summaries, compare_summaries);
	return summaries;
}

/* Makes room for one more. */
static void prune(void)
{
	g_autoptr(GPtrArray) summaries = hc_crash_reports_list();

	for (guint i = HC_CRASH_REPORTS_MAX - 1; i < summaries->len; i++) {
		const struct hc_crash_summary *summary = g_ptr_array_index(summaries, i);

		unlink(summary->path);
	}
}

static char *make_path(const char *program, int32_t pid)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *time = g_date_time_format(now, "%Y%m%dT%H%M%S");
	g_autofree char *directory = hc_path_crashes();
	g_autofree char *name = g_strdup_printf("%s-%s-%d" SUFFIX, program, time, (int)pid);

	if (g_mkdir_with_parents(directory, 0700) < 0) {
		g_warning("crash reports cannot be kept: %s: %s", directory, g_strerror(errno));
		return NULL;
	}
	prune();
	return g_build_filename(directory, name, NULL);
}

char *hc_crash_report_own_path(const char *program)
{
	return make_path(program, (int32_t)getpid());
}

gboolean hc_crash_is_by(int signal)
{
	return signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE ||
	       signal == SIGABRT || signal == SIGSYS || signal == SIGTRAP;
}

static void append_words(GString *text, const char *words)
{
	g_string_append(text, "in its own words:\n");
	for (const char *c = words; *c; c++)
		g_string_append_c(text, g_ascii_isprint(*c) || *c == '\n' ? *c : '?');
}

static char *format(const struct hc_crash *crash)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "program %s " ORIEL_VERSION "\n", crash->program);
	if (crash->vm)
		g_string_append_printf(text, "vm %s\n", crash->vm);
	g_string_append_printf(
		text, "pid %d\nmessages %" G_GUINT64_FORMAT "\n", (int)crash->pid, crash->messages);
	if (crash->signal != 0)
		g_string_append_printf(text, "signal %d\n", crash->signal);
	if (crash->signal == SIGSYS)
		g_string_append(text, "cause its sandbox forbids a system call that it made\n");
	if (crash->words)
		append_words(text, crash->words);
	return g_string_free(text, FALSE);
}

char *hc_crash_report_write(const struct hc_crash *crash)
{
	g_autofree char *path = make_path(crash->program, crash->pid);
	g_autofree char *text = format(crash);
	g_autoptr(GError) error = NULL;

	if (!path)
		return NULL;
	if (g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error))
		return g_steal_pointer(&path);
	g_warning("a crash report cannot be written: %s", error->message);
	return NULL;
}
