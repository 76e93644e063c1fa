#define G_LOG_DOMAIN "hc-x11-settings"

#include <string.h>

#include "appearance.h"
#include "x11.h"

enum { PROPERTY_WORDS_MAX = 65536 /* of settings or resources that are looked at */ };

struct hc_x11_settings {
	xcb_atom_t selection; /* owned by the XSETTINGS manager */
	xcb_window_t manager; /* XCB_NONE without one */
	GByteArray *xsettings; /* as published */
	GByteArray *resources;
	struct hc_appearance appearance;
};

static void send_settings(struct hc_x11 *x11)
{
	const struct hc_appearance *appearance = &x11->settings->appearance;
	hc_x11_message(
		x11, VP_MESSAGE(SETTINGS, settings, .dpi = appearance->dpi,
			     .scale = appearance->scale, .cursor_size = appearance->cursor_size,
			     .double_click_time = appearance->double_click_time,
			     .cursor_theme = vp_text_from(appearance->cursor_theme, VP_NAME_MAX),
			     .theme = vp_text_from(appearance->theme, VP_NAME_MAX),
			     .icon_theme = vp_text_from(appearance->icon_theme, VP_NAME_MAX),
			     .font = vp_text_from(appearance->font, VP_NAME_MAX)));
}

/* What the manager says counts more than the resources. */
static void update(struct hc_x11 *x11)
{
	struct hc_x11_settings *settings = x11->settings;
	struct hc_appearance appearance;
	hc_appearance_init(&appearance);
	hc_appearance_read_resources(
		&appearance, (const char *)settings->resources->data, settings->resources->len);
	hc_appearance_read_xsettings(
		&appearance, settings->xsettings->data, settings->xsettings->len);
	if (memcmp(&appearance, &settings->appearance, sizeof(appearance)) == 0)
		return;
	settings->appearance = appearance;
	send_settings(x11);
}

static void keep_property(GByteArray *array, const xcb_get_property_reply_t *reply)
{
	g_byte_array_set_size(array, 0);
	if (reply != NULL && reply->format == 8)
		g_byte_array_append(array, xcb_get_property_value(reply), reply->value_len);
}

static void handle_resources_reply(struct hc_x11 *x11, uint32_t unused, const void *reply)
{
	(void)unused;
	keep_property(x11->settings->resources, reply);
	update(x11);
}

static void ask_resources(struct hc_x11 *x11)
{
	hc_x11_expect(x11,
		xcb_get_property(x11->connection, 0, x11->root, XCB_ATOM_RESOURCE_MANAGER,
			XCB_ATOM_STRING, 0, PROPERTY_WORDS_MAX)
			.sequence,
		0, handle_resources_reply);
}

static void handle_xsettings_reply(struct hc_x11 *x11, uint32_t manager, const void *reply)
{
	if (manager != x11->settings->manager)
		return;
	keep_property(x11->settings->xsettings, reply);
	update(x11);
}

static void ask_xsettings(struct hc_x11 *x11)
{
	xcb_window_t manager = x11->settings->manager;
	hc_x11_expect(x11,
		xcb_get_property(x11->connection, 0, manager, x11->atoms._XSETTINGS_SETTINGS,
			x11->atoms._XSETTINGS_SETTINGS, 0, PROPERTY_WORDS_MAX)
			.sequence,
		manager, handle_xsettings_reply);
}

static void handle_owner_reply(struct hc_x11 *x11, uint32_t unused, const void *data)
{
	const xcb_get_selection_owner_reply_t *reply = data;
	const uint32_t events = XCB_EVENT_MASK_PROPERTY_CHANGE | XCB_EVENT_MASK_STRUCTURE_NOTIFY;
	(void)unused;
	x11->settings->manager = reply != NULL ? reply->owner : XCB_NONE;
	if (x11->settings->manager == XCB_NONE) {
		keep_property(x11->settings->xsettings, NULL);
		update(x11);
		return;
	}
	xcb_change_window_attributes(
		x11->connection, x11->settings->manager, XCB_CW_EVENT_MASK, &events);
	ask_xsettings(x11);
}

static void ask_manager(struct hc_x11 *x11)
{
	hc_x11_expect(x11,
		xcb_get_selection_owner(x11->connection, x11->settings->selection).sequence, 0,
		handle_owner_reply);
}

static void handle_property(struct hc_x11 *x11, const xcb_property_notify_event_t *event)
{
	if (event->window == x11->root && event->atom == XCB_ATOM_RESOURCE_MANAGER)
		ask_resources(x11);
	else if (event->window == x11->settings->manager &&
		 event->atom == x11->atoms._XSETTINGS_SETTINGS)
		ask_xsettings(x11);
}

void hc_x11_settings_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event)
{
	const struct hc_x11_settings *settings = x11->settings;
	const xcb_client_message_event_t *message = (const void *)event;
	switch (hc_x11_event_type(event)) {
	case XCB_PROPERTY_NOTIFY:
		handle_property(x11, (const void *)event);
		break;
	case XCB_DESTROY_NOTIFY:
		if (((const xcb_destroy_notify_event_t *)event)->window == settings->manager)
			ask_manager(x11);
		break;
	case XCB_CLIENT_MESSAGE:
		if (message->type == x11->atoms.MANAGER &&
			message->data.data32[1] == settings->selection)
			ask_manager(x11);
		break;
	default:
		break;
	}
}

void hc_x11_settings_announce(struct hc_x11 *x11)
{
	send_settings(x11);
}

bool hc_x11_settings_init(struct hc_x11 *x11)
{
	struct hc_x11_settings *settings = g_new0(struct hc_x11_settings, 1);
	char name[32];
	x11->settings = settings;
	g_snprintf(name, sizeof(name), "_XSETTINGS_S%d", x11->screen_number);
	settings->selection = hc_x11_atom_intern(x11->connection, name);
	settings->xsettings = g_byte_array_new();
	settings->resources = g_byte_array_new();
	hc_appearance_init(&settings->appearance);
	hc_x11_root_select(x11, XCB_EVENT_MASK_PROPERTY_CHANGE | XCB_EVENT_MASK_STRUCTURE_NOTIFY);
	ask_resources(x11);
	ask_manager(x11);
	return true;
}

void hc_x11_settings_finish(struct hc_x11 *x11)
{
	if (x11->settings == NULL)
		return;
	g_byte_array_unref(x11->settings->xsettings);
	g_byte_array_unref(x11->settings->resources);
	g_free(x11->settings);
	x11->settings = NULL;
}

uint32_t hc_x11_settings_dpi(const struct hc_x11 *x11)
{
	return x11->settings->appearance.dpi;
}
