/*
 * Event channels of a Xen domain from before it was saved and restored. They are dead, and Linux
 * stops a process that closes one (evtchn_release), or that ends with one.
 */
#pragma once

#include <sys/types.h>

/* Has a process that does nothing else hold all event channels that are open here, so that they can
 * be closed. Its id, 0 if there are none, -1 with errno. */
pid_t ga_stale_channels_hold(void);
