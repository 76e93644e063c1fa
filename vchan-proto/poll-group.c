#include "poll-group.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <unistd.h>

static bool add_all(int group, const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.u32 = (uint32_t)i };
		if (fds[i] != -1 && epoll_ctl(group, EPOLL_CTL_ADD, fds[i], &event) == -1)
			return false;
	}
	return true;
}

int vp_poll_group_create(const int *fds, size_t count)
{
	assert(count <= VP_POLL_GROUP_MAX);
	int group = epoll_create1(EPOLL_CLOEXEC);
	if (group == -1 || add_all(group, fds, count))
		return group;
	int error = errno;
	close(group);
	errno = error;
	return -1;
}

uint32_t vp_poll_group_ready(int group)
{
	struct epoll_event events[VP_POLL_GROUP_MAX];
	uint32_t ready = 0;
	int count = epoll_wait(group, events, VP_POLL_GROUP_MAX, 0);
	for (int i = 0; i < count; i++)
		ready |= UINT32_C(1) << events[i].data.u32;
	return ready;
}
