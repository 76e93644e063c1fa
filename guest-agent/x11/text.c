/*
 * Texts of X11 properties as UTF-8: UTF8_STRING, STRING (ISO 8859-1), and of COMPOUND_TEXT what
 * titles are made of: ISO 8859 parts and UTF-8. What cannot be read becomes U+FFFD.
 */
#include <string.h>

#include "x11.h"

enum { ESCAPE = 0x1b };

/* An escape sequence of COMPOUND_TEXT and the character set that it selects for bytes from 0x80. */
static const struct {
	const char *sequence;
	const char *charset;
} escapes[] = {
	{ "-A", "ISO-8859-1" }, { "-B", "ISO-8859-2" }, { "-C", "ISO-8859-3" },
	{ "-D", "ISO-8859-4" }, { "-F", "ISO-8859-7" }, { "-G", "ISO-8859-6" },
	{ "-H", "ISO-8859-8" }, { "-L", "ISO-8859-5" }, { "-M", "ISO-8859-9" },
	{ "-V", "ISO-8859-10" }, { "-_", "ISO-8859-14" }, { "-b", "ISO-8859-15" },
	{ "%G", "UTF-8" }, { "%@", "ISO-8859-1" },
	{ "(B", NULL }, /* ASCII below 0x80, which it is anyway */
};

static void append_part(GString *text, const char *part, size_t len, const char *charset)
{
	char *converted = g_convert_with_fallback(
		part, (gssize)len, "UTF-8", charset, "\xef\xbf\xbd", NULL, NULL, NULL);
	char *valid = converted != NULL ? converted : g_utf8_make_valid(part, (gssize)len);
	g_string_append(text, valid);
	g_free(valid);
}

/* Skips an escape sequence, whose last byte is the first from 0x30 on; selects what it selects. */
static size_t skip_escape(const char *at, size_t left, const char **charset)
{
	for (size_t i = 0; i < G_N_ELEMENTS(escapes); i++) {
		if (left < 3 || memcmp(at + 1, escapes[i].sequence, 2) != 0)
			continue;
		if (escapes[i].charset != NULL)
			*charset = escapes[i].charset;
		return 3;
	}
	size_t len = 1;
	while (len < left && at[len] < 0x30 && at[len] >= 0x20)
		len++;
	return MIN(len + 1, left);
}

static char *text_from_compound(const char *value, size_t len)
{
	GString *text = g_string_new(NULL);
	const char *charset = "ISO-8859-1";
	size_t at = 0;
	while (at < len) {
		if (value[at] == ESCAPE) {
			at += skip_escape(value + at, len - at, &charset);
			continue;
		}
		size_t end = at;
		while (end < len && value[end] != ESCAPE)
			end++;
		append_part(text, value + at, end - at, charset);
		at = end;
	}
	return g_string_free(text, FALSE);
}

char *ga_x11_text_from(
	struct ga_x11 *x11, xcb_atom_t type, uint8_t format, const void *value, size_t len)
{
	if (format != 8)
		return NULL;
	len = strnlen(value, len);
	if (type == x11->atoms.COMPOUND_TEXT)
		return text_from_compound(value, len);
	if (type != XCB_ATOM_STRING)
		return g_utf8_make_valid(value, (gssize)len);
	GString *text = g_string_new(NULL);
	append_part(text, value, len, "ISO-8859-1");
	return g_string_free(text, FALSE);
}
