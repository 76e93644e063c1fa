#include "policy-parse.h"

#include <assert.h>
#include <string.h>

#include "values.h"

#define INCLUDE "include"
#define BLANKS " \t\r"

static_assert(HV_POLICY_TYPES_MAX == 64 && HV_POLICY_TYPE_LENGTH_MAX == 127,
	"the messages tell people so");

enum {
	FIXED_WORDS = 4, /* SERVICE FROM TO ACTION */
	WORDS_MAX = FIXED_WORDS + 8,
	PROBLEMS_MAX = 100,
	SHOWN_MAX = 60, /* bytes of a wrong word */
};

struct parser {
	struct hv_policy_text *text;
	const char *file; /* interned */
	unsigned int number; /* of the line */
	const char *line;
};

static void rule_free(gpointer rule)
{
	hv_policy_rule_free(rule);
}

GPtrArray *hv_policy_rules_new(void)
{
	return g_ptr_array_new_with_free_func(rule_free);
}

void hv_policy_text_init(struct hv_policy_text *text, enum hv_policy_layer layer)
{
	*text = (struct hv_policy_text){
		.layer = layer,
		.rules = hv_policy_rules_new(),
		.problems = hv_policy_problems_new(),
	};
}

void hv_policy_text_finish(struct hv_policy_text *text)
{
	g_ptr_array_unref(text->rules);
	g_ptr_array_unref(text->problems);
}

/* Characters before at, from 1; the line's words may have been ended by NUL. */
static unsigned int column_of(const struct parser *parser, const char *at)
{
	unsigned int column = 1;
	for (const char *p = parser->line; p < at; p++)
		column += ((unsigned char)*p & 0xc0) != 0x80;
	return column;
}

/* Reports that the word at a place is wrong, and returns false. */
static bool complain(const struct parser *parser, const char *at, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

static bool complain(const struct parser *parser, const char *at, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	g_autofree char *message = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	if (parser->text->problems->len < PROBLEMS_MAX)
		hv_policy_problems_add(parser->text->problems, parser->file, parser->number,
			column_of(parser, at), "%s", message);
	return false;
}

static char *shown(const char *word)
{
	g_autofree char *escaped = g_strescape(word, NULL);
	return g_strdup_printf("\"%.*s\"", SHOWN_MAX, escaped);
}

/* The words */

static bool parse_service(
	const struct parser *parser, const char *word, enum hv_policy_service *service)
{
	if (hv_policy_service_parse(word, service))
		return true;
	const char *names[HV_POLICY_SERVICE_COUNT + 1] = { NULL };
	for (size_t i = 0; i < HV_POLICY_SERVICE_COUNT; i++)
		names[i] = hv_policy_service_info((enum hv_policy_service)i)->name;
	g_autofree char *wrong = shown(word);
	const char *nearest = hv_value_nearest(word, names, HV_POLICY_SERVICE_COUNT);
	if (nearest != NULL)
		return complain(
			parser, word, "%s is no service; \"%s\" may be meant", wrong, nearest);
	g_autofree char *all = g_strjoinv(", ", (char **)(uintptr_t)names);
	return complain(parser, word, "%s is no service; the services are %s", wrong, all);
}

static bool parse_party(
	const struct parser *parser, const char *word, struct hv_policy_party *party)
{
	if (hv_policy_party_parse(word, party))
		return true;
	g_autofree char *wrong = shown(word);
	return complain(parser, word,
		"%s is neither a VM's name, nor @any, @primary or @label:COLOUR "
		"(" HV_VALUE_COLOURS ", or #rrggbb)",
		wrong);
}

static bool parse_action(
	const struct parser *parser, const char *word, enum hv_policy_action *action)
{
	if (hv_policy_action_parse(word, action))
		return true;
	g_autofree char *wrong = shown(word);
	return complain(
		parser, word, "%s is no action; the actions are allow, ask and deny", wrong);
}

/* Nobody can be asked about some services. */
static bool check_action(const struct parser *parser, const char *word,
	enum hv_policy_service service, enum hv_policy_action action)
{
	const struct hv_policy_service_info *info = hv_policy_service_info(service);
	if (action != HV_POLICY_ASK || info->asks)
		return true;
	return complain(parser, word, "%s cannot be asked about; allow or deny it", info->name);
}

/* The options; each is given its value and its rule */

static bool parse_max(const struct parser *parser, const char *value, struct hv_policy_rule *rule)
{
	if (rule->action == HV_POLICY_DENY)
		return complain(parser, value,
			"max= bounds what a rule lets through, and a deny "
			"rule lets nothing through; leave it out");
	if (hv_value_parse_size(value, 0, UINT64_MAX - 1, &rule->max))
		return true;
	g_autofree char *wrong = shown(value);
	return complain(parser, value, "%s is no size; one is like 64K, 64KiB or 10M", wrong);
}

static bool type_valid(const char *type)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789!#$&^_.+-";
	size_t major = strspn(type, letters);
	if (major == 0 || type[major] != '/' || strlen(type) > HV_POLICY_TYPE_LENGTH_MAX)
		return false;
	const char *minor = type + major + 1;
	size_t len = strspn(minor, letters);
	return (len > 0 && minor[len] == '\0') || g_str_equal(minor, "*");
}

