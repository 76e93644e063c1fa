/*
 * What the user has answered lately: allowed for a while, or just denied. In memory only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "policy.h"

struct hc_recall;

struct hc_recall *hc_recall_create(void);

/* NULL is legal. */
void hc_recall_destroy(struct hc_recall *recall);

/* Until then requests of the same service, parties and type are allowed or not. Times are of any
 * one clock. */
void hc_recall_add(struct hc_recall *recall, const struct hv_policy_request *request, bool allowed,
	int64_t now, int64_t until);

/* False if there is no answer to such a request. */
bool hc_recall_find(const struct hc_recall *recall, const struct hv_policy_request *request,
	int64_t now, bool *allowed);

void hc_recall_forget(struct hc_recall *recall);
