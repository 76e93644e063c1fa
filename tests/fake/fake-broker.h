/*
 * What a VM of the broker works with, faked: a driver whose guest does what the test says, a view
 * process without a process (in place of view-process.c), and a primary's display (in place of
 * display.c).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "driver.h"
#include "link.h"

/* The one guest and the one view of a test. */
struct fake_guest {
	struct hv_driver base;
	int starts;
	int stops;
	int connects;
	int looks; /* at its state */
	int tunes;
	bool adoptable;
	bool refuses_start;
	bool refuses_connect;
	bool agent_away;
	bool paused;
	uint32_t domain; /* to be connected to by vchan; 0: by socket */
	char *image; /* of the last start */
};

struct fake_view {
	bool alive;
	bool adoptable;
	bool refuses_start;
	int starts;
	bool has_predecessor;
	bool stopping;
	enum hc_link_op sent[64];
	size_t sent_count;
	bool cover_allowed; /* as last answered */
	uint32_t serial; /* of the last request, or id of the last launch */
};

extern struct fake_guest fake_guest;
extern struct fake_view fake_view;
extern bool fake_display_missing;
extern bool fake_display_silent; /* does not answer before fake_display_answer() */

void fake_broker_reset(void);

/* The display answers what it has been asked. */
void fake_display_answer(int64_t now);

/* The view says something at the next dispatch; the message is copied, its texts are not. */
void fake_view_say(const struct hc_link_message *message);

/* The view ends, as seen at the next dispatch. */
void fake_view_die(void);

/* How often the broker has sent that. */
size_t fake_view_count(enum hc_link_op op);
