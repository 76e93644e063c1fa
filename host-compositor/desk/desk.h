/*
 * The desk: the broker's link on one side, the primary's display on the other. What it says, the
 * broker takes for the user's word; of a guest's content it sees the line that a question quotes,
 * and otherwise passes it on.
 *
 * Time is CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

struct hc_desk;

enum { HC_DESK_FDS = 4 };

/* Takes the socket of the link over, and connects to $DISPLAY. NULL once it has logged why. */
struct hc_desk *hc_desk_create(int link_fd);

/* NULL is legal. */
void hc_desk_destroy(struct hc_desk *desk);

/* What to poll, until the deadline (-1 none); then dispatch. */
void hc_desk_prepare(struct hc_desk *desk, struct pollfd *fds);
int64_t hc_desk_deadline(const struct hc_desk *desk);
void hc_desk_dispatch(struct hc_desk *desk, int64_t now);

/* True once there is nothing more to do; then the exit status. */
bool hc_desk_ended(const struct hc_desk *desk, int *status);
