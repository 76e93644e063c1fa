/*
 * Descriptors that seldom are ready, behind one: the kernel looks at each that is polled, each
 * time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { VP_POLL_GROUP_MAX = 8 };

/* A descriptor to poll for input, which there is while there is some for one of these: at most
 * VP_POLL_GROUP_MAX, which stay open as long; -1 stands for none. It is the caller's to close. -1
 * with errno. */
int vp_poll_group_create(const int *fds, size_t count);

/* Those that are ready: bit i for fds[i]. */
uint32_t vp_poll_group_ready(int group);
