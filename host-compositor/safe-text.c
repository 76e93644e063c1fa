#include "safe-text.h"

#include <string.h>

#include <glib.h>

#define APPLICATION_SUFFIX ".desktop"

/* Invisible characters that reorder, join or hide their neighbours (Unicode's Cf and bidi
 * controls), and those that end a line. Legitimate joiners (U+200C, U+200D) are needed by scripts
 * and emoji: they stay. */
static bool is_deceptive(gunichar c)
{
	switch (g_unichar_type(c)) {
	case G_UNICODE_FORMAT:
		return c != 0x200c && c != 0x200d;
	case G_UNICODE_SURROGATE:
	case G_UNICODE_UNASSIGNED:
	case G_UNICODE_PRIVATE_USE:
		return true;
	default:
		return false;
	}
}

static bool is_blank(gunichar c)
{
	switch (g_unichar_type(c)) {
	case G_UNICODE_CONTROL:
	case G_UNICODE_LINE_SEPARATOR:
	case G_UNICODE_PARAGRAPH_SEPARATOR:
	case G_UNICODE_SPACE_SEPARATOR:
		return true;
	default:
		return false;
	}
}

char *hc_safe_text(struct vp_text text)
{
	GString *clean = g_string_sized_new(text.len);
	const char *end = text.data + text.len;
	gunichar c = 0;

	for (const char *at = text.data; at < end; at += g_unichar_to_utf8(c, NULL)) {
		c = g_utf8_get_char(at);
		if (is_blank(c))
			g_string_append_c(clean, ' ');
		else if (!is_deceptive(c))
			g_string_append_unichar(clean, c);
	}
	return g_string_free(clean, FALSE);
}

static bool consists_of(struct vp_text text, const char *others)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!g_ascii_isalnum(text.data[i]) &&
			(text.data[i] == '\0' || !strchr(others, text.data[i])))
			return false;
	}
	return text.len > 0;
}

bool hc_safe_application_id(struct vp_text id)
{
	static const size_t suffix = sizeof(APPLICATION_SUFFIX) - 1;

	return id.len > suffix && id.len <= VP_APPLICATION_ID_MAX && g_ascii_isalnum(id.data[0]) &&
	       consists_of(id, "._+-") &&
	       memcmp(id.data + id.len - suffix, APPLICATION_SUFFIX, suffix) == 0;
}

bool hc_safe_action_id(struct vp_text id)
{
	return id.len <= VP_ACTION_ID_MAX && consists_of(id, "-");
}
