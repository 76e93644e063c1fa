/*
 * The primary's selections on the broker's behalf: tells it what applications of the desktop copy,
 * and gives them what it has been given. Content passes through pipes of the broker's.
 *
 * Time is CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "link.h"

struct hc_desk_selections;

/* Connects to the X server; what is to be said to the broker is sent on the link, which must
 * outlive it. NULL with an error. */
struct hc_desk_selections *hc_desk_selections_create(struct hc_link *link, GError **error);

/* NULL is legal. */
void hc_desk_selections_destroy(struct hc_desk_selections *selections);

/* What the broker says, with its descriptor, which is taken over. False if it is none of this. */
bool hc_desk_selections_handle_message(
	struct hc_desk_selections *selections, const struct hc_link_message *message, int fd);

/* True when the X server is gone. */
bool hc_desk_selections_lost(const struct hc_desk_selections *selections);

/* Poll for input, or until the deadline (-1 none), then dispatch. */
int hc_desk_selections_get_fd(const struct hc_desk_selections *selections);
int64_t hc_desk_selections_deadline(const struct hc_desk_selections *selections);
void hc_desk_selections_dispatch(struct hc_desk_selections *selections);
