#include "publish.h"

#include <string.h>

#include <glib.h>

#define SUFFIX ".desktop"

/* Of an id, and * and ?. */
static bool pattern_valid(const char *pattern)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._+-*?";
	if (*pattern == '!')
		pattern++;
	return *pattern != '\0' && strspn(pattern, letters) == strlen(pattern);
}

bool hv_publish_parse(const char *text, char ***patterns)
{
	g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	for (size_t i = 0; words[i] != NULL; i++) {
		if (*words[i] == '\0')
			continue;
		if (!pattern_valid(words[i]))
			return false;
		g_strv_builder_add(builder, words[i]);
	}
	*patterns = g_strv_builder_end(builder);
	return true;
}

static bool matches(const char *pattern, const char *id)
{
	g_autofree char *bare = g_strndup(
		id, g_str_has_suffix(id, SUFFIX) ? strlen(id) - strlen(SUFFIX) : strlen(id));
	return g_pattern_match_simple(pattern, id) || g_pattern_match_simple(pattern, bare);
}

bool hv_publish_matches(const char *const *patterns, const char *id)
{
	bool published = false;
	for (size_t i = 0; patterns[i] != NULL; i++) {
		bool excludes = *patterns[i] == '!';
		if (!matches(patterns[i] + (excludes ? 1 : 0), id))
			continue;
		if (excludes)
			return false;
		published = true;
	}
	return published;
}
