/*
 * What panels leave free of the monitors. Window managers publish it in two properties: an area of
 * the whole screen for each desktop (EWMH _NET_WORKAREA), and some an area for each monitor of the
 * present desktop, too (_GTK_WORKAREAS_Dn), which is exact where monitors differ.
 */
#define G_LOG_DOMAIN "hc-x11-monitors"

#include <string.h>

#include "x11.h"

enum {
	AREA_WORDS = 4, /* x, y, width, height */
	AREAS_MAX = 64, /* of a property that are looked at */
};

struct areas {
	struct hc_rect rects[AREAS_MAX];
	size_t count;
};

struct hc_x11_work_areas {
	uint32_t desktop;
	xcb_atom_t by_monitor_atom; /* of the present desktop; XCB_ATOM_NONE while not known */
	struct areas by_desktop;
	struct areas by_monitor; /* in an order of the window manager's own */
	struct vp_rect told[VP_MONITORS_MAX];
	size_t told_count;
};

static struct hc_rect intersection(const struct hc_rect *a, const struct hc_rect *b)
{
	int64_t left = MAX(a->x, b->x);
	int64_t top = MAX(a->y, b->y);
	int64_t right = MIN((int64_t)a->x + a->width, (int64_t)b->x + b->width);
	int64_t bottom = MIN((int64_t)a->y + a->height, (int64_t)b->y + b->height);
	if (right <= left || bottom <= top)
		return (struct hc_rect){ 0 };
	return (struct hc_rect){ (int32_t)left, (int32_t)top, (uint32_t)(right - left),
		(uint32_t)(bottom - top) };
}

static uint64_t size_of(const struct hc_rect *rect)
{
	return (uint64_t)rect->width * rect->height;
}

struct hc_rect hc_x11_work_areas_of(struct hc_x11 *x11, const struct hc_rect *monitor)
{
	const struct hc_x11_work_areas *areas = x11->work_areas;
	struct hc_rect best = { 0 };
	for (size_t i = 0; i < areas->by_monitor.count; i++) {
		struct hc_rect part = intersection(monitor, &areas->by_monitor.rects[i]);
		if (size_of(&part) > size_of(&best))
			best = part;
	}
	if (size_of(&best) == 0 && areas->by_desktop.count > 0) {
		size_t desktop = MIN(areas->desktop, areas->by_desktop.count - 1);
		best = intersection(monitor, &areas->by_desktop.rects[desktop]);
	}
	return size_of(&best) > 0 ? best : *monitor;
}

/* To the guest */

static size_t gather(struct hc_x11 *x11, struct vp_rect areas[VP_MONITORS_MAX])
{
	struct hc_rect monitor;
	size_t count = 0;
	while (count < VP_MONITORS_MAX && hc_x11_monitors_get(x11, count, &monitor)) {
		struct hc_rect area = hc_x11_work_areas_of(x11, &monitor);
		areas[count++] = (struct vp_rect){ (int16_t)area.x, (int16_t)area.y,
			(uint16_t)area.width, (uint16_t)area.height };
	}
	return count;
}

void hc_x11_work_areas_announce(struct hc_x11 *x11)
{
	struct hc_x11_work_areas *areas = x11->work_areas;
	uint8_t encoded[VP_MONITORS_MAX * VP_RECT_BYTES];
	areas->told_count = gather(x11, areas->told);
	hc_x11_message(
		x11, VP_MESSAGE(WORK_AREAS, work_areas,
			     .areas = vp_rects_put(encoded, areas->told, areas->told_count)));
}

void hc_x11_work_areas_update(struct hc_x11 *x11)
{
	const struct hc_x11_work_areas *areas = x11->work_areas;
	struct vp_rect now[VP_MONITORS_MAX];
	size_t count = gather(x11, now);
	if (count != areas->told_count || memcmp(now, areas->told, count * sizeof(now[0])) != 0)
		hc_x11_work_areas_announce(x11);
}

/* From the window manager */

