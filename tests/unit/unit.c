#include "unit.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <CUnit/Basic.h>

enum { HANG_SECONDS = 240 };

static void (*before_each)(void);

static bool chosen(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strstr(name, argv[i]) != NULL)
			return true;
	return argc < 2;
}

/* ORIEL_TEST_SEED, a number, shuffles the tests: none may need another before it. */
static void order(const struct unit_test **tests, size_t count)
{
	const char *seed = getenv("ORIEL_TEST_SEED");

	if (seed == NULL)
		return;
	srand((unsigned int)strtoul(seed, NULL, 10));
	for (size_t i = count; i > 1; i--) {
		size_t other = (size_t)rand() % i;
		const struct unit_test *test = tests[i - 1];

		tests[i - 1] = tests[other];
		tests[other] = test;
	}
}

static bool add_tests(
	CU_pSuite registered, const struct unit_test *tests, size_t count, int argc, char **argv)
{
	const struct unit_test **ordered = calloc(count, sizeof(*ordered));
	bool added = registered != NULL && ordered != NULL;

	for (size_t i = 0; added && i < count; i++)
		ordered[i] = &tests[i];
	if (added)
		order(ordered, count);
	for (size_t i = 0; added && i < count; i++)
		if (chosen(ordered[i]->name, argc, argv))
			added = CU_add_test(registered, ordered[i]->name, ordered[i]->run) != NULL;
	free(ordered);
	return added;
}

static void say(const char *text)
{
	ssize_t written = write(STDERR_FILENO, text, strlen(text));

	(void)written;
}

/* In a signal handler. */
static void handle_hang(int number)
{
	const CU_Test *test = CU_get_current_test();

	(void)number;
	say("this test hangs: ");
	say(test != NULL ? test->pName : "none");
	say("\n");
	abort();
}

static void begin_test(void)
{
	alarm(HANG_SECONDS);
	if (before_each != NULL)
		before_each();
}

int unit_run(const char *suite, const struct unit_test *tests, size_t count, int argc, char **argv)
{
	return unit_run_between(suite, tests, count, NULL, NULL, argc, argv);
}

int unit_run_between(const char *suite, const struct unit_test *tests, size_t count,
	void (*before)(void), void (*after)(void), int argc, char **argv)
{
	before_each = before;
	signal(SIGALRM, handle_hang);
	if (CU_initialize_registry() != CUE_SUCCESS ||
		!add_tests(
			CU_add_suite_with_setup_and_teardown(suite, NULL, NULL, begin_test, after),
			tests, count, argc, argv)) {
		fprintf(stderr, "%s: %s\n", suite, CU_get_error_msg());
		return EXIT_FAILURE;
	}
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	alarm(0);
	unsigned int failures = CU_get_number_of_failures();
	unsigned int run = CU_get_number_of_tests_run();
	CU_cleanup_registry();
	if (run == 0)
		fprintf(stderr, "%s: no test has such a name\n", suite);
	return failures == 0 && run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
