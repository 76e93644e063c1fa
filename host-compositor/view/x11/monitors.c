#define G_LOG_DOMAIN "hc-x11-monitors"

#include <stdlib.h>
#include <string.h>
#include <xcb/randr.h>

#include "x11.h"

enum {
	RANDR_MAJOR = 1,
	RANDR_MINOR = 5,
};

struct monitor {
	struct hc_rect rect;
	uint32_t width_mm;
	uint32_t height_mm;
	bool primary;
	char name[VP_NAME_MAX + 1];
};

struct layout {
	uint32_t screen_width;
	uint32_t screen_height;
	uint32_t count;
	struct monitor monitors[VP_MONITORS_MAX];
};

struct hc_x11_monitors {
	bool named; /* RandR knows monitors */
	struct layout told;
	struct layout layout;
	uint32_t names_awaited;
};

/* The layout */

static void send_layout(struct hc_x11 *x11)
{
	const struct layout *layout = &x11->monitors->layout;
	for (uint32_t i = 0; i < layout->count; i++) {
		const struct monitor *monitor = &layout->monitors[i];
		hc_x11_message(
			x11, VP_MESSAGE(MONITOR, monitor, .index = (uint8_t)i,
				     .count = (uint8_t)layout->count, .primary = monitor->primary,
				     .x = monitor->rect.x, .y = monitor->rect.y,
				     .width = monitor->rect.width, .height = monitor->rect.height,
				     .width_mm = monitor->width_mm, .height_mm = monitor->height_mm,
				     .screen_width = layout->screen_width,
				     .screen_height = layout->screen_height,
				     .name = vp_text_from(monitor->name, VP_NAME_MAX)));
	}
	x11->monitors->told = *layout;
}

static void layout_complete(struct hc_x11 *x11)
{
	if (memcmp(&x11->monitors->told, &x11->monitors->layout, sizeof(struct layout)) != 0)
		send_layout(x11);
	hc_x11_work_areas_update(x11);
}

/* A screen without RandR, or of which it says nothing. */
static void set_single_monitor(struct hc_x11 *x11)
{
	struct layout *layout = &x11->monitors->layout;
	layout->count = 1;
	layout->monitors[0] = (struct monitor){
		.rect = { 0, 0, layout->screen_width, layout->screen_height },
		.width_mm = x11->screen->width_in_millimeters,
		.height_mm = x11->screen->height_in_millimeters,
		.primary = true,
		.name = "screen",
	};
}

static void set_name(struct monitor *monitor, const xcb_get_atom_name_reply_t *reply)
{
	size_t len = reply != NULL ? (size_t)xcb_get_atom_name_name_length(reply) : 0;
	if (len == 0 || len > VP_NAME_MAX || !vp_text_valid(xcb_get_atom_name_name(reply), len))
		return;
	memcpy(monitor->name, xcb_get_atom_name_name(reply), len);
	monitor->name[len] = '\0';
}

static void read_monitor(
	struct monitor *monitor, const xcb_randr_monitor_info_t *info, uint32_t index)
{
	*monitor = (struct monitor){
		.rect = { info->x, info->y, info->width, info->height },
		.width_mm = MIN(info->width_in_millimeters, UINT16_MAX),
		.height_mm = MIN(info->height_in_millimeters, UINT16_MAX),
		.primary = info->primary != 0,
	};
	g_snprintf(monitor->name, sizeof(monitor->name), "monitor-%u", index);
}

/* Stores the monitors and in names the atoms of their names. */
static void read_monitors(struct hc_x11 *x11, const xcb_randr_get_monitors_reply_t *reply,
	xcb_atom_t names[VP_MONITORS_MAX])
{
	struct layout *layout = &x11->monitors->layout;
	memset(layout->monitors, 0, sizeof(layout->monitors));
	layout->count = 0;
	if (reply != NULL) {
		xcb_randr_monitor_info_iterator_t at =
			xcb_randr_get_monitors_monitors_iterator(reply);
		for (; at.rem > 0 && layout->count < VP_MONITORS_MAX;
			xcb_randr_monitor_info_next(&at)) {
			if (at.data->width == 0 || at.data->height == 0)
				continue;
			names[layout->count] = at.data->name;
			read_monitor(&layout->monitors[layout->count], at.data, layout->count);
			layout->count++;
		}
	}
	if (layout->count == 0) {
		set_single_monitor(x11);
		layout->count = 1;
		names[0] = XCB_ATOM_NONE;
	}
}

static void handle_name_reply(struct hc_x11 *x11, uint32_t index, const void *reply)
{
	struct hc_x11_monitors *monitors = x11->monitors;
	monitors->names_awaited--;
	if (index < monitors->layout.count)
		set_name(&monitors->layout.monitors[index], reply);
	if (monitors->names_awaited == 0)
		layout_complete(x11);
}

static void handle_monitors_reply(struct hc_x11 *x11, uint32_t unused, const void *reply)
{
	xcb_atom_t names[VP_MONITORS_MAX] = { XCB_ATOM_NONE };
	(void)unused;
	read_monitors(x11, reply, names);
	for (uint32_t i = 0; i < x11->monitors->layout.count; i++) {
		x11->monitors->names_awaited++;
		hc_x11_expect(x11, xcb_get_atom_name(x11->connection, names[i]).sequence, i,
			handle_name_reply);
	}
}

