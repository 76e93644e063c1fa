/*
 * When a guest counts as silent; the time is the test's.
 */
#include "unit.h"

#include "silence.h"

enum { START = 1000 };

static struct hc_silence silence;
static uint64_t inputs, received;

static void begin(void)
{
	inputs = received = 7;
	hc_silence_init(&silence, inputs);
	silence.received = received;
}

static enum hc_silence_event observe(int64_t now)
{
	return hc_silence_observe(&silence, inputs, received, now);
}

static void test_answers(void)
{
	begin();
	CU_ASSERT_EQUAL(observe(START), HC_SILENCE_NONE);
	CU_ASSERT_EQUAL(silence.deadline, -1);
	inputs++;
	CU_ASSERT_EQUAL(observe(START), HC_SILENCE_NONE);
	CU_ASSERT_EQUAL(silence.deadline, START + HC_SILENCE_MS);
	received++;
	CU_ASSERT_EQUAL(observe(START + 5), HC_SILENCE_NONE);
	CU_ASSERT_EQUAL(silence.deadline, -1);
}

static void test_idle(void)
{
	begin();
	inputs++;
	observe(START);
	CU_ASSERT_EQUAL(observe(START + HC_SILENCE_MS), HC_SILENCE_PING);
	received++;
	CU_ASSERT_EQUAL(observe(START + HC_SILENCE_MS + 5), HC_SILENCE_NONE);
	CU_ASSERT_EQUAL(silence.deadline, -1);
}

/* Of which the user's further actions change nothing. */
static void fall_silent(void)
{
	begin();
	inputs++;
	observe(START);
	inputs++;
	CU_ASSERT_EQUAL(observe(START + HC_SILENCE_MS - 1), HC_SILENCE_NONE);
	CU_ASSERT_EQUAL(observe(START + HC_SILENCE_MS), HC_SILENCE_PING);
	inputs++;
	CU_ASSERT_EQUAL(observe(START + 2 * HC_SILENCE_MS - 1), HC_SILENCE_NONE);
	CU_ASSERT_EQUAL(observe(START + 2 * HC_SILENCE_MS), HC_SILENCE_BEGINS);
	inputs++;
	CU_ASSERT_EQUAL(observe(START + 3 * HC_SILENCE_MS), HC_SILENCE_NONE);
	CU_ASSERT_EQUAL(silence.deadline, -1);
}

static void test_silent(void)
{
	fall_silent();
	received++;
	CU_ASSERT_EQUAL(observe(START + 9 * HC_SILENCE_MS), HC_SILENCE_ENDS);
	inputs++;
	CU_ASSERT_EQUAL(observe(START + 9 * HC_SILENCE_MS), HC_SILENCE_NONE);
	CU_ASSERT_EQUAL(silence.deadline, START + 10 * HC_SILENCE_MS);
}

static void test_noticed_pause(void)
{
	fall_silent();
	CU_ASSERT_EQUAL(hc_silence_stand(&silence, true), HC_SILENCE_NONE);
	received++;
	CU_ASSERT_EQUAL(observe(START + 9 * HC_SILENCE_MS), HC_SILENCE_ENDS);
	CU_ASSERT_EQUAL(hc_silence_stand(&silence, false), HC_SILENCE_NONE);
}

static void test_own_pause(void)
{
	begin();
	CU_ASSERT_EQUAL(hc_silence_stand(&silence, true), HC_SILENCE_PING);
	CU_ASSERT_EQUAL(silence.deadline, -1);
	received++;
	CU_ASSERT_EQUAL(observe(START), HC_SILENCE_ENDS);
	received++;
	CU_ASSERT_EQUAL(observe(START), HC_SILENCE_ENDS);
	hc_silence_stand(&silence, false);
	received++;
	CU_ASSERT_EQUAL(observe(START), HC_SILENCE_NONE);
}

static const struct unit_test tests[] = {
	{ "a guest that answers is not asked", test_answers },
	{ "a guest that has nothing to say to an input answers a ping", test_idle },
	{ "a guest that answers nothing is silent until it is heard", test_silent },
	{ "a guest whose pause has been noticed tells when it goes on", test_noticed_pause },
	{ "a guest that is paused tells of all that it says", test_own_pause },
};

UNIT_MAIN("silence", tests)
