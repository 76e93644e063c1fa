/*
 * One notification as the primary shows it: made safe, cut to bounds, and with the label of the VM
 * that it is about.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

enum hc_urgency { HC_URGENCY_LOW, HC_URGENCY_NORMAL, HC_URGENCY_CRITICAL };

/* All texts may be hostile, but are UTF-8. */
struct hc_notification {
	const char *vm; /* that it is about, and whose label it carries; NULL: none */
	uint32_t colour; /* of the label, 0xRRGGBB */
	bool from_guest; /* these are the VM's words, not the broker's */
	const char *subject; /* takes the place of the last one with this subject; NULL: none */
	const char *title;
	const char *body; /* may have several lines; NULL: empty */
	enum hc_urgency urgency;
	int32_t timeout; /* milliseconds, 0 never, -1 as the desktop likes */
	const char *const *actions; /* key, label, key, label...; NULL: none */
};

struct hc_notice {
	char *vm;
	uint32_t colour;
	bool from_guest;
	char *subject;
	char *title; /* with the label */
	char *body; /* plain text */
	enum hc_urgency urgency;
	int32_t timeout;
	char **actions;
};

struct hc_notice *hc_notice_create(const struct hc_notification *notification);

/* NULL is legal. */
void hc_notice_free(struct hc_notice *notice);

/* True if one takes the other's place. */
bool hc_notice_replaces(const struct hc_notice *notice, const struct hc_notice *other);

/* What the notification server can do. */
struct hc_notice_server {
	bool markup; /* what is no markup has to be escaped */
	bool actions;
};

/* The parameters of Notify, floating. replaces: the server's id of the one before, 0 none. */
GVariant *hc_notice_parameters(
	const struct hc_notice *notice, uint32_t replaces, const struct hc_notice_server *server);
