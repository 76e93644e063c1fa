#include "key-lines.h"

#include <string.h>

#include "vm-config.h"

static void key_line_free(gpointer data)
{
	struct hv_key_line *entry = data;
	g_free(entry->group);
	g_free(entry->key);
	g_free(entry);
}

static const struct hv_key_line *find_key(
	const GPtrArray *entries, const char *group, const char *key)
{
	for (guint i = 0; i < entries->len; i++) {
		const struct hv_key_line *entry = g_ptr_array_index(entries, i);
		if (g_str_equal(entry->group, group) && g_str_equal(entry->key, key))
			return entry;
	}
	return NULL;
}

/* NULL if line is no group header. */
static char *parse_group(const char *line)
{
	size_t len = strlen(line);
	if (len < 3 || line[0] != '[' || line[len - 1] != ']' || strcspn(line + 1, "[]") != len - 2)
		return NULL;
	return g_strndup(line + 1, len - 2);
}

static bool add_key(GPtrArray *entries, const char *path, unsigned int number, const char *group,
	const char *line, GError **error)
{
	const char *equals = strchr(line, '=');
	if (equals == NULL || equals == line) {
		g_autofree char *shown = g_strescape(line, NULL);
		g_set_error(error, HV_CONFIG_ERROR, HV_CONFIG_ERROR_SYNTAX,
			"%s:%u: \"%.60s\" is neither KEY=VALUE, nor [GROUP], nor a # comment", path,
			number, shown);
		return false;
	}
	g_autofree char *key = g_strchomp(g_strndup(line, (size_t)(equals - line)));
	g_autofree char *shown = g_strescape(key, NULL);
	if (group == NULL) {
		g_set_error(error, HV_CONFIG_ERROR, HV_CONFIG_ERROR_SYNTAX,
			"%s:%u: %.40s: comes before any group, like \"[vm]\" in the file of a VM",
			path, number, shown);
		return false;
	}
	const struct hv_key_line *earlier = find_key(entries, group, key);
	if (earlier != NULL) {
		g_set_error(error, HV_CONFIG_ERROR, HV_CONFIG_ERROR_SYNTAX,
			"%s:%u: %.40s: is given twice, first in line %u; keep one of them", path,
			number, shown, earlier->line);
		return false;
	}
	struct hv_key_line *entry = g_new(struct hv_key_line, 1);
	*entry = (struct hv_key_line){ g_strdup(group), g_steal_pointer(&key), number };
	g_ptr_array_add(entries, entry);
	return true;
}

static unsigned int count_lines(const char *text, const char *end)
{
	unsigned int lines = 1;
	for (; text < end; text++)
		lines += *text == '\n';
	return lines;
}

static bool check_encoding(const char *path, const char *text, size_t len, GError **error)
{
	const char *bad;
	if (g_utf8_validate_len(text, len, &bad))
		return true;
	g_set_error(error, HV_CONFIG_ERROR, HV_CONFIG_ERROR_SYNTAX,
		"%s:%u: is not text in UTF-8; save the file in that encoding", path,
		count_lines(text, bad));
	return false;
}

static bool is_plain(const char *at, const char *end)
{
	if (*at == '\r')
		return at + 1 < end && at[1] == '\n';
	return *at == '\n' || *at == '\t' || !g_unichar_iscntrl(g_utf8_get_char(at));
}

/* What stands in the file is told in errors, on terminals. */
static bool check_characters(const char *path, const char *text, size_t len, GError **error)
{
	const char *end = text + len;
	for (const char *at = text; at != NULL && at < end; at = g_utf8_find_next_char(at, end)) {
		if (is_plain(at, end))
			continue;
		g_set_error(error, HV_CONFIG_ERROR, HV_CONFIG_ERROR_SYNTAX,
			"%s:%u: has a control character (U+%04X); remove it", path,
			count_lines(text, at), g_utf8_get_char(at));
		return false;
	}
	return true;
}

GPtrArray *hv_key_lines_parse(const char *path, const char *text, size_t len, GError **error)
{
	if (!check_encoding(path, text, len, error) || !check_characters(path, text, len, error))
		return NULL;
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(key_line_free);
	g_autofree char *copy = g_strndup(text, len);
	g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
	g_autofree char *group = NULL;
	for (unsigned int i = 0; lines[i] != NULL; i++) {
		const char *line = g_strstrip(lines[i]);
		if (line[0] == '\0' || line[0] == '#')
			continue;
		char *header = parse_group(line);
		if (header != NULL) {
			g_free(group);
			group = header;
		} else if (!add_key(entries, path, i + 1, group, line, error)) {
			return NULL;
		}
	}
	return g_steal_pointer(&entries);
}
