/*
 * The primary's monitors as the guest's (RandR 1.5). The guest's server, a virtual one, has one
 * output; its screen takes the size of the primary's, and the monitors are areas of it.
 */
#define G_LOG_DOMAIN "ga-monitors"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <xcb/randr.h>
#include <xcb/xcbext.h>

#include "x11.h"

enum { DPI_DEFAULT = 96 };

#define MM_PER_INCH 25.4

struct area {
	struct vp_monitor monitor; /* without its name */
	char name[VP_NAME_MAX + 1];
	xcb_atom_t atom; /* of its name; 0 none yet */
};

struct ga_x11_monitors {
	xcb_randr_crtc_t crtc; /* 0: the server's screen cannot change */
	xcb_randr_output_t output;
	xcb_randr_mode_t mode; /* our own, in use; 0 none */
	struct area areas[VP_MONITORS_MAX];
	size_t count; /* of a complete layout, 0 while one is coming */
	GArray *set; /* of xcb_atom_t: monitors that we have defined */
};

/* RRSetMonitor with one output, which comes last (RandR 1.5). */
struct set_monitor_request {
	uint8_t major_opcode; /* filled in by libxcb, with the length */
	uint8_t minor_opcode;
	uint16_t length;
	xcb_window_t window;
	xcb_randr_monitor_info_t info;
	xcb_randr_output_t output;
};

/* What an agent before this one has left. */
static void remove_left_monitors(struct ga_x11 *x11)
{
	xcb_randr_get_monitors_reply_t *reply = xcb_randr_get_monitors_reply(
		x11->connection, xcb_randr_get_monitors(x11->connection, x11->root, 1), NULL);
	if (reply == NULL)
		return;
	xcb_randr_monitor_info_iterator_t at = xcb_randr_get_monitors_monitors_iterator(reply);
	for (; at.rem > 0; xcb_randr_monitor_info_next(&at))
		if (!at.data->automatic)
			xcb_randr_delete_monitor(x11->connection, x11->root, at.data->name);
	free(reply);
}

static void find_output(struct ga_x11 *x11)
{
	xcb_randr_get_screen_resources_current_reply_t *reply =
		xcb_randr_get_screen_resources_current_reply(x11->connection,
			xcb_randr_get_screen_resources_current(x11->connection, x11->root), NULL);
	if (reply == NULL)
		return;
	if (reply->num_crtcs == 1 && reply->num_outputs == 1) {
		x11->monitors->crtc = xcb_randr_get_screen_resources_current_crtcs(reply)[0];
		x11->monitors->output = xcb_randr_get_screen_resources_current_outputs(reply)[0];
	}
	free(reply);
}

bool ga_x11_monitors_create(struct ga_x11 *x11)
{
	x11->monitors = g_new0(struct ga_x11_monitors, 1);
	x11->monitors->set = g_array_new(false, false, sizeof(xcb_atom_t));
	if (!x11->randr.present)
		return true;
	find_output(x11);
	remove_left_monitors(x11);
	return true;
}

void ga_x11_monitors_destroy(struct ga_x11 *x11)
{
	if (x11->monitors == NULL)
		return;
	g_array_free(x11->monitors->set, true);
	g_free(x11->monitors);
	x11->monitors = NULL;
}

bool ga_x11_monitors_handle_event(struct ga_x11 *x11, const xcb_generic_event_t *event)
{
	(void)x11;
	(void)event;
	return false;
}

/* The areas */

/* libxcb 1.15's own xcb_randr_set_monitor() sends a request of a wrong length. */
static void send_set_monitor(struct ga_x11 *x11, struct set_monitor_request *request)
{
	static const xcb_protocol_request_t protocol = {
		.count = 1,
		.ext = &xcb_randr_id,
		.opcode = XCB_RANDR_SET_MONITOR,
		.isvoid = 1,
	};
	size_t outputs = request->info.nOutput * sizeof(request->output);
	struct iovec parts[3] = {
		[2] = {
			.iov_base = request,
			.iov_len = offsetof(struct set_monitor_request, output) + outputs,
		},
	};
	/* libxcb writes to the two parts before the first. */
	xcb_send_request(x11->connection, 0, parts + 2, &protocol);
}

static void set_monitor(struct ga_x11 *x11, const struct area *area)
{
	const struct vp_monitor *monitor = &area->monitor;
	struct set_monitor_request request = {
		.window = x11->root,
		.info = {
			.name = area->atom,
			.primary = monitor->primary,
			.nOutput = monitor->index == 0,
			.x = (int16_t)monitor->x,
			.y = (int16_t)monitor->y,
			.width = (uint16_t)monitor->width,
			.height = (uint16_t)monitor->height,
			.width_in_millimeters = monitor->width_mm,
			.height_in_millimeters = monitor->height_mm,
		},
		.output = x11->monitors->output,
	};
	send_set_monitor(x11, &request);
	g_array_append_val(x11->monitors->set, area->atom);
}

