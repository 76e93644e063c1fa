/*
 * Smooth scrolling on the primary, which no X server without a touchpad can show: axes and their
 * values as the server sends them.
 */
#include "x11/x11.h"

#include <math.h>

#include "unit.h"

enum {
	SOURCE = 7,
	OTHER_SOURCE = 9,
	X_AXIS = 0, /* of the pointer itself */
	HORIZONTAL_AXIS = 2,
	VERTICAL_AXIS = 3,
	INCREMENT = 15, /* of one notch */
	WORD = 4, /* bytes */
};

/* A pointer that begins at 1000 on both axes. */
static const int32_t start = 1000;

struct device {
	xcb_input_device_changed_event_t event;
	xcb_input_scroll_class_t scroll[2];
	xcb_input_valuator_class_t valuators[2];
};

struct motion {
	xcb_input_motion_event_t event;
	uint32_t mask;
	xcb_input_fp3232_t values[2];
};

static xcb_input_fp3232_t fixed(double value)
{
	int32_t integral = (int32_t)floor(value);
	return (xcb_input_fp3232_t){ integral, (uint32_t)((value - integral) * 4294967296.0) };
}

static xcb_input_scroll_class_t scroll_class(uint16_t number, uint16_t type, double increment)
{
	return (xcb_input_scroll_class_t){
		.type = XCB_INPUT_DEVICE_CLASS_TYPE_SCROLL,
		.len = sizeof(xcb_input_scroll_class_t) / WORD,
		.sourceid = SOURCE,
		.number = number,
		.scroll_type = type,
		.increment = fixed(increment),
	};
}

static xcb_input_valuator_class_t valuator_class(uint16_t number)
{
	return (xcb_input_valuator_class_t){
		.type = XCB_INPUT_DEVICE_CLASS_TYPE_VALUATOR,
		.len = sizeof(xcb_input_valuator_class_t) / WORD,
		.sourceid = SOURCE,
		.number = number,
		.value = fixed(start),
	};
}

static struct hc_x11_scroll *create(double increment)
{
	struct hc_x11_scroll *scroll = hc_x11_scroll_create();
	const struct device device = {
		.event.num_classes = 4,
		.scroll = { scroll_class(
				    HORIZONTAL_AXIS, XCB_INPUT_SCROLL_TYPE_HORIZONTAL, increment),
			scroll_class(VERTICAL_AXIS, XCB_INPUT_SCROLL_TYPE_VERTICAL, increment) },
		.valuators = { valuator_class(HORIZONTAL_AXIS), valuator_class(VERTICAL_AXIS) },
	};
	hc_x11_scroll_handle_device_changed(scroll, &device.event);
	return scroll;
}

/* The pointer's first two axes in the mask have these values now. */
static bool take(struct hc_x11_scroll *scroll, uint32_t mask, double first, double second,
	int32_t *horizontal, int32_t *vertical)
{
	const struct motion motion = {
		.event.valuators_len = 1,
		.mask = mask,
		.values = { fixed(first), fixed(second) },
	};
	return hc_x11_scroll_take(scroll, &motion.event, horizontal, vertical);
}

static int32_t take_vertical(struct hc_x11_scroll *scroll, double value)
{
	int32_t horizontal;
	int32_t vertical;
	take(scroll, 1U << VERTICAL_AXIS, value, 0, &horizontal, &vertical);
	CU_ASSERT_EQUAL(horizontal, 0);
	return vertical;
}

static void test_notch(void)
{
	struct hc_x11_scroll *scroll = create(INCREMENT);
	CU_ASSERT_EQUAL(take_vertical(scroll, start + INCREMENT), 120);
	CU_ASSERT_EQUAL(take_vertical(scroll, start - INCREMENT), -240);
	CU_ASSERT_EQUAL(take_vertical(scroll, start - INCREMENT), 0);
	hc_x11_scroll_destroy(scroll);
}

