/*
 * Hand-overs of files that the guest has offered and nobody has answered yet: they are bounded, and
 * a guest whose broker has gone is answered.
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

/* A message of the guest: false if it is one offer too many. */
bool hc_files_admit(struct hc_files *files, const struct vp_message *message);

/* A message of the broker, which may answer an offer. */
void hc_files_note_answer(struct hc_files *files, const struct hc_link_message *message);

/* An unanswered offer, which is forgotten; 0 if there is none. */
uint32_t hc_files_take_offer(struct hc_files *files);
