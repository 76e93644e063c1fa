/*
 * The frame of a unit test program: a table of tests whose names are sentences, run by CUnit.
 *
 *	static void test_empty(void) { CU_ASSERT_EQUAL(count(), 0); }
 *	static const struct unit_test tests[] = {
 *		{ "an empty table has no windows", test_empty },
 *	};
 *	UNIT_MAIN("window table", tests)
 *
 * The program prints failures and totals; it exits with 0 when all passed and 1 otherwise.
 * Arguments choose the tests whose names contain one of them. A test that has not ended after some
 * minutes is named, and ends the program.
 */
#pragma once

#include <stddef.h>

#include <CUnit/CUnit.h>

struct unit_test {
	const char *name;
	void (*run)(void);
};

/* Runs the tests that the arguments choose; the exit status. */
int unit_run(const char *suite, const struct unit_test *tests, size_t count, int argc, char **argv);

/* As above, with before() and after() around each test. */
int unit_run_between(const char *suite, const struct unit_test *tests, size_t count,
	void (*before)(void), void (*after)(void), int argc, char **argv);

#define UNIT_MAIN(suite, tests) \
	int main(int argc, char **argv) \
	{ \
		return unit_run(suite, tests, sizeof(tests) / sizeof((tests)[0]), argc, argv); \
	}