static void test_both_axes(void)
{
	int32_t horizontal;
	int32_t vertical;
	struct hc_x11_scroll *scroll = create(INCREMENT);
	CU_ASSERT_TRUE(take(scroll, 1U << HORIZONTAL_AXIS | 1U << VERTICAL_AXIS, start + 30,
		start - 5, &horizontal, &vertical));
	CU_ASSERT_EQUAL(horizontal, 240);
	CU_ASSERT_EQUAL(vertical, -40);
	/* The pointer itself moves, too. */
	CU_ASSERT_TRUE(take(scroll, 1U << X_AXIS | 1U << VERTICAL_AXIS, 5000, start + 10,
		&horizontal, &vertical));
	CU_ASSERT_EQUAL(horizontal, 0);
	CU_ASSERT_EQUAL(vertical, 120);
	CU_ASSERT_FALSE(take(scroll, 1U << X_AXIS, 5001, 0, &horizontal, &vertical));
	hc_x11_scroll_destroy(scroll);
}

static void test_fractions(void)
{
	int32_t sum = 0;
	struct hc_x11_scroll *scroll = create(INCREMENT);
	for (int step = 1; step <= 300; step++)
		sum += take_vertical(scroll, start + step * 0.05);
	CU_ASSERT_EQUAL(sum, 120);
	for (int step = 299; step >= 0; step--)
		sum += take_vertical(scroll, start + step * 0.05);
	CU_ASSERT(sum >= -1 && sum <= 1);
	hc_x11_scroll_destroy(scroll);
}

static void test_natural_direction(void)
{
	struct hc_x11_scroll *scroll = create(-INCREMENT);
	CU_ASSERT_EQUAL(take_vertical(scroll, start + INCREMENT), -120);
	hc_x11_scroll_destroy(scroll);
}

static void test_extremes(void)
{
	struct hc_x11_scroll *scroll = create(INCREMENT);
	CU_ASSERT_EQUAL(take_vertical(scroll, 2e9), 12000);
	CU_ASSERT_EQUAL(take_vertical(scroll, -2e9), -12000);
	hc_x11_scroll_destroy(scroll);
	/* A device that says nonsense does not scroll. */
	scroll = create(0);
	CU_ASSERT_EQUAL(take_vertical(scroll, start + INCREMENT), 0);
	CU_ASSERT_FALSE(hc_x11_scroll_smooth(scroll, SOURCE));
	hc_x11_scroll_destroy(scroll);
}

static void test_other_device(void)
{
	struct hc_x11_scroll *scroll = create(INCREMENT);
	CU_ASSERT_TRUE(hc_x11_scroll_smooth(scroll, SOURCE));
	CU_ASSERT_FALSE(hc_x11_scroll_smooth(scroll, OTHER_SOURCE));
	/* A mouse without axes takes the touchpad's place, and that again the mouse's. */
	const struct device mouse = {
		.event.num_classes = 1,
		.scroll[0] = { .type = XCB_INPUT_DEVICE_CLASS_TYPE_KEY,
			.len = sizeof(xcb_input_scroll_class_t) / WORD },
	};
	hc_x11_scroll_handle_device_changed(scroll, &mouse.event);
	CU_ASSERT_FALSE(hc_x11_scroll_smooth(scroll, SOURCE));
	CU_ASSERT_EQUAL(take_vertical(scroll, start + INCREMENT), 0);
	hc_x11_scroll_destroy(scroll);
}

static const struct unit_test tests[] = {
	{ "an axis that moves by its increment is a notch, either way", test_notch },
	{ "both axes scroll at once, and the pointer's own do not", test_both_axes },
	{ "fractions add up and none is lost", test_fractions },
	{ "a negative increment turns the direction round", test_natural_direction },
	{ "leaps are bounded, and an increment of nothing is no axis", test_extremes },
	{ "each device scrolls by its own axes", test_other_device },
};

UNIT_MAIN("smooth scrolling", tests)
