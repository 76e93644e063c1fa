/*
 * Event channels of a Xen domain from before it was saved and restored.
 *
 * Linux (6.1 at least) forgets at a restoration which ports its processes have bound, and does not
 * expect them to close one: evtchn_release() then finds no interrupt of that port, which is a BUG,
 * or that of whoever has bound the number since, which it unbinds. The unmapping of a vchan's rings
 * does the same by gntalloc's notification: a port that is new loses a reference, is unbound too
 * early, and the BUG comes when its owner ends.
 */
#pragma once

#include <sys/types.h>

/* Has a child that does nothing else hold the event channels that are open here, and the rings that
 * are mapped, so that they can be closed and unmapped here. To be called once the domain has been
 * restored, and before anything of the past is closed. The child's id, 0 if there are none, -1 with
 * errno. */
pid_t ga_stale_channels_hold(void);
