#include "log-line.h"

#include <json-glib/json-glib.h>

#include "output.h"

/* Empty if there is no such text. */
static const char *member(JsonObject *object, const char *name)
{
	return json_object_get_string_member_with_default(object, name, "");
}

static bool wanted(JsonObject *object, const struct hc_log_filter *filter)
{
	if (filter->service && !g_str_equal(member(object, "service"), filter->service))
		return false;
	return !filter->vm || g_str_equal(member(object, "from"), filter->vm) ||
	       g_str_equal(member(object, "to"), filter->vm);
}

static char *format_time(const char *text)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_iso8601(text, NULL);
	g_autoptr(GDateTime) local = utc ? g_date_time_to_local(utc) : NULL;

	return local ? g_date_time_format(local, "%Y-%m-%d %H:%M:%S") : g_strdup(text);
}

/* ", text/plain, 1.5 KiB", as far as it is there. */
static char *format_content(JsonObject *object)
{
	GString *text = g_string_new(NULL);
	gint64 size = json_object_get_int_member_with_default(object, "size", -1);

	if (*member(object, "type"))
		g_string_append_printf(text, ", %s", member(object, "type"));
	if (size >= 0) {
		g_autofree char *bytes = hc_format_bytes((double)size);

		g_string_append_printf(text, ", %s", bytes);
	}
	return g_string_free(text, FALSE);
}

static char *format_for_people(JsonObject *object)
{
	g_autofree char *time = format_time(member(object, "time"));
	g_autofree char *content = format_content(object);
	const char *rule = member(object, "rule");
	const char *answer = member(object, "answer");
	const char *failure = member(object, "failure");
	g_autofree char *text = g_strdup_printf("%s  %s  %s, %s to %s%s: %s (%s%s%s)%s%s", time,
		member(object, "outcome"), member(object, "service"), member(object, "from"),
		member(object, "to"), content, *rule ? rule : "no rule", member(object, "reason"),
		*answer ? ", " : "", answer, *failure ? ": " : "", failure);

	return hc_format_printable(text);
}

char *hc_log_line_format(const char *line, const struct hc_log_filter *filter, bool json)
{
	g_autoptr(JsonNode) node = json_from_string(line, NULL);
	JsonObject *object;

	if (!node || !JSON_NODE_HOLDS_OBJECT(node))
		return NULL;
	object = json_node_get_object(node);
	if (!wanted(object, filter))
		return NULL;
	return json ? g_strdup(line) : format_for_people(object);
}
