/*
 * The view under the broker's control: brings together the link to the broker, the core, and the
 * session with the guest. It accepts one broker at a time, and goes on without one.
 *
 * Time is CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "presenter.h"

struct hc_control;

enum {
	HC_CONTROL_FDS = 4,
	/* Without a broker and a guest for so long the view is of use to nobody, and ends. */
	HC_CONTROL_LONELY_MS = 60000,
};

/* Takes over a listening SOCK_SEQPACKET socket; -1: there will be no broker. When there is input
 * for quit_fd (-1: none), the view ends in good order. display names the X server (NULL: $DISPLAY).
 * confine is called once, before the first connection to a guest (xen: by a vchan): it gives up
 * what is not needed from then on; false ends the view. NULL with errno. */
struct hc_control *hc_control_create(
	int listen_fd, int quit_fd, const char *display, bool (*confine)(bool xen), int64_t now);

/* By hand, in place of a broker: whose windows the view shows (false: the display cannot be used),
 * and a session with an agent in a Xen domain (false, and a sentence for people in error, of size
 * bytes). */
bool hc_control_configure(struct hc_control *control, const struct hc_label *label);
bool hc_control_connect_xen(
	struct hc_control *control, uint32_t domain, uint32_t instance, char *error, size_t size);

/* Has the broker take a line into its log. False if there is none that does so. */
bool hc_control_log(struct hc_control *control, const char *line);

/* NULL is legal. */
void hc_control_destroy(struct hc_control *control);

/* Fills in what to poll, HC_CONTROL_FDS entries. */
void hc_control_prepare(struct hc_control *control, struct pollfd *fds);

/* When to dispatch even if nothing is signalled; -1 never. */
int64_t hc_control_deadline(struct hc_control *control);

/* Handles what poll() has returned, then sends what that has queued. */
void hc_control_dispatch(struct hc_control *control, const struct pollfd *fds, int64_t now);

/* True once the view is to end; *status is its exit status. */
bool hc_control_ended(const struct hc_control *control, int *status);
