#include "descriptors.h"

#include <unistd.h>

bool vp_descriptors_push(struct vp_descriptors *descriptors, int fd, size_t limit)
{
	if (descriptors->count >= limit || descriptors->count >= VP_BUFFERS_MAX)
		return false;
	descriptors->fds[(descriptors->first + descriptors->count) % VP_BUFFERS_MAX] = fd;
	descriptors->count++;
	return true;
}

int vp_descriptors_peek(const struct vp_descriptors *descriptors, size_t index)
{
	return descriptors->fds[(descriptors->first + index) % VP_BUFFERS_MAX];
}

int vp_descriptors_pop(struct vp_descriptors *descriptors)
{
	if (descriptors->count == 0)
		return -1;
	int fd = descriptors->fds[descriptors->first];
	descriptors->first = (descriptors->first + 1) % VP_BUFFERS_MAX;
	descriptors->count--;
	return fd;
}

void vp_descriptors_drop(struct vp_descriptors *descriptors, size_t count)
{
	for (; count > 0 && descriptors->count > 0; count--)
		close(vp_descriptors_pop(descriptors));
}