static void read_areas(struct areas *areas, const xcb_get_property_reply_t *reply)
{
	areas->count = 0;
	if (reply == NULL || reply->format != 32)
		return;
	const uint32_t *words = xcb_get_property_value(reply);
	for (uint32_t i = 0; i + AREA_WORDS <= reply->value_len; i += AREA_WORDS)
		areas->rects[areas->count++] = (struct hc_rect){ (int32_t)words[i],
			(int32_t)words[i + 1], words[i + 2], words[i + 3] };
}

static void handle_by_desktop_reply(struct hc_x11 *x11, uint32_t unused, const void *reply)
{
	(void)unused;
	read_areas(&x11->work_areas->by_desktop, reply);
	hc_x11_work_areas_update(x11);
}

static void handle_by_monitor_reply(struct hc_x11 *x11, uint32_t atom, const void *reply)
{
	if (atom != x11->work_areas->by_monitor_atom)
		return;
	read_areas(&x11->work_areas->by_monitor, reply);
	hc_x11_work_areas_update(x11);
}

static void ask(struct hc_x11 *x11, xcb_atom_t property,
	void (*handle)(struct hc_x11 *x11, uint32_t property, const void *reply))
{
	hc_x11_expect(x11,
		xcb_get_property(x11->connection, 0, x11->root, property, XCB_ATOM_CARDINAL, 0,
			AREAS_MAX * AREA_WORDS)
			.sequence,
		property, handle);
}

static void handle_atom_reply(struct hc_x11 *x11, uint32_t desktop, const void *data)
{
	const xcb_intern_atom_reply_t *reply = data;
	if (reply == NULL || desktop != x11->work_areas->desktop)
		return;
	x11->work_areas->by_monitor_atom = reply->atom;
	ask(x11, reply->atom, handle_by_monitor_reply);
}

/* The property has the desktop's number in its name. */
static void set_desktop(struct hc_x11 *x11, uint32_t desktop)
{
	char name[32];
	int len = g_snprintf(name, sizeof(name), "_GTK_WORKAREAS_D%u", desktop);
	x11->work_areas->desktop = desktop;
	x11->work_areas->by_monitor_atom = XCB_ATOM_NONE;
	hc_x11_expect(x11, xcb_intern_atom(x11->connection, 0, (uint16_t)len, name).sequence,
		desktop, handle_atom_reply);
	hc_x11_work_areas_update(x11);
}

static void handle_desktop_reply(struct hc_x11 *x11, uint32_t unused, const void *data)
{
	const xcb_get_property_reply_t *reply = data;
	(void)unused;
	if (reply != NULL && reply->format == 32 && reply->value_len >= 1)
		set_desktop(x11, *(const uint32_t *)xcb_get_property_value(reply));
}

void hc_x11_work_areas_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event)
{
	const xcb_property_notify_event_t *property = (const void *)event;
	if (hc_x11_event_type(event) != XCB_PROPERTY_NOTIFY || property->window != x11->root)
		return;
	if (property->atom == x11->atoms._NET_WORKAREA)
		ask(x11, property->atom, handle_by_desktop_reply);
	else if (property->atom == x11->atoms._NET_CURRENT_DESKTOP)
		ask(x11, property->atom, handle_desktop_reply);
	else if (property->atom == x11->work_areas->by_monitor_atom)
		ask(x11, property->atom, handle_by_monitor_reply);
}

bool hc_x11_work_areas_init(struct hc_x11 *x11)
{
	x11->work_areas = g_new0(struct hc_x11_work_areas, 1);
	hc_x11_root_select(x11, XCB_EVENT_MASK_PROPERTY_CHANGE);
	ask(x11, x11->atoms._NET_WORKAREA, handle_by_desktop_reply);
	ask(x11, x11->atoms._NET_CURRENT_DESKTOP, handle_desktop_reply);
	set_desktop(x11, 0);
	return true;
}

void hc_x11_work_areas_finish(struct hc_x11 *x11)
{
	g_free(x11->work_areas);
	x11->work_areas = NULL;
}
