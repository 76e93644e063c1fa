#include "words.h"

#include <glib.h>
#include <string.h>

enum { QUOTE_CHARACTERS_MAX = 120 };

static const uint32_t primary_colour = 0x1f2a36;

static const struct {
	const char *service;
	const char *heading;
	const char *text; /* empty: none; NULL: type and size */
	const char *quoted; /* what the user is reminded of; NULL: the beginning of a content */
} services[] = {
	{ "clipboard", "Paste what was copied?", NULL, NULL },
	{ "primary-selection", "Paste what was selected?", NULL, NULL },
	{ "copy", "Copy files?", NULL, "Files:" },
	{ "open-url", "Open a link?", "", "Link:" },
	{ "open-file", "Open a file?", NULL, "File:" },
	{ "launch", "Start an application?", "", "Application:" },
	{ "fullscreen", "Let a window cover others?",
		"It wants to fill the screen, or to stay above other windows.", NULL },
	{ "microphone", "Use the microphone?", NULL, NULL },
	{ "camera", "Use the camera?", NULL, NULL },
	{ "drag", "Drop what is being dragged?", NULL, NULL },
};

/* What shows as itself, and changes nothing about what stands around it. */
static bool is_plain(gunichar c)
{
	switch (g_unichar_type(c)) {
	case G_UNICODE_CONTROL:
	case G_UNICODE_FORMAT:
	case G_UNICODE_LINE_SEPARATOR:
	case G_UNICODE_PARAGRAPH_SEPARATOR:
	case G_UNICODE_PRIVATE_USE:
	case G_UNICODE_SURROGATE:
	case G_UNICODE_UNASSIGNED:
		return false;
	default:
		return true;
	}
}

static bool is_line_end(gunichar c)
{
	return c == '\n' || c == '\r' || c == 0x2028 || c == 0x2029;
}

/* Of the first character; its bytes are added to *used. */
static void append_escaped(GString *text, const char *at, size_t left, size_t *used)
{
	gunichar c = g_utf8_get_char_validated(at, (gssize)left);

	if (c == (gunichar)-1 || c == (gunichar)-2) {
		g_string_append_printf(text, "\\x%02x", (unsigned char)*at);
		*used += 1;
		return;
	}
	if (c == '\t')
		g_string_append_c(text, ' ');
	else if (is_plain(c))
		g_string_append_unichar(text, c);
	else
		g_string_append_printf(text, "\\u{%x}", c);
	*used += g_utf8_skip[(unsigned char)*at];
}

char *hc_words_escape(const uint8_t *bytes, size_t len)
{
	GString *text = g_string_new(NULL);
	const char *start = (const char *)bytes;
	size_t at = 0;

	while (at < len && g_ascii_isspace(start[at]))
		at++;
	for (int i = 0; at < len && i < QUOTE_CHARACTERS_MAX; i++) {
		if (is_line_end(g_utf8_get_char_validated(start + at, (gssize)(len - at))))
			break;
		append_escaped(text, start + at, len - at, &at);
	}
	return g_string_free(text, text->len == 0);
}

static char *copy_text(struct vp_text text)
{
	return g_strndup(text.len > 0 ? text.data : "", text.len);
}

static char *describe_content(const struct hc_link_question *question)
{
	g_autofree char *type = copy_text(question->type);
	g_autofree char *size =
		question->size > 0 ? g_format_size_full(question->size, G_FORMAT_SIZE_IEC_UNITS)
				   : NULL;

	if (*type && size)
		return g_strdup_printf("%s, %s", type, size);
	if (*type || size)
		return g_strdup(size ? size : type);
	return NULL;
}

static void set_service(struct hc_words *words, const struct hc_link_question *question)
{
	g_autofree char *service = copy_text(question->service);

	words->content.heading = "Allow this?";
	for (size_t i = 0; i < G_N_ELEMENTS(services); i++) {
		if (!g_str_equal(service, services[i].service))
			continue;
		words->content.heading = services[i].heading;
		words->text = g_strdup(services[i].text);
		words->quoted = services[i].quoted;
	}
	if (!words->text)
		words->text = describe_content(question);
}

/* Names of VMs are those of their files. */
static char *set_party(struct hc_prompt_party *party, struct vp_text name, uint32_t colour)
{
	char *copy = name.len > 0 ? copy_text(name) : g_strdup("this desktop");

	party->name = copy;
	party->colour = name.len > 0 ? colour : primary_colour;
	return copy;
}

static void set_quote(struct hc_words *words, const struct hc_link_question *question)
{
	words->quote = hc_words_escape(question->preview.data, question->preview.len);
	if (!words->quote)
		return;
	words->quote_source =
		question->from.len > 0
			? g_strdup_printf("Written by %s, not to be trusted:", words->from)
			: g_strdup(words->quoted ? words->quoted : "It begins like this:");
}

void hc_words_init(struct hc_words *words, const struct hc_link_question *question)
{
	struct hc_prompt_content *content = &words->content;

	*words = (struct hc_words){ 0 };
	set_service(words, question);
	words->from = set_party(&content->from, question->from, question->from_colour);
	words->to = set_party(&content->to, question->to, question->to_colour);
	set_quote(words, question);
	content->bar = "Your desktop asks you";
	content->text = words->text && *words->text ? words->text : NULL;
	content->quote = words->quote;
	content->quote_source = words->quote_source;
	content->buttons[HC_WORDS_DENY] = "Deny";
	content->buttons[HC_WORDS_ALLOW_A_WHILE] = "Allow for 10 minutes";
	content->buttons[HC_WORDS_ALLOW_ONCE] = "Allow once";
	content->cancel = HC_WORDS_DENY;
}

void hc_words_clear(struct hc_words *words)
{
	g_free(words->from);
	g_free(words->to);
	g_free(words->text);
	g_free(words->quote);
	g_free(words->quote_source);
}
