#define G_LOG_DOMAIN "hc-audit"

#include "audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-glib/json-glib.h>

#include "policy-explain.h"

#define JOURNAL_IDENTIFIER "oriel-audit"
#define JOURNAL_PRIORITY "5" /* notice */

enum { DIRECTORY_MODE = 0700, FILE_MODE = 0600 };

struct hc_audit {
	char *path;
	int fd; /* -1 until it can be opened */
	bool failed; /* and that has been told */
};

struct hc_audit *hc_audit_create(const char *path)
{
	struct hc_audit *audit = g_new0(struct hc_audit, 1);

	audit->path = g_strdup(path);
	audit->fd = -1;
	return audit;
}

static void close_file(struct hc_audit *audit)
{
	if (audit->fd >= 0)
		close(audit->fd);
	audit->fd = -1;
}

void hc_audit_destroy(struct hc_audit *audit)
{
	if (!audit)
		return;
	close_file(audit);
	g_free(audit->path);
	g_free(audit);
}

/* The line */

static void add_text(JsonBuilder *builder, const char *name, const char *text)
{
	json_builder_set_member_name(builder, name);
	if (text)
		json_builder_add_string_value(builder, text);
	else
		json_builder_add_null_value(builder);
}

static const char *outcome_name(enum hc_audit_outcome outcome)
{
	switch (outcome) {
	case HC_AUDIT_DENY:
		return "deny";
	case HC_AUDIT_ALLOW:
		return "allow";
	case HC_AUDIT_FAIL:
		return "fail";
	}
	return "unknown";
}

static void add_content(JsonBuilder *builder, const struct hc_audit_entry *entry)
{
	const struct hv_policy_service_info *info = hv_policy_service_info(entry->request->service);

	add_text(builder, "type", entry->request->type);
	json_builder_set_member_name(builder, "size");
	if (info->options & HV_POLICY_OPTION_MAX)
		json_builder_add_int_value(builder, (gint64)MIN(entry->bytes, G_MAXINT64));
	else
		json_builder_add_null_value(builder);
	add_text(builder, "sha256", entry->sha256);
}

static char *make_line(int64_t time, const struct hc_audit_entry *entry)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();
	g_autoptr(JsonGenerator) generator = json_generator_new();
	g_autoptr(JsonNode) root = NULL;
	g_autoptr(GDateTime) seconds = g_date_time_new_from_unix_utc(time / G_USEC_PER_SEC);
	g_autoptr(GDateTime) exact = g_date_time_add(seconds, time % G_USEC_PER_SEC);
	g_autofree char *stamp = g_date_time_format(exact, "%Y-%m-%dT%H:%M:%S.%fZ");

	json_builder_begin_object(builder);
	add_text(builder, "time", stamp);
	add_text(builder, "service", hv_policy_service_info(entry->request->service)->name);
	add_text(builder, "from", hv_policy_peer_name(&entry->request->from));
	add_text(builder, "to", hv_policy_peer_name(&entry->request->to));
	add_content(builder, entry);
	add_text(builder, "rule", entry->rule);
	add_text(builder, "reason", hv_policy_reason_name(entry->reason));
	add_text(builder, "answer", entry->answer);
	add_text(builder, "outcome", outcome_name(entry->outcome));
	add_text(builder, "failure", entry->failure);
	json_builder_end_object(builder);
	root = json_builder_get_root(builder);
	json_generator_set_root(generator, root);
	return json_generator_to_data(generator, NULL);
}

/* The file */

static bool open_file(struct hc_audit *audit)
{
	g_autofree char *directory = g_path_get_dirname(audit->path);

	if (audit->fd >= 0)
		return true;
	g_mkdir_with_parents(directory, DIRECTORY_MODE);
	audit->fd = open(
		audit->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	return audit->fd >= 0;
}

/* PATH.3 becomes PATH.4 and so on; the oldest goes. */
static void put_aside(struct hc_audit *audit)
{
	close_file(audit);
	for (int i = HC_AUDIT_FILES_MAX - 1; i > 0; i--) {
		g_autofree char *from = i > 1 ? g_strdup_printf("%s.%d", audit->path, i - 1)
					      : g_strdup(audit->path);
		g_autofree char *to = g_strdup_printf("%s.%d", audit->path, i);

		rename(from, to);
	}
}

static bool append(struct hc_audit *audit, const char *line, size_t len)
{
	struct stat file;
	ssize_t written;

	if (!open_file(audit))
		return false;
	if (fstat(audit->fd, &file) == 0 && file.st_size > 0 &&
		(size_t)file.st_size + len > HC_AUDIT_SIZE_MAX) {
		put_aside(audit);
		if (!open_file(audit))
			return false;
	}
	written = write(audit->fd, line, len);
	if (written == (ssize_t)len)
		return true;
	/* No half a line, to which the next one would be joined. */
	if (written > 0 && fstat(audit->fd, &file) == 0)
		(void)!ftruncate(audit->fd, file.st_size - written);
	if (written >= 0)
		errno = ENOSPC;
	return false;
}

static void write_journal(const char *line)
{
	const GLogField fields[] = {
		{ "MESSAGE", line, -1 },
		{ "PRIORITY", JOURNAL_PRIORITY, -1 },
		{ "SYSLOG_IDENTIFIER", JOURNAL_IDENTIFIER, -1 },
	};

	g_log_writer_journald(G_LOG_LEVEL_MESSAGE, fields, G_N_ELEMENTS(fields), NULL);
}

void hc_audit_write(struct hc_audit *audit, int64_t time, const struct hc_audit_entry *entry)
{
	g_autofree char *text = make_line(time, entry);
	g_autofree char *line = g_strconcat(text, "\n", NULL);
	bool written = append(audit, line, strlen(line));

	write_journal(text);
	if (!written && !audit->failed)
		g_warning("%s: decisions of the policy cannot be noted: %s", audit->path,
			g_strerror(errno));
	audit->failed = !written;
}
