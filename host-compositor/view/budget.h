/*
 * What a guest may cost the primary. Each thing it asks for has a cost: the share of a second that
 * it would take of a guest that did nothing else, as the limits of messages.def that are by the
 * second say. A second's worth is paid off each second, and VP_BURST_MS of it may come at once.
 *
 * Pure: time is a parameter, in nanoseconds, as costs are.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wire.h"

enum { HC_BUDGET_SECOND = 1000000000 };

/* All zero: nothing has been spent. */
struct hc_budget {
	int64_t paid; /* when all that has been spent will be paid off */
};

void hc_budget_spend(struct hc_budget *budget, int64_t now, int64_t cost);

/* Whether more has been spent than so many bursts. */
bool hc_budget_overdrawn(const struct hc_budget *budget, int64_t now, int bursts);

/* When it will not be any more, with a little to spend at once, so that to go on pays. */
int64_t hc_budget_recovery(const struct hc_budget *budget, int bursts);

/* What a message of the guest costs beyond its bytes; what only costs something once it shows, as
 * windows, titles, cursors and bells do, and frames are not counted here. */
int64_t hc_budget_message(const struct vp_message *message);

/* What it costs to read so much. */
int64_t hc_budget_receipt(uint64_t messages, uint64_t bytes);

/* To show a title, a cursor, a bell. */
int64_t hc_budget_change(void);

/* To show a window, and to withdraw it again; a popup is no window manager's business. */
int64_t hc_budget_map(bool popup);

/* To draw so many rectangles of so many pixels in all on a screen of so many. */
int64_t hc_budget_frame(size_t rects, uint64_t pixels, uint64_t screen);
