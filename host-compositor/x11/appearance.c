#include "appearance.h"

#include <glib.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	DPI_DEFAULT = 96,
	DPI_MIN = 48,
	DPI_MAX = 960,
	SCALE_MAX = 8,
	CURSOR_MAX = 512,
	DOUBLE_CLICK_MAX = 10000,
	XSETTINGS_DPI_UNIT = 1024, /* Xft/DPI counts in such parts */
	XSETTINGS_MSB_FIRST = 1,
	XSETTINGS_PADDING = 4,
};

enum xsettings_type { XSETTINGS_INTEGER = 0, XSETTINGS_STRING = 1, XSETTINGS_COLOUR = 2 };

struct cursor {
	const uint8_t *at;
	size_t left;
	bool msb_first;
	bool ok;
};

void hc_appearance_init(struct hc_appearance *appearance)
{
	*appearance = (struct hc_appearance){ .dpi = DPI_DEFAULT, .scale = 1 };
}

static void set_text(char *to, const char *from, size_t len)
{
	if (len > VP_NAME_MAX || !vp_text_valid(from, len))
		return;
	memcpy(to, from, len);
	to[len] = '\0';
}

static void set_dpi(struct hc_appearance *appearance, long dpi)
{
	if (dpi > 0)
		appearance->dpi = (uint32_t)CLAMP(dpi, DPI_MIN, DPI_MAX);
}

/* X resources: lines "name:<blanks>value" */

static void apply_resource(struct hc_appearance *appearance, const char *name, const char *value)
{
	if (strcmp(name, "Xft.dpi") == 0)
		set_dpi(appearance, lround(g_ascii_strtod(value, NULL)));
	else if (strcmp(name, "Xcursor.size") == 0)
		appearance->cursor_size = (uint16_t)CLAMP(strtol(value, NULL, 10), 0, CURSOR_MAX);
	else if (strcmp(name, "Xcursor.theme") == 0)
		set_text(appearance->cursor_theme, value, strlen(value));
}

void hc_appearance_read_resources(struct hc_appearance *appearance, const char *text, size_t len)
{
	/* An absent property has no text at all. */
	char *copy = text != NULL ? g_strndup(text, len) : g_strdup("");
	char **lines = g_strsplit(copy, "\n", -1);
	for (char **line = lines; *line != NULL; line++) {
		char *colon = strchr(*line, ':');
		if (colon == NULL)
			continue;
		*colon = '\0';
		apply_resource(appearance, g_strstrip(*line), g_strstrip(colon + 1));
	}
	g_strfreev(lines);
	g_free(copy);
}

/* XSETTINGS: a header, then name, serial and value of each setting, padded to words */

static const uint8_t *take(struct cursor *cursor, size_t len)
{
	if (!cursor->ok || cursor->left < len) {
		cursor->ok = false;
		return NULL;
	}
	const uint8_t *at = cursor->at;
	cursor->at += len;
	cursor->left -= len;
	return at;
}

static uint32_t take_number(struct cursor *cursor, size_t bytes)
{
	const uint8_t *at = take(cursor, bytes);
	uint32_t number = 0;
	for (size_t i = 0; at != NULL && i < bytes; i++)
		number = number << 8 | at[cursor->msb_first ? i : bytes - 1 - i];
	return number;
}

static const char *take_text(struct cursor *cursor, size_t len)
{
	const uint8_t *at = take(cursor, len);
	take(cursor, (XSETTINGS_PADDING - len % XSETTINGS_PADDING) % XSETTINGS_PADDING);
	return cursor->ok ? (const char *)at : NULL;
}

static bool equals(const char *name, size_t len, const char *expected)
{
	return len == strlen(expected) && memcmp(name, expected, len) == 0;
}

static void apply_integer(
	struct hc_appearance *appearance, const char *name, size_t len, int32_t value)
{
	if (equals(name, len, "Xft/DPI"))
		set_dpi(appearance, value / XSETTINGS_DPI_UNIT);
	else if (equals(name, len, "Gdk/WindowScalingFactor"))
		appearance->scale = (uint8_t)CLAMP(value, 1, SCALE_MAX);
	else if (equals(name, len, "Gtk/CursorThemeSize"))
		appearance->cursor_size = (uint16_t)CLAMP(value, 0, CURSOR_MAX);
	else if (equals(name, len, "Net/DoubleClickTime"))
		appearance->double_click_time = (uint16_t)CLAMP(value, 0, DOUBLE_CLICK_MAX);
}

static void apply_string(struct hc_appearance *appearance, const char *name, size_t len,
	const char *value, size_t value_len)
{
	if (equals(name, len, "Gtk/CursorThemeName"))
		set_text(appearance->cursor_theme, value, value_len);
	else if (equals(name, len, "Net/ThemeName"))
		set_text(appearance->theme, value, value_len);
	else if (equals(name, len, "Net/IconThemeName"))
		set_text(appearance->icon_theme, value, value_len);
	else if (equals(name, len, "Gtk/FontName"))
		set_text(appearance->font, value, value_len);
}

static void read_setting(struct hc_appearance *appearance, struct cursor *cursor)
{
	uint32_t type = take_number(cursor, 1);
	take(cursor, 1);
	size_t name_len = take_number(cursor, 2);
	const char *name = take_text(cursor, name_len);
	take_number(cursor, 4);
	if (type == XSETTINGS_INTEGER) {
		int32_t value = (int32_t)take_number(cursor, 4);
		if (cursor->ok)
			apply_integer(appearance, name, name_len, value);
	} else if (type == XSETTINGS_STRING) {
		size_t value_len = take_number(cursor, 4);
		const char *value = take_text(cursor, value_len);
		if (cursor->ok)
			apply_string(appearance, name, name_len, value, value_len);
	} else if (type == XSETTINGS_COLOUR) {
		take(cursor, 8);
	} else {
		cursor->ok = false;
	}
}

void hc_appearance_read_xsettings(struct hc_appearance *appearance, const uint8_t *data, size_t len)
{
	struct cursor cursor = { data, len, false, true };
	cursor.msb_first = take_number(&cursor, 1) == XSETTINGS_MSB_FIRST;
	take(&cursor, 3);
	take_number(&cursor, 4);
	uint32_t count = take_number(&cursor, 4);
	for (uint32_t i = 0; i < count && cursor.ok; i++)
		read_setting(appearance, &cursor);
}