static bool parse_types(const struct parser *parser, const char *value, struct hv_policy_rule *rule)
{
	g_autofree char *lower = g_ascii_strdown(value, -1);
	g_auto(GStrv) types = g_strsplit(lower, ",", -1);
	const char *at = value;
	if (g_strv_length(types) > HV_POLICY_TYPES_MAX)
		return complain(parser, value, "a rule has at most %d types; write another rule",
			HV_POLICY_TYPES_MAX);
	for (size_t i = 0; types[i] != NULL; at += strlen(types[i]) + 1, i++) {
		if (type_valid(types[i]))
			continue;
		g_autofree char *wrong = shown(types[i]);
		return complain(parser, at,
			"%s is no type; one is like text/plain or image/*, several are separated "
			"by commas",
			wrong);
	}
	if (types[0] == NULL)
		return complain(parser, value, "types= lacks its types, like text/plain,image/*");
	rule->types = g_steal_pointer(&types);
	return true;
}

static bool parse_mode(const struct parser *parser, const char *value, struct hv_policy_rule *rule)
{
	if (hv_policy_mode_parse(value, &rule->mode))
		return true;
	g_autofree char *wrong = shown(value);
	return complain(parser, value, "%s is no mode; the modes are explicit and seamless", wrong);
}

static bool parse_notify(
	const struct parser *parser, const char *value, struct hv_policy_rule *rule)
{
	if (hv_value_parse_boolean(value, &rule->notify))
		return true;
	g_autofree char *wrong = shown(value);
	return complain(parser, value, "%s is neither yes nor no", wrong);
}

static bool parse_user(const struct parser *parser, const char *value, struct hv_policy_rule *rule)
{
	if (parser->text->layer == HV_POLICY_USER)
		return complain(
			parser, value, "user= is for the administrator's files in /etc alone");
	if (!parse_action(parser, value, &rule->user) ||
		!check_action(parser, value, rule->service, rule->user))
		return false;
	if (rule->user >= rule->action)
		return true;
	return complain(parser, value,
		"user= says how far users may go beyond the rule's own action, which is %s",
		hv_policy_action_name(rule->action));
}

static const struct {
	const char *name;
	enum hv_policy_option bit;
	bool (*parse)(const struct parser *parser, const char *value, struct hv_policy_rule *rule);
} options[] = {
	{ "max", HV_POLICY_OPTION_MAX, parse_max },
	{ "types", HV_POLICY_OPTION_TYPES, parse_types },
	{ "mode", HV_POLICY_OPTION_MODE, parse_mode },
	{ "notify", HV_POLICY_OPTION_NOTIFY, parse_notify },
	{ "user", HV_POLICY_OPTION_USER, parse_user },
};

static bool complain_of_option(const struct parser *parser, const char *word, const char *name)
{
	const char *names[G_N_ELEMENTS(options)];
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
		names[i] = options[i].name;
	g_autofree char *wrong = shown(name);
	const char *nearest = hv_value_nearest(name, names, G_N_ELEMENTS(options));
	if (nearest != NULL)
		return complain(
			parser, word, "%s is no option; \"%s\" may be meant", wrong, nearest);
	return complain(parser, word,
		"%s is no option; the options are max, types, mode, notify and user", wrong);
}

static bool parse_option(const struct parser *parser, const char *word, struct hv_policy_rule *rule)
{
	const struct hv_policy_service_info *info = hv_policy_service_info(rule->service);
	const char *equals = strchr(word, '=');
	if (equals == NULL) {
		g_autofree char *wrong = shown(word);
		return complain(parser, word,
			"%s is too much; after the action come options like max=64K", wrong);
	}
	g_autofree char *name = g_strndup(word, (size_t)(equals - word));
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
		if (!g_str_equal(name, options[i].name))
			continue;
		if ((rule->options & options[i].bit) != 0)
			return complain(parser, word, "%s= is given twice; keep one", name);
		if (((info->options | HV_POLICY_OPTION_USER) & options[i].bit) == 0)
			return complain(parser, word, "%s= means nothing for %s", name, info->name);
		rule->options |= options[i].bit;
		return options[i].parse(parser, equals + 1, rule);
	}
	return complain_of_option(parser, word, name);
}

