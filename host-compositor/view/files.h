/*
 * Hand-overs of files as they pass the view: what the guest says of them goes to the broker, and
 * the other way round. It looks into nothing, but keeps in mind what the guest waits for, so that a
 * guest whose broker has gone is answered.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "link.h"
#include "wire.h"

struct hc_files {
	uint32_t offers[VP_FILES_REQUESTS_MAX]; /* of the guest, unanswered */
	size_t count;
};

/* False if the message is none about files, or one offer too many. What is stored is valid as long
 * as the message. */
bool hc_files_to_broker(
	struct hc_files *files, const struct vp_message *message, struct hc_link_message *told);

/* False if the message is none about files. As above. */
bool hc_files_to_guest(
	struct hc_files *files, const struct hc_link_message *message, struct vp_message *told);

/* An unanswered offer, which is forgotten; 0 if there is none. */
uint32_t hc_files_take_offer(struct hc_files *files);
