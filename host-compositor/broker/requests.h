/*
 * The questions that the broker has asked one view and that are not yet answered.
 *
 * Every answer is checked for its serial and kind first; answers to what was not asked change
 * nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "link.h"

struct hc_requests;

enum hc_request_kind {
	HC_REQUEST_APPLICATIONS, /* answered when the list, which goes elsewhere, is complete */
	HC_REQUEST_WINDOWS,
	HC_REQUEST_STATS,
	HC_REQUEST_SCREENSHOT,
};

struct hc_answer {
	const GPtrArray *rows; /* of GVariant a{sv}: windows, empty for the others */
	struct hc_link_stats stats;
	struct hc_link_screenshot screenshot; /* without its text */
	int fd; /* of the screenshot, else -1; the requests' own: duplicate it to keep it */
};

struct hc_requests *hc_requests_create(const char *vm);

/* Fails what is pending. NULL is legal. */
void hc_requests_destroy(struct hc_requests *requests);

/* The serial to ask with. done is called once, with an answer or an error. */
uint32_t hc_requests_add(struct hc_requests *requests, enum hc_request_kind kind, int64_t now,
	void (*done)(void *data, const struct hc_answer *answer, const GError *error), void *data);

/* Takes a message of the view, with its descriptor. False if it is none of an answer's. */
bool hc_requests_handle_message(
	struct hc_requests *requests, const struct hc_link_message *message, int fd);

/* A list of applications is complete, and has gone where it is kept. */
void hc_requests_handle_applications(struct hc_requests *requests, uint32_t serial);

void hc_requests_fail(struct hc_requests *requests, enum hc_request_kind kind, const char *reason);
void hc_requests_fail_all(struct hc_requests *requests, const char *reason);

/* CLOCK_MONOTONIC in milliseconds, -1 none; then expire. */
int64_t hc_requests_deadline(const struct hc_requests *requests);
void hc_requests_expire(struct hc_requests *requests, int64_t now);
