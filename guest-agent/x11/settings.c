/*
 * The primary's scale and appearance for the guest's applications: the agent is the manager of the
 * guest's XSETTINGS, and keeps the X resources that older applications read.
 */
#define G_LOG_DOMAIN "ga-settings"

#include <string.h>

#include "x11.h"
#include "xsettings.h"

enum {
	DPI_UNIT = 1024, /* of Xft/DPI */
	RESOURCES_WORDS_MAX = 16384, /* of RESOURCE_MANAGER that are read */
};

static const char *const own_resources[] = { "Xft.dpi:", "Xcursor.size:", "Xcursor.theme:" };

struct ga_x11_settings {
	xcb_window_t window; /* owns the selection, carries the property */
	uint32_t serial;
	GString *resources; /* lines to be set */
};

bool ga_x11_settings_create(struct ga_x11 *x11)
{
	struct ga_x11_settings *settings = g_new0(struct ga_x11_settings, 1);
	x11->settings = settings;
	settings->resources = g_string_new(NULL);
	settings->window = xcb_generate_id(x11->connection);
	xcb_create_window(x11->connection, 0, settings->window, x11->root, -1, -1, 1, 1, 0,
		XCB_WINDOW_CLASS_INPUT_ONLY, XCB_COPY_FROM_PARENT, 0, NULL);
	return ga_x11_manager_become(x11, "_XSETTINGS", settings->window);
}

void ga_x11_settings_destroy(struct ga_x11 *x11)
{
	if (x11->settings == NULL)
		return;
	g_string_free(x11->settings->resources, true);
	g_free(x11->settings);
	x11->settings = NULL;
}

bool ga_x11_settings_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event)
{
	const xcb_selection_clear_event_t *clear = (const void *)event;
	if ((event->response_type & 0x7f) != XCB_SELECTION_CLEAR ||
		clear->owner != x11->settings->window)
		return false;
	g_message("another program has become the guest's XSETTINGS manager; "
		  "the primary's scale reaches its applications by X resources alone");
	return true;
}

static void add_text(struct ga_xsettings *xsettings, const char *name, struct vp_text text)
{
	if (text.len == 0)
		return;
	g_autofree char *value = g_strndup(text.data, text.len);
	ga_xsettings_add_string(xsettings, name, value);
}

static void set_xsettings(struct ga_x11 *x11, const struct vp_settings *message)
{
	struct ga_x11_settings *settings = x11->settings;
	struct ga_xsettings xsettings;
	int32_t dpi = (int32_t)(message->dpi * DPI_UNIT);
	ga_xsettings_init(&xsettings, ++settings->serial);
	ga_xsettings_add_int(&xsettings, "Xft/DPI", dpi);
	ga_xsettings_add_int(&xsettings, "Gdk/UnscaledDPI", dpi / message->scale);
	ga_xsettings_add_int(&xsettings, "Gdk/WindowScalingFactor", message->scale);
	if (message->cursor_size > 0)
		ga_xsettings_add_int(&xsettings, "Gtk/CursorThemeSize", message->cursor_size);
	if (message->double_click_time > 0)
		ga_xsettings_add_int(&xsettings, "Net/DoubleClickTime", message->double_click_time);
	add_text(&xsettings, "Gtk/CursorThemeName", message->cursor_theme);
	add_text(&xsettings, "Net/ThemeName", message->theme);
	add_text(&xsettings, "Net/IconThemeName", message->icon_theme);
	add_text(&xsettings, "Gtk/FontName", message->font);
	const GByteArray *bytes = ga_xsettings_bytes(&xsettings);
	xcb_change_property(x11->connection, XCB_PROP_MODE_REPLACE, settings->window,
		x11->atoms._XSETTINGS_SETTINGS, x11->atoms._XSETTINGS_SETTINGS, 8, bytes->len,
		bytes->data);
	ga_xsettings_finish(&xsettings);
}

static bool is_own(const char *line)
{
	for (size_t i = 0; i < G_N_ELEMENTS(own_resources); i++)
		if (g_str_has_prefix(line, own_resources[i]))
			return true;
	return false;
}

/* What others have set stays. */
static void handle_resources(struct ga_x11 *x11, void *data, uint32_t argument)
{
	const xcb_get_property_reply_t *reply = data;
	(void)argument;
	if (reply == NULL)
		return;
	g_autofree char *present = g_strndup(
		xcb_get_property_value(reply), (size_t)xcb_get_property_value_length(reply));
	g_auto(GStrv) lines = g_strsplit(present, "\n", -1);
	g_autoptr(GString) merged = g_string_new(x11->settings->resources->str);
	for (char **line = lines; *line != NULL; line++)
		if ((*line)[0] != '\0' && !is_own(*line))
			g_string_append_printf(merged, "%s\n", *line);
	xcb_change_property(x11->connection, XCB_PROP_MODE_REPLACE, x11->root,
		XCB_ATOM_RESOURCE_MANAGER, XCB_ATOM_STRING, 8, (uint32_t)merged->len, merged->str);
}

static void set_resources(struct ga_x11 *x11, const struct vp_settings *message)
{
	GString *resources = x11->settings->resources;
	g_string_printf(resources, "Xft.dpi:\t%u\n", message->dpi);
	if (message->cursor_size > 0)
		g_string_append_printf(resources, "Xcursor.size:\t%u\n", message->cursor_size);
	if (message->cursor_theme.len > 0)
		g_string_append_printf(resources, "Xcursor.theme:\t%.*s\n",
			(int)message->cursor_theme.len, message->cursor_theme.data);
	xcb_get_property_cookie_t cookie = xcb_get_property(x11->connection, 0, x11->root,
		XCB_ATOM_RESOURCE_MANAGER, XCB_ATOM_STRING, 0, RESOURCES_WORDS_MAX);
	ga_x11_reply_expect(x11, cookie.sequence, handle_resources, 0);
}

void ga_x11_settings_handle_settings(struct ga_x11 *x11, const struct vp_settings *message)
{
	set_xsettings(x11, message);
	set_resources(x11, message);
}
