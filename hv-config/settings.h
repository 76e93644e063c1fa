/*
 * What a user sets for the whole of Oriel: $XDG_CONFIG_HOME/oriel/oriel.conf, see oriel.conf(5).
 *
 *   [shortcuts]
 *   copy=Super+Shift+C
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

enum hv_shortcut_action { HV_SHORTCUT_COPY, HV_SHORTCUT_PASTE, HV_SHORTCUT_COUNT };

enum hv_modifier {
	HV_MODIFIER_SHIFT = 1 << 0,
	HV_MODIFIER_CONTROL = 1 << 1,
	HV_MODIFIER_ALT = 1 << 2,
	HV_MODIFIER_SUPER = 1 << 3,
	HV_MODIFIER_ALL = (1 << 4) - 1,
};

enum { HV_SHORTCUT_KEY_MAX = 31 };

struct hv_shortcut {
	unsigned int modifiers; /* of enum hv_modifier */
	char key[HV_SHORTCUT_KEY_MAX +
		 1]; /* the name of a keysym, or a letter; empty: no shortcut */
};

struct hv_settings {
	struct hv_shortcut shortcuts[HV_SHORTCUT_COUNT];
	struct hv_shortcut leave_fullscreen; /* for windows of guests; always a key */
};

/* "copy", "paste". */
const char *hv_shortcut_action_name(enum hv_shortcut_action action);

/* "Super+Shift+C"; "none" is no shortcut. A key without any of Control, Alt and Super is none: it
 * would be missed everywhere else. */
bool hv_shortcut_parse(const char *text, struct hv_shortcut *shortcut);

/* The text that hv_shortcut_parse() reads; the caller frees it. */
char *hv_shortcut_print(const struct hv_shortcut *shortcut);

/* What counts where the file says nothing. */
void hv_settings_init(struct hv_settings *settings);

/* path is named in errors, "FILE:LINE: KEY: what is wrong". False with an error, and then the
 * settings are as they were. */
bool hv_settings_parse(struct hv_settings *settings, const char *path, const char *text, size_t len,
	GError **error);

/* Reads the file, if there is one. As above. */
bool hv_settings_load(struct hv_settings *settings, const char *path, GError **error);

/* The caller frees it. */
char *hv_settings_path(void);
