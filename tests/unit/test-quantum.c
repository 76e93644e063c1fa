#include "quantum.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"
#include "view-bench.h"

enum { GRID = 50, LOG_MAX = 256 };

static struct hc_quantum quantum;
static char log_text[LOG_MAX];

static void note(void *data, const struct vp_message *message)
{
	size_t len = strlen(log_text);
	char *at = log_text + len;
	(void)data;
	if (message->op == VP_OP_INPUT_KEY)
		snprintf(at, LOG_MAX - len, "key%u@%u ", message->input_key.code,
			message->input_key.time);
	else if (message->op == VP_OP_POINTER_MOTION)
		snprintf(at, LOG_MAX - len, "%u:%d@%u ", message->pointer_motion.window,
			message->pointer_motion.x, message->pointer_motion.time);
	else if (message->op == VP_OP_INPUT_MODIFIERS)
		snprintf(
			at, LOG_MAX - len, "held%u ", vp_ids_get(message->input_modifiers.held, 0));
	else
		snprintf(at, LOG_MAX - len, "%s ", vp_op_name((uint16_t)message->op));
}

static void begin(void)
{
	hc_quantum_init(&quantum);
	quantum.grid = GRID;
	log_text[0] = '\0';
}

static void check(int64_t now, const char *expected)
{
	hc_quantum_release(&quantum, now, note, NULL);
	CU_ASSERT_STRING_EQUAL(log_text, expected);
	log_text[0] = '\0';
}

static bool key(uint16_t code, uint32_t time, int64_t now)
{
	return hc_quantum_hold(
		&quantum, VP_MESSAGE(INPUT_KEY, input_key, .code = code, .time = time), now);
}

static bool motion(uint32_t window, int32_t x, uint32_t time, int64_t now)
{
	return hc_quantum_hold(&quantum,
		VP_MESSAGE(POINTER_MOTION, pointer_motion, .window = window, .x = x, .time = time),
		now);
}

static void test_no_grid(void)
{
	hc_quantum_init(&quantum);
	CU_ASSERT_FALSE(key(30, 1000, 1000));
	CU_ASSERT_EQUAL(quantum.deadline, -1);
}

static void test_grid(void)
{
	begin();
	CU_ASSERT_TRUE(key(30, 7001, 1001));
	CU_ASSERT_EQUAL(quantum.deadline, 1050);
	CU_ASSERT_TRUE(key(31, 7049, 1049));
	CU_ASSERT_EQUAL(quantum.deadline, 1050);
	check(1049, "");
	check(1050, "key30@7000 key31@7000 ");
	CU_ASSERT_EQUAL(quantum.deadline, -1);
	/* At a tick there is the whole time to the next, too. */
	CU_ASSERT_TRUE(key(32, 7050, 1050));
	CU_ASSERT_EQUAL(quantum.deadline, 1100);
	check(2000, "key32@7050 ");
}

static void test_order(void)
{
	const uint32_t held[] = { 42 };
	uint8_t encoded[VP_ID_BYTES];
	begin();
	CU_ASSERT_TRUE(motion(1, 10, 7001, 1001));
	CU_ASSERT_TRUE(motion(1, 20, 7002, 1002));
	CU_ASSERT_TRUE(motion(2, 30, 7003, 1003));
	CU_ASSERT_TRUE(key(30, 7004, 1004));
	CU_ASSERT_TRUE(motion(2, 40, 7005, 1005));
	CU_ASSERT_TRUE(hc_quantum_hold(&quantum, VP_MESSAGE(FOCUS, focus, .window = 2), 1006));
	CU_ASSERT_TRUE(hc_quantum_hold(&quantum,
		VP_MESSAGE(INPUT_MODIFIERS, input_modifiers, .held = vp_ids_put(encoded, held, 1)),
		1007));
	/* What was pointed to is valid during the call alone. */
	memset(encoded, 0, sizeof(encoded));
	check(1050, "1:20@7000 2:30@7000 key30@7000 2:40@7000 focus held42 ");
}

static void test_no_input(void)
{
	begin();
	CU_ASSERT_FALSE(hc_quantum_hold(
		&quantum, VP_MESSAGE(WINDOW_CLOSE, window_close, .window = 1), 1000));
	CU_ASSERT_EQUAL(quantum.deadline, -1);
}

static void test_gone(void)
{
	begin();
	CU_ASSERT_TRUE(key(30, 7001, 1001));
	hc_quantum_clear(&quantum);
	CU_ASSERT_EQUAL(quantum.deadline, -1);
	check(2000, "");
}

static void test_flood(void)
{
	enum { FLOOD = 5000 };
	begin();
	for (uint32_t i = 0; i < FLOOD && quantum.deadline != 1001; i++)
		CU_ASSERT_TRUE(key(30, 7001, 1001));
	CU_ASSERT_EQUAL(quantum.deadline, 1001);
	hc_quantum_clear(&quantum);
}

static void test_core(void)
{
	struct view_bench bench;
	view_bench_init(&bench);
	hc_core_set_input_quantum(bench.core, GRID);
	hc_core_advance(bench.core, 1001);
	view_bench_window(&bench, 1);
	fake_presenter_say(bench.fake, VP_MESSAGE(FOCUS, focus, .window = 1));
	fake_presenter_say(bench.fake, VP_MESSAGE(INPUT_KEY, input_key, .code = 30, .time = 7049));
	view_bench_turn(&bench);
	CU_ASSERT_EQUAL(bench.received[VP_OP_INPUT_KEY], 0);
	CU_ASSERT_EQUAL(hc_core_deadline(bench.core), 1050);
	hc_core_advance(bench.core, 1050);
	view_bench_turn(&bench);
	CU_ASSERT_EQUAL(bench.received[VP_OP_INPUT_KEY], 1);
	CU_ASSERT_EQUAL(bench.last.input_key.time, 7000);
	CU_ASSERT_EQUAL(hc_core_deadline(bench.core), -1);
	view_bench_finish(&bench);
}

static const struct unit_test tests[] = {
	{ "without a grid nothing is held", test_no_grid },
	{ "input is told at the next tick, and with a tick's time", test_grid },
	{ "the order stays, and motions in a row become one", test_order },
	{ "what is no input is not held", test_no_input },
	{ "what is held for a guest that is gone is forgotten", test_gone },
	{ "more than a person can cause does not wait for the tick", test_flood },
	{ "the view holds keys until the tick, and is woken for it", test_core },
};

UNIT_MAIN("quantum", tests)
