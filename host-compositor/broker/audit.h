/*
 * The audit log: a JSON line for each decision of the policy, to a file that only grows until it is
 * put aside, and to the journal where there is one. It tells who wanted what from whom, and never
 * the content.
 */
#pragma once

#include "policy.h"

/* Bytes of a file, and how many files there are before the oldest goes. */
enum { HC_AUDIT_SIZE_MAX = 1024 * 1024, HC_AUDIT_FILES_MAX = 5 };

enum hc_audit_outcome {
	HC_AUDIT_DENY,
	HC_AUDIT_ALLOW, /* and it has come about */
	HC_AUDIT_FAIL, /* allowed, but it has not */
};

struct hc_audit_entry {
	const struct hv_policy_request *request;
	uint64_t bytes; /* that have passed, or would have */
	const char *sha256; /* of what has passed; NULL as all texts: none */
	const char *rule;
	enum hv_policy_reason reason;
	const char *answer; /* of the user */
	enum hc_audit_outcome outcome;
	const char *failure; /* why it has not come about */
};

struct hc_audit;

/* Writes to path, and puts full files aside as PATH.1 and so on; the directory is made. */
struct hc_audit *hc_audit_create(const char *path);

/* NULL is legal. */
void hc_audit_destroy(struct hc_audit *audit);

/* time: microseconds since 1970. A line that cannot be written is told of on the log. */
void hc_audit_write(struct hc_audit *audit, int64_t time, const struct hc_audit_entry *entry);
