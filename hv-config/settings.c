#include "settings.h"

#include <string.h>

#include "key-lines.h"
#include "text-file.h"
#include "vm-config.h"

#define GROUP "shortcuts"
#define LEAVE_FULLSCREEN "leave-fullscreen"

enum { FILE_SIZE_MAX = 64 * 1024 };

static const char *const action_names[HV_SHORTCUT_COUNT] = {
	[HV_SHORTCUT_COPY] = "copy",
	[HV_SHORTCUT_PASTE] = "paste",
};

/* In the order in which they are printed. */
static const struct {
	enum hv_modifier modifier;
	const char *name;
} modifiers[] = {
	{ HV_MODIFIER_SUPER, "Super" },
	{ HV_MODIFIER_CONTROL, "Control" },
	{ HV_MODIFIER_CONTROL, "Ctrl" },
	{ HV_MODIFIER_ALT, "Alt" },
	{ HV_MODIFIER_SHIFT, "Shift" },
};

const char *hv_shortcut_action_name(enum hv_shortcut_action action)
{
	return action_names[action];
}

/* 0 if there is none of that name. */
static unsigned int find_modifier(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(modifiers); i++) {
		if (g_ascii_strcasecmp(name, modifiers[i].name) == 0)
			return modifiers[i].modifier;
	}
	return 0;
}

static bool is_key(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++) {
		if (!g_ascii_isalnum(name[i]) && name[i] != '_')
			return false;
	}
	return len > 0 && len <= HV_SHORTCUT_KEY_MAX;
}

bool hv_shortcut_parse(const char *text, struct hv_shortcut *shortcut)
{
	g_auto(GStrv) words = g_strsplit(text, "+", -1);
	struct hv_shortcut parsed = { 0 };
	guint count = g_strv_length(words);

	if (g_ascii_strcasecmp(text, "none") == 0) {
		*shortcut = parsed;
		return true;
	}
	for (guint i = 0; i + 1 < count; i++) {
		unsigned int modifier = find_modifier(words[i]);

		if (modifier == 0 || (parsed.modifiers & modifier))
			return false;
		parsed.modifiers |= modifier;
	}
	if ((parsed.modifiers & ~(unsigned int)HV_MODIFIER_SHIFT) == 0 || !is_key(words[count - 1]))
		return false;
	g_strlcpy(parsed.key, words[count - 1], sizeof(parsed.key));
	*shortcut = parsed;
	return true;
}

char *hv_shortcut_print(const struct hv_shortcut *shortcut)
{
	GString *text = g_string_new(NULL);
	unsigned int left = shortcut->modifiers;

	if (!*shortcut->key)
		g_string_assign(text, "none");
	for (size_t i = 0; i < G_N_ELEMENTS(modifiers); i++) {
		if (left & modifiers[i].modifier)
			g_string_append_printf(text, "%s+", modifiers[i].name);
		left &= ~(unsigned int)modifiers[i].modifier;
	}
	g_string_append(text, shortcut->key);
	return g_string_free(text, FALSE);
}

void hv_settings_init(struct hv_settings *settings)
{
	*settings = (struct hv_settings){
		.leave_fullscreen = { HV_MODIFIER_CONTROL | HV_MODIFIER_ALT, "Break" },
		.shortcuts = {
			[HV_SHORTCUT_COPY] = { HV_MODIFIER_SUPER | HV_MODIFIER_SHIFT, "C" },
			[HV_SHORTCUT_PASTE] = { HV_MODIFIER_SUPER | HV_MODIFIER_SHIFT, "V" },
		},
	};
}

/* NULL if there is none of that name. */
static struct hv_shortcut *find_shortcut(struct hv_settings *settings, const char *name)
{
	for (int i = 0; i < HV_SHORTCUT_COUNT; i++) {
		if (g_str_equal(name, action_names[i]))
			return &settings->shortcuts[i];
	}
	return g_str_equal(name, LEAVE_FULLSCREEN) ? &settings->leave_fullscreen : NULL;
}

/* The way out of a full screen is always there. */
static bool parse_shortcut(
	const struct hv_settings *settings, const char *text, struct hv_shortcut *shortcut)
{
	struct hv_shortcut parsed;

	if (!hv_shortcut_parse(text, &parsed) ||
		(shortcut == &settings->leave_fullscreen && !*parsed.key))
		return false;
	*shortcut = parsed;
	return true;
}

static bool parse_key(struct hv_settings *settings, const char *path, GKeyFile *file,
	const struct hv_key_line *entry, GError **error)
{
	struct hv_shortcut *shortcut = find_shortcut(settings, entry->key);
	g_autofree char *value = NULL;
	g_autofree char *shown = NULL;

	if (!g_str_equal(entry->group, GROUP) || !shortcut) {
		shown = g_strescape(entry->key, NULL);
		g_set_error(error, HV_CONFIG_ERROR, HV_CONFIG_ERROR_VALUE,
			"%s:%u: %.40s: is not a setting; they are copy, paste and " LEAVE_FULLSCREEN
			" in the group [" GROUP "]",
			path, entry->line, shown);
		return false;
	}
	value = g_key_file_get_string(file, GROUP, entry->key, NULL);
	if (value && parse_shortcut(settings, g_strstrip(value), shortcut))
		return true;
	shown = g_strescape(value ? value : "", NULL);
	g_set_error(error, HV_CONFIG_ERROR, HV_CONFIG_ERROR_VALUE,
		"%s:%u: %s: \"%.60s\" is not allowed; allowed is a key with modifiers, like "
		"Super+Shift+C, at least one of Super, Ctrl and Alt, or none",
		path, entry->line, entry->key, shown);
	return false;
}

bool hv_settings_parse(struct hv_settings *settings, const char *path, const char *text, size_t len,
	GError **error)
{
	g_autoptr(GPtrArray) entries = hv_key_lines_parse(path, text, len, error);
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) cause = NULL;
	struct hv_settings parsed;

	if (!entries)
		return false;
	if (!g_key_file_load_from_data(file, text, len, G_KEY_FILE_NONE, &cause)) {
		g_set_error(error, HV_CONFIG_ERROR, HV_CONFIG_ERROR_SYNTAX, "%s: %s", path,
			cause->message);
		return false;
	}
	hv_settings_init(&parsed);
	for (guint i = 0; i < entries->len; i++) {
		if (!parse_key(&parsed, path, file, g_ptr_array_index(entries, i), error))
			return false;
	}
	*settings = parsed;
	return true;
}

bool hv_settings_load(struct hv_settings *settings, const char *path, GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) cause = NULL;
	size_t len;

	text = hv_text_file_read(path, FILE_SIZE_MAX, &len, &cause);
	if (text)
		return hv_settings_parse(settings, path, text, len, error);
	if (g_error_matches(cause, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
		hv_settings_init(settings);
		return true;
	}
	g_set_error(error, HV_CONFIG_ERROR, HV_CONFIG_ERROR_READ, "%s: cannot be read: %s", path,
		cause->message);
	return false;
}

char *hv_settings_path(void)
{
	return g_build_filename(g_get_user_config_dir(), "oriel", "oriel.conf", NULL);
}
