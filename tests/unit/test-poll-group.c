#include "unit.h"

#include <poll.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "poll-group.h"

enum { FIRST, NONE, SECOND, COUNT };

static struct {
	int fds[COUNT];
	int group;
} bench;

static void begin(void)
{
	bench.fds[FIRST] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	bench.fds[NONE] = -1;
	bench.fds[SECOND] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	bench.group = vp_poll_group_create(bench.fds, COUNT);
	CU_ASSERT_NOT_EQUAL_FATAL(bench.group, -1);
}

static void end(void)
{
	close(bench.group);
	close(bench.fds[FIRST]);
	close(bench.fds[SECOND]);
}

static bool is_polled(void)
{
	struct pollfd fd = { .fd = bench.group, .events = POLLIN };
	return poll(&fd, 1, 0) == 1;
}

static void give(int member)
{
	CU_ASSERT_EQUAL(eventfd_write(bench.fds[member], 1), 0);
}

static void take(int member)
{
	eventfd_t value;
	CU_ASSERT_EQUAL(eventfd_read(bench.fds[member], &value), 0);
}

static void test_members(void)
{
	begin();
	CU_ASSERT(!is_polled());
	CU_ASSERT_EQUAL(vp_poll_group_ready(bench.group), 0);
	give(SECOND);
	CU_ASSERT(is_polled());
	CU_ASSERT_EQUAL(vp_poll_group_ready(bench.group), 1U << SECOND);
	give(FIRST);
	CU_ASSERT_EQUAL(vp_poll_group_ready(bench.group), 1U << FIRST | 1U << SECOND);
	take(SECOND);
	CU_ASSERT_EQUAL(vp_poll_group_ready(bench.group), 1U << FIRST);
	take(FIRST);
	CU_ASSERT(!is_polled());
	end();
}

static void test_left_ready(void)
{
	begin();
	give(FIRST);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT(is_polled());
		CU_ASSERT_EQUAL(vp_poll_group_ready(bench.group), 1U << FIRST);
	}
	end();
}

static void test_closed(void)
{
	const int closed = bench.fds[FIRST];
	CU_ASSERT_EQUAL(vp_poll_group_create(&closed, 1), -1);
}

static const struct unit_test tests[] = {
	{ "a group is ready while one of its members is, and tells which", test_members },
	{ "what is not read stays ready", test_left_ready },
	{ "there is no group of what is not open", test_closed },
};

UNIT_MAIN("descriptors behind one", tests)