static void set_monitors(struct ga_x11 *x11)
{
	struct ga_x11_monitors *monitors = x11->monitors;
	for (guint i = 0; i < monitors->set->len; i++)
		xcb_randr_delete_monitor(
			x11->connection, x11->root, g_array_index(monitors->set, xcb_atom_t, i));
	g_array_set_size(monitors->set, 0);
	for (size_t i = 0; i < monitors->count; i++)
		set_monitor(x11, &monitors->areas[i]);
}

static void handle_name(struct ga_x11 *x11, void *data, uint32_t index)
{
	const xcb_intern_atom_reply_t *reply = data;
	struct ga_x11_monitors *monitors = x11->monitors;
	if (reply == NULL || index >= monitors->count)
		return;
	monitors->areas[index].atom = reply->atom;
	for (size_t i = 0; i < monitors->count; i++)
		if (monitors->areas[i].atom == XCB_ATOM_NONE)
			return;
	set_monitors(x11);
}

static void intern_names(struct ga_x11 *x11)
{
	struct ga_x11_monitors *monitors = x11->monitors;
	for (size_t i = 0; i < monitors->count; i++) {
		const char *name = monitors->areas[i].name;
		xcb_intern_atom_cookie_t cookie =
			xcb_intern_atom(x11->connection, 0, (uint16_t)strlen(name), name);
		ga_x11_reply_expect(x11, cookie.sequence, handle_name, (uint32_t)i);
	}
}

/* The screen */

static uint32_t millimetres(uint32_t pixels)
{
	return (uint32_t)(pixels * MM_PER_INCH / DPI_DEFAULT);
}

static void set_crtc(struct ga_x11 *x11, xcb_randr_mode_t mode, uint32_t output_count,
	const xcb_randr_output_t *output)
{
	xcb_randr_set_crtc_config_cookie_t cookie = xcb_randr_set_crtc_config(x11->connection,
		x11->monitors->crtc, XCB_CURRENT_TIME, XCB_CURRENT_TIME, 0, 0, mode,
		XCB_RANDR_ROTATION_ROTATE_0, output_count, output);
	xcb_discard_reply(x11->connection, cookie.sequence);
}

/* A screen cannot become smaller than what its output shows: the output is off meanwhile. */
static void handle_mode(struct ga_x11 *x11, void *data, uint32_t size)
{
	const xcb_randr_create_mode_reply_t *reply = data;
	struct ga_x11_monitors *monitors = x11->monitors;
	uint16_t width = (uint16_t)(size >> 16);
	uint16_t height = (uint16_t)size;
	if (reply == NULL) {
		g_warning("the guest's screen cannot be made %ux%u: its X server refuses the mode",
			width, height);
		return;
	}
	xcb_randr_add_output_mode(x11->connection, monitors->output, reply->mode);
	set_crtc(x11, XCB_NONE, 0, NULL);
	xcb_randr_set_screen_size(
		x11->connection, x11->root, width, height, millimetres(width), millimetres(height));
	set_crtc(x11, reply->mode, 1, &monitors->output);
	if (monitors->mode != XCB_NONE) {
		xcb_randr_delete_output_mode(x11->connection, monitors->output, monitors->mode);
		xcb_randr_destroy_mode(x11->connection, monitors->mode);
	}
	monitors->mode = reply->mode;
	intern_names(x11);
}

/* A mode's timing means nothing to a virtual output; its name must be new. */
static void create_mode(struct ga_x11 *x11, uint32_t width, uint32_t height)
{
	char name[64];
	int len = g_snprintf(name, sizeof(name), "oriel-%ux%u-%x", width, height,
		xcb_generate_id(x11->connection));
	const xcb_randr_mode_info_t mode = {
		.width = (uint16_t)width,
		.height = (uint16_t)height,
		.dot_clock = width * height,
		.htotal = (uint16_t)width,
		.vtotal = (uint16_t)height,
		.name_len = (uint16_t)len,
	};
	xcb_randr_create_mode_cookie_t cookie =
		xcb_randr_create_mode(x11->connection, x11->root, mode, (uint32_t)len, name);
	ga_x11_reply_expect(x11, cookie.sequence, handle_mode, width << 16 | height);
}

static void apply_layout(struct ga_x11 *x11)
{
	const struct vp_monitor *first = &x11->monitors->areas[0].monitor;
	if (!x11->randr.present)
		return;
	if (x11->monitors->crtc == XCB_NONE || (first->screen_width == x11->root_width &&
						       first->screen_height == x11->root_height))
		intern_names(x11);
	else
		create_mode(x11, first->screen_width, first->screen_height);
}

void ga_x11_monitors_handle_monitor(struct ga_x11 *x11, const struct vp_monitor *message)
{
	struct ga_x11_monitors *monitors = x11->monitors;
	struct area *area = &monitors->areas[message->index];
	monitors->count = 0;
	area->monitor = *message;
	area->atom = XCB_ATOM_NONE;
	memcpy(area->name, message->name.data, message->name.len);
	area->name[message->name.len] = '\0';
	if (message->index != message->count - 1)
		return;
	monitors->count = message->count;
	apply_layout(x11);
}