/* The lines */

/* Goes on after an error, so that people see all of a line's at once. */
static bool parse_words(
	const struct parser *parser, char *const *words, size_t count, struct hv_policy_rule *rule)
{
	bool service = parse_service(parser, words[0], &rule->service);
	bool good = parse_party(parser, words[1], &rule->from) && service;
	good = parse_party(parser, words[2], &rule->to) && good;
	if (!parse_action(parser, words[3], &rule->action) || !service ||
		!check_action(parser, words[3], rule->service, rule->action))
		return false;
	rule->user = rule->action;
	for (size_t i = FIXED_WORDS; i < count; i++)
		good = parse_option(parser, words[i], rule) && good;
	return good;
}

static void parse_rule(const struct parser *parser, char *const *words, size_t count)
{
	if (count < FIXED_WORDS) {
		complain(parser, words[0],
			"a rule is SERVICE FROM TO ACTION, and some of it is missing");
		return;
	}
	if (parser->text->rules->len >= HV_POLICY_RULES_MAX) {
		complain(parser, words[0], "is beyond the %d rules that there may be",
			HV_POLICY_RULES_MAX);
		return;
	}
	struct hv_policy_rule *rule = g_new(struct hv_policy_rule, 1);
	*rule = (struct hv_policy_rule){
		.max = UINT64_MAX,
		.mode = HV_POLICY_EXPLICIT,
		.notify = true,
		.file = parser->file,
		.line = parser->number,
	};
	if (parse_words(parser, words, count, rule))
		g_ptr_array_add(parser->text->rules, rule);
	else
		hv_policy_rule_free(rule);
}

static void parse_include(const struct parser *parser, char *const *words, size_t count)
{
	struct hv_policy_text *text = parser->text;
	if (count != 2) {
		complain(parser, words[0], "an include line is " INCLUDE " PATH");
		return;
	}
	g_autofree char *wrong = shown(words[1]);
	if (text->include == NULL || text->depth >= HV_POLICY_DEPTH_MAX) {
		complain(parser, words[1],
			"%s is not included: files may include one another %d deep, and not in a "
			"circle",
			wrong, HV_POLICY_DEPTH_MAX);
		return;
	}
	g_autofree char *reason = NULL;
	if (!text->include(text->data, text, parser->file, words[1], &reason))
		complain(parser, words[1], "%s cannot be included: %s", wrong, reason);
}

/* Ends each word by NUL; words has room for WORDS_MAX + 1, of which the last means too many. */
static size_t split(char *line, char **words)
{
	size_t count = 0;
	for (char *p = line + strspn(line, BLANKS); *p != '\0' && *p != '#' && count <= WORDS_MAX;
		p += strspn(p, BLANKS)) {
		words[count++] = p;
		p += strcspn(p, BLANKS);
		if (*p != '\0')
			*p++ = '\0';
	}
	return count;
}

static void parse_line(const struct parser *parser, char *line)
{
	char *words[WORDS_MAX + 1];
	size_t count = split(line, words);
	if (count == 0)
		return;
	if (count > WORDS_MAX)
		complain(parser, words[WORDS_MAX], "no line has so many words");
	else if (g_str_equal(words[0], INCLUDE))
		parse_include(parser, words, count);
	else
		parse_rule(parser, words, count);
}

void hv_policy_parse(struct hv_policy_text *text, const char *file, const char *bytes, size_t len)
{
	struct parser parser = { .text = text, .file = g_intern_string(file) };
	const char *end = bytes + len;
	text->depth++;
	for (const char *next; bytes < end; bytes = next) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
		size_t line_len = (size_t)((newline != NULL ? newline : end) - bytes);
		next = newline != NULL ? newline + 1 : end;
		g_autofree char *line = g_strndup(bytes, line_len);
		const char *bad;
		parser.number++;
		parser.line = line;
		if (g_utf8_validate_len(bytes, line_len, &bad))
			parse_line(&parser, line);
		else
			complain(&parser, line + (bad - bytes), "is not text in UTF-8");
	}
	text->depth--;
}