static void ask_monitors(struct hc_x11 *x11)
{
	if (x11->monitors->named) {
		hc_x11_expect(x11, xcb_randr_get_monitors(x11->connection, x11->root, 1).sequence,
			0, handle_monitors_reply);
	} else {
		set_single_monitor(x11);
		layout_complete(x11);
	}
}

static void fetch_monitors(struct hc_x11 *x11)
{
	xcb_atom_t names[VP_MONITORS_MAX] = { XCB_ATOM_NONE };
	xcb_randr_get_monitors_reply_t *reply = NULL;
	if (x11->monitors->named)
		reply = xcb_randr_get_monitors_reply(x11->connection,
			xcb_randr_get_monitors(x11->connection, x11->root, 1), NULL);
	read_monitors(x11, reply, names);
	free(reply);
	for (uint32_t i = 0; i < x11->monitors->layout.count; i++) {
		xcb_get_atom_name_reply_t *name = xcb_get_atom_name_reply(
			x11->connection, xcb_get_atom_name(x11->connection, names[i]), NULL);
		set_name(&x11->monitors->layout.monitors[i], name);
		free(name);
	}
}

/* Squared, from the point to the nearest one inside. */
static int64_t distance(const struct hc_rect *rect, int32_t x, int32_t y)
{
	int64_t dx = x - CLAMP((int64_t)x, rect->x, (int64_t)rect->x + rect->width - 1);
	int64_t dy = y - CLAMP((int64_t)y, rect->y, (int64_t)rect->y + rect->height - 1);
	return dx * dx + dy * dy;
}

bool hc_x11_monitors_at(struct hc_x11 *x11, int32_t x, int32_t y, struct hc_rect *monitor,
	struct hc_rect *work_area)
{
	const struct hc_x11_monitors *monitors = x11->monitors;
	const struct hc_rect *nearest = NULL;
	for (uint32_t i = 0; i < monitors->layout.count; i++) {
		const struct hc_rect *rect = &monitors->layout.monitors[i].rect;
		if (nearest == NULL || distance(rect, x, y) < distance(nearest, x, y))
			nearest = rect;
	}
	if (nearest == NULL)
		return false;
	*monitor = *nearest;
	*work_area = hc_x11_work_areas_of(x11, nearest);
	return true;
}

bool hc_x11_monitors_get(struct hc_x11 *x11, size_t index, struct hc_rect *monitor)
{
	const struct layout *layout = &x11->monitors->layout;
	if (index >= layout->count)
		return false;
	*monitor = layout->monitors[index].rect;
	return true;
}

void hc_x11_monitors_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event)
{
	uint8_t type = hc_x11_event_type(event);
	const xcb_configure_notify_event_t *configure = (const void *)event;
	if (type == XCB_CONFIGURE_NOTIFY && configure->window == x11->root) {
		/* Comes for a new screen size, and for every change of monitors. */
		x11->monitors->layout.screen_width = configure->width;
		x11->monitors->layout.screen_height = configure->height;
		ask_monitors(x11);
	} else if (x11->randr.present && type == x11->randr.first_event + XCB_RANDR_NOTIFY) {
		ask_monitors(x11);
	}
}

void hc_x11_monitors_announce(struct hc_x11 *x11)
{
	send_layout(x11);
}

static bool knows_monitors(struct hc_x11 *x11)
{
	if (!x11->randr.present)
		return false;
	xcb_randr_query_version_reply_t *reply = xcb_randr_query_version_reply(x11->connection,
		xcb_randr_query_version(x11->connection, RANDR_MAJOR, RANDR_MINOR), NULL);
	bool knows = reply != NULL && (reply->major_version > RANDR_MAJOR ||
					      (reply->major_version == RANDR_MAJOR &&
						      reply->minor_version >= RANDR_MINOR));
	free(reply);
	return knows;
}

static void fetch_screen_size(struct hc_x11 *x11)
{
	struct layout *layout = &x11->monitors->layout;
	layout->screen_width = x11->screen->width_in_pixels;
	layout->screen_height = x11->screen->height_in_pixels;
	xcb_get_geometry_reply_t *reply = xcb_get_geometry_reply(
		x11->connection, xcb_get_geometry(x11->connection, x11->root), NULL);
	if (reply != NULL) {
		layout->screen_width = reply->width;
		layout->screen_height = reply->height;
	}
	free(reply);
}

bool hc_x11_monitors_init(struct hc_x11 *x11)
{
	x11->monitors = g_new0(struct hc_x11_monitors, 1);
	x11->monitors->named = knows_monitors(x11);
	hc_x11_root_select(x11, XCB_EVENT_MASK_STRUCTURE_NOTIFY);
	if (x11->randr.present)
		xcb_randr_select_input(x11->connection, x11->root,
			XCB_RANDR_NOTIFY_MASK_CRTC_CHANGE | XCB_RANDR_NOTIFY_MASK_OUTPUT_CHANGE);
	fetch_screen_size(x11);
	fetch_monitors(x11);
	return true;
}

void hc_x11_monitors_finish(struct hc_x11 *x11)
{
	g_free(x11->monitors);
	x11->monitors = NULL;
}
