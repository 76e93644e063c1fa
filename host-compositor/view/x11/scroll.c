#define G_LOG_DOMAIN "hc-x11-scroll"

#include <stdlib.h>

#include "x11.h"

enum {
	AXES_MAX = 8, /* of one pointer that are looked at */
	NOTCH = 120, /* units of the protocol */
	SCROLL_MAX = 12000, /* units of one message */
	VALUATOR_WORD_BITS = 32,
};

struct axis {
	uint16_t number;
	bool horizontal;
	double increment; /* of one notch */
	double value;
	bool known; /* value is */
	double rest; /* units not yet told, less than 1 */
};

struct hc_x11_scroll {
	xcb_input_device_id_t source;
	struct axis axes[AXES_MAX];
	size_t count;
};

static double fixed_to_double(xcb_input_fp3232_t fixed)
{
	return fixed.integral + fixed.frac / 4294967296.0;
}

static void add_axis(struct hc_x11_scroll *scroll, const xcb_input_scroll_class_t *class)
{
	double increment = fixed_to_double(class->increment);
	if (scroll->count == AXES_MAX || increment == 0.0)
		return;
	scroll->source = class->sourceid;
	scroll->axes[scroll->count++] = (struct axis){
		.number = class->number,
		.horizontal = class->scroll_type == XCB_INPUT_SCROLL_TYPE_HORIZONTAL,
		.increment = increment,
	};
}

static struct axis *find_axis(struct hc_x11_scroll *scroll, size_t number)
{
	for (size_t i = 0; i < scroll->count; i++)
		if (scroll->axes[i].number == number)
			return &scroll->axes[i];
	return NULL;
}

/* Classes are lists of structures that begin with their type and length, in words. */
static void read_classes(
	struct hc_x11_scroll *scroll, const void *classes, size_t count, bool values_only)
{
	const xcb_input_device_class_t *class = classes;
	if (!values_only)
		scroll->count = 0;
	for (size_t i = 0; i < count; i++) {
		if (class->type == XCB_INPUT_DEVICE_CLASS_TYPE_SCROLL && !values_only)
			add_axis(scroll, (const void *)class);
		class = (const void *)((const uint32_t *)(const void *)class + class->len);
	}
	class = classes;
	for (size_t i = 0; i < count; i++) {
		const xcb_input_valuator_class_t *valuator = (const void *)class;
		struct axis *axis = class->type == XCB_INPUT_DEVICE_CLASS_TYPE_VALUATOR
					    ? find_axis(scroll, valuator->number)
					    : NULL;
		if (axis != NULL && !axis->known) {
			axis->value = fixed_to_double(valuator->value);
			axis->known = true;
		}
		class = (const void *)((const uint32_t *)(const void *)class + class->len);
	}
}

static void read_devices(struct hc_x11_scroll *scroll,
	const xcb_input_xi_query_device_reply_t *reply, bool values_only)
{
	xcb_input_xi_device_info_iterator_t at = xcb_input_xi_query_device_infos_iterator(reply);
	for (; at.rem > 0; xcb_input_xi_device_info_next(&at)) {
		if (at.data->type != XCB_INPUT_DEVICE_TYPE_MASTER_POINTER ||
			at.data->num_classes == 0)
			continue;
		read_classes(scroll, xcb_input_xi_device_info_classes_iterator(at.data).data,
			at.data->num_classes, values_only);
		return;
	}
}

static xcb_input_xi_query_device_cookie_t query(struct hc_x11 *x11)
{
	return xcb_input_xi_query_device(x11->connection, XCB_INPUT_DEVICE_ALL_MASTER);
}

static void handle_values_reply(struct hc_x11 *x11, uint32_t unused, const void *reply)
{
	(void)unused;
	if (reply != NULL)
		read_devices(hc_x11_input_scroll(x11), reply, true);
}

void hc_x11_scroll_resume(struct hc_x11 *x11)
{
	struct hc_x11_scroll *scroll = hc_x11_input_scroll(x11);
	for (size_t i = 0; i < scroll->count; i++) {
		scroll->axes[i].known = false;
		scroll->axes[i].rest = 0;
	}
	if (scroll->count > 0)
		hc_x11_expect(x11, query(x11).sequence, 0, handle_values_reply);
}

/* Rounded to whole units; the rest is kept for the next time. */
static int32_t advance(struct axis *axis, double value)
{
	double units = 0;
	if (axis->known)
		units = (value - axis->value) / axis->increment * NOTCH + axis->rest;
	axis->value = value;
	axis->known = true;
	units = CLAMP(units, -SCROLL_MAX, SCROLL_MAX);
	int32_t whole = (int32_t)units;
	axis->rest = units - whole;
	return whole;
}

bool hc_x11_scroll_take(struct hc_x11_scroll *scroll, const xcb_input_motion_event_t *event,
	int32_t *horizontal, int32_t *vertical)
{
	const uint32_t *mask = xcb_input_button_press_valuator_mask(event);
	const xcb_input_fp3232_t *values = xcb_input_button_press_axisvalues(event);
	*horizontal = 0;
	*vertical = 0;
	for (size_t number = 0; number < (size_t)event->valuators_len * VALUATOR_WORD_BITS;
		number++) {
		if ((mask[number / VALUATOR_WORD_BITS] >> (number % VALUATOR_WORD_BITS) & 1) == 0)
			continue;
		struct axis *axis = find_axis(scroll, number);
		if (axis != NULL)
			*(axis->horizontal ? horizontal : vertical) +=
				advance(axis, fixed_to_double(*values));
		values++;
	}
	return *horizontal != 0 || *vertical != 0;
}

bool hc_x11_scroll_smooth(const struct hc_x11_scroll *scroll, xcb_input_device_id_t source)
{
	return scroll->count > 0 && scroll->source == source;
}

void hc_x11_scroll_handle_device_changed(
	struct hc_x11_scroll *scroll, const xcb_input_device_changed_event_t *event)
{
	if (event->num_classes > 0)
		read_classes(scroll, event + 1, event->num_classes, false);
}

struct hc_x11_scroll *hc_x11_scroll_create(void)
{
	return g_new0(struct hc_x11_scroll, 1);
}

void hc_x11_scroll_fetch_devices(struct hc_x11 *x11)
{
	xcb_input_xi_query_device_reply_t *reply =
		xcb_input_xi_query_device_reply(x11->connection, query(x11), NULL);
	if (reply != NULL)
		read_devices(hc_x11_input_scroll(x11), reply, false);
	free(reply);
}

void hc_x11_scroll_destroy(struct hc_x11_scroll *scroll)
{
	g_free(scroll);
}
