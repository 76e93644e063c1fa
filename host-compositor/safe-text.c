#include "safe-text.h"

#include <string.h>

#include <glib.h>

#define APPLICATION_SUFFIX ".desktop"

enum { MARKS_MAX = 4 /* on one letter; more would cover what stands above and below */ };

/* What the text has got to. */
struct cleaning {
	GString *clean;
	bool lettered; /* the last character can have marks and joiners */
	bool foreign; /* the last letter is none of ASCII, whose scripts join nothing */
	bool joined; /* the last character is a joiner */
	unsigned int marks; /* on the last letter */
};

/* Invisible characters that reorder, join or hide their neighbours (Unicode's Cf and bidi
 * controls), and those that look like whatever a font makes of them. */
static bool is_deceptive(gunichar c)
{
	switch (g_unichar_type(c)) {
	case G_UNICODE_FORMAT:
	case G_UNICODE_SURROGATE:
	case G_UNICODE_UNASSIGNED:
	case G_UNICODE_PRIVATE_USE:
		return true;
	default:
		/* Marks without a look: the grapheme joiner, and Khmer's inherent vowels. */
		return c == 0x034f || c == 0x17b4 || c == 0x17b5;
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
		/* Letters and symbols without a look: Hangul's fillers, Braille without dots. */
		return c == 0x115f || c == 0x1160 || c == 0x3164 || c == 0xffa0 || c == 0x2800;
	}
}

/* Of scripts, and of emoji. */
static bool is_joiner(gunichar c)
{
	return c == 0x200c || c == 0x200d;
}

static bool is_mark(gunichar c)
{
	GUnicodeType type = g_unichar_type(c);

	return type == G_UNICODE_NON_SPACING_MARK || type == G_UNICODE_ENCLOSING_MARK;
}

static void append_joiner(struct cleaning *cleaning, gunichar c)
{
	if (!cleaning->lettered || !cleaning->foreign || cleaning->joined)
		return;
	g_string_append_unichar(cleaning->clean, c);
	cleaning->joined = true;
}

static void append_mark(struct cleaning *cleaning, gunichar c)
{
	if (!cleaning->lettered || cleaning->marks == MARKS_MAX)
		return;
	g_string_append_unichar(cleaning->clean, c);
	cleaning->marks++;
	cleaning->joined = false;
}

static void append_letter(struct cleaning *cleaning, gunichar c, bool blank)
{
	g_string_append_unichar(cleaning->clean, c);
	cleaning->lettered = !blank;
	cleaning->foreign = c >= 0x80;
	cleaning->joined = false;
	cleaning->marks = 0;
}

char *hc_safe_text(struct vp_text text)
{
	struct cleaning cleaning = { .clean = g_string_sized_new(text.len) };
	gunichar c = 0;

	for (size_t at = 0; at < text.len; at += (size_t)g_unichar_to_utf8(c, NULL)) {
		c = g_utf8_get_char(text.data + at);
		if (is_blank(c))
			append_letter(&cleaning, ' ', true);
		else if (is_joiner(c))
			append_joiner(&cleaning, c);
		else if (is_deceptive(c))
			continue;
		else if (is_mark(c))
			append_mark(&cleaning, c);
		else
			append_letter(&cleaning, c, false);
	}
	return g_string_free(cleaning.clean, FALSE);
}

/* Brackets that could be taken for those of a label. */
static const char opening[] =
	"[⁅⌈⌊⎡⎣❲⟦⟬⦋⦍⦏⦗⸢⸤⹕⹗【〔〖〘〚﹇﹝［";
static const char closing[] =
	"]⁆⌉⌋⎤⎦❳⟧⟭⦌⦎⦐⦘⸣⸥⹖⹘】〕〗〙〛﹈﹞］";

static gunichar unlike_label(gunichar c)
{
	if (g_utf8_strchr(opening, -1, c) != NULL)
		return '(';
	return g_utf8_strchr(closing, -1, c) != NULL ? ')' : c;
}

char *hc_safe_labelled(const char *name, const char *clean)
{
	GString *labelled = g_string_new(NULL);

	g_string_printf(labelled, "[%s]%s", name, *clean != '\0' ? " " : "");
	for (const char *at = clean; *at != '\0'; at = g_utf8_find_next_char(at, NULL))
		g_string_append_unichar(labelled, unlike_label(g_utf8_get_char(at)));
	return g_string_free(labelled, FALSE);
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
