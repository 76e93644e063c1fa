/*
 * The cursor that the guest's server shows, as an image (XFIXES 2). Each image is sent once, as
 * long as it is among the last VP_CURSORS_MAX; animated cursors show their frames one after the
 * other.
 */
#include <pixman.h>
#include <string.h>

#include "x11.h"

/* A cursor that the primary has: its id in the protocol is the slot's number from 1 on. */
struct slot {
	uint32_t serial; /* the server's, 0 none */
	uint64_t used; /* when it was shown last; see ga_x11_cursor.clock */
};

struct ga_x11_cursor {
	struct slot slots[VP_CURSORS_MAX];
	uint64_t clock; /* counts the cursors shown */
	uint32_t shown; /* the server's serial */
	uint32_t scaled[VP_CURSOR_SIZE_MAX * VP_CURSOR_SIZE_MAX];
};

bool ga_x11_cursor_create(struct ga_x11 *x11)
{
	x11->cursor = g_new0(struct ga_x11_cursor, 1);
	xcb_xfixes_select_cursor_input(
		x11->connection, x11->root, XCB_XFIXES_CURSOR_NOTIFY_MASK_DISPLAY_CURSOR);
	return true;
}

void ga_x11_cursor_destroy(struct ga_x11 *x11)
{
	g_free(x11->cursor);
	x11->cursor = NULL;
}

static struct slot *find_slot(struct ga_x11_cursor *cursor, uint32_t serial)
{
	for (size_t i = 0; i < VP_CURSORS_MAX; i++)
		if (cursor->slots[i].serial == serial && serial != 0)
			return &cursor->slots[i];
	return NULL;
}

static struct slot *least_recently_used(struct ga_x11_cursor *cursor)
{
	struct slot *oldest = &cursor->slots[0];
	for (size_t i = 1; i < VP_CURSORS_MAX; i++)
		if (cursor->slots[i].used < oldest->used)
			oldest = &cursor->slots[i];
	return oldest;
}

static uint32_t slot_id(const struct ga_x11_cursor *cursor, const struct slot *slot)
{
	return (uint32_t)(slot - cursor->slots) + 1;
}

static void show_slot(struct ga_x11 *x11, struct slot *slot)
{
	slot->used = ++x11->cursor->clock;
	x11->cursor->shown = slot->serial;
	ga_x11_tell(x11, VP_MESSAGE(CURSOR_SET, cursor_set, .cursor = slot_id(x11->cursor, slot)));
}

/* Makes a cursor beyond the protocol's limit smaller, to the same proportions. */
static void scale_down(struct ga_x11_cursor *cursor, struct vp_cursor_image *image)
{
	uint32_t largest = MAX(image->width, image->height);
	uint16_t width = (uint16_t)MAX(image->width * VP_CURSOR_SIZE_MAX / largest, 1);
	uint16_t height = (uint16_t)MAX(image->height * VP_CURSOR_SIZE_MAX / largest, 1);
	pixman_image_t *from = pixman_image_create_bits_no_clear(PIXMAN_a8r8g8b8, image->width,
		image->height, (uint32_t *)(uintptr_t)image->pixels.data, image->width * 4);
	pixman_image_t *to = pixman_image_create_bits_no_clear(
		PIXMAN_a8r8g8b8, width, height, cursor->scaled, width * 4);
	pixman_transform_t transform;
	pixman_transform_init_scale(&transform,
		pixman_double_to_fixed((double)image->width / width),
		pixman_double_to_fixed((double)image->height / height));
	pixman_image_set_transform(from, &transform);
	pixman_image_set_filter(from, PIXMAN_FILTER_BEST, NULL, 0);
	pixman_image_composite32(PIXMAN_OP_SRC, from, NULL, to, 0, 0, 0, 0, 0, 0, width, height);
	pixman_image_unref(from);
	pixman_image_unref(to);
	image->hot_x = (uint16_t)(image->hot_x * width / image->width);
	image->hot_y = (uint16_t)(image->hot_y * height / image->height);
	image->width = width;
	image->height = height;
	image->pixels.data = (const uint8_t *)cursor->scaled;
	image->pixels.len = (size_t)width * height * 4;
}

static void send_image(struct ga_x11 *x11, const struct slot *slot,
	const xcb_xfixes_get_cursor_image_reply_t *reply)
{
	struct vp_message message = {
		.op = VP_OP_CURSOR_IMAGE,
		.cursor_image = {
			.cursor = slot_id(x11->cursor, slot),
			.width = reply->width,
			.height = reply->height,
			.hot_x = MIN(reply->xhot, (uint16_t)(reply->width - 1)),
			.hot_y = MIN(reply->yhot, (uint16_t)(reply->height - 1)),
			.pixels.data = (const uint8_t *)xcb_xfixes_get_cursor_image_cursor_image(reply),
			.pixels.len = (size_t)reply->width * reply->height * 4,
		},
	};
	if (reply->width > VP_CURSOR_SIZE_MAX || reply->height > VP_CURSOR_SIZE_MAX)
		scale_down(x11->cursor, &message.cursor_image);
	ga_x11_tell(x11, &message);
}

/* The image may be that of a later cursor than the one it was asked for: so much the better. */
static void handle_image(struct ga_x11 *x11, void *data, uint32_t argument)
{
	const xcb_xfixes_get_cursor_image_reply_t *reply = data;
	(void)argument;
	if (reply == NULL || reply->width == 0 || reply->height == 0 || !x11->primary)
		return;
	struct slot *slot = find_slot(x11->cursor, reply->cursor_serial);
	if (slot == NULL) {
		slot = least_recently_used(x11->cursor);
		slot->serial = reply->cursor_serial;
		send_image(x11, slot, reply);
	}
	show_slot(x11, slot);
}

static void ask_image(struct ga_x11 *x11)
{
	ga_x11_reply_expect(
		x11, xcb_xfixes_get_cursor_image(x11->connection).sequence, handle_image, 0);
}

bool ga_x11_cursor_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event)
{
	const xcb_xfixes_cursor_notify_event_t *notify = (const void *)event;
	if ((event->response_type & 0x7f) != x11->xfixes.event + XCB_XFIXES_CURSOR_NOTIFY)
		return false;
	if (!x11->primary || notify->cursor_serial == x11->cursor->shown)
		return true;
	struct slot *slot = find_slot(x11->cursor, notify->cursor_serial);
	if (slot != NULL)
		show_slot(x11, slot);
	else
		ask_image(x11);
	return true;
}

void ga_x11_cursor_announce(struct ga_x11 *x11)
{
	memset(x11->cursor->slots, 0, sizeof(x11->cursor->slots));
	x11->cursor->shown = 0;
	ask_image(x11);
}
