/*
 * The guard of the primary's session: it has the policy in force, follows its files, decides what
 * is asked for, asks the user where the policy says so, and notes in the audit log what came of
 * each request.
 *
 * Time is CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "audit.h"
#include "policy.h"
#include "questions.h"
#include "vm-config.h"

struct hc_guard;

/* directories: of the policy's files, by enum hv_policy_layer. audit_path: of the audit log. Files
 * that change are read again from the thread's main context. */
struct hc_guard *hc_guard_create(const char *const *directories, const char *audit_path);

/* What is under way is noted as such, and nobody is told. NULL is legal. */
void hc_guard_destroy(struct hc_guard *guard);

/* Who asks the user, and must outlive the guard or be taken away by NULL; without one, what the
 * policy would have asked about is denied. */
void hc_guard_set_asker(struct hc_guard *guard, struct hc_asker *asker);

/* Of the asker: the user has answered the question, or nobody can be asked any more. */
void hc_guard_answer(struct hc_guard *guard, int64_t now, uint32_t id, enum hc_reply reply);
void hc_guard_lose_asker(struct hc_guard *guard);

/* What has become of a request, as it is noted in the audit log. */
struct hc_guard_event {
	const struct hc_audit_entry *entry;
	enum hc_reply reply; /* HC_REPLY_NONE: the user was not asked */
	const char *why; /* the policy decided so, in words */
	bool notify; /* the rule wants the user to hear of it */
};

/* NULL: nobody is told. */
void hc_guard_set_listener(struct hc_guard *guard,
	void (*noted)(void *data, const struct hc_guard_event *event), void *data);

/* Reads the files. A line for each thing that is wrong in them, and then the last good policy stays
 * in force; valid until the next reading. What the user has allowed for a while is forgotten. */
const GPtrArray *hc_guard_reload(struct hc_guard *guard);

/* What the policy says of a request; the decision's rule is valid until the next reading. */
void hc_guard_decide(const struct hc_guard *guard, const struct hv_policy_request *request,
	struct hv_policy_decision *decision);

/* Either a decision that allows it, within its max and by its mode, and then hc_guard_finish() has
 * to be called for the id; or an error that says why not, and nothing more is to be done. */
typedef void hc_guard_done(
	void *data, uint32_t id, const struct hv_policy_decision *decision, const GError *error);

/* For something that is to be done now. preview: a line of the content, for the user to see, or
 * NULL; hostile bytes. done is called once. Returns 0 if it has been called already, else the
 * request's id: the user is being asked, and done will be called with the answer. */
uint32_t hc_guard_request(struct hc_guard *guard, int64_t now,
	const struct hv_policy_request *request, const char *preview, hc_guard_done *done,
	void *data);

/* As above for two requests that are one action of the user's, who is asked once, about opening a
 * file. What denies either denies both. done is told of the first, with its id and decision; the
 * second has passed with it, hc_guard_finish() has to be called for that as well, and its id is
 * hc_guard_second() of the first's while done is running. */
uint32_t hc_guard_request_both(struct hc_guard *guard, int64_t now,
	const struct hv_policy_request *first, const struct hv_policy_request *second,
	const char *preview, hc_guard_done *done, void *data);
uint32_t hc_guard_second(const struct hc_guard *guard, uint32_t id);

/* Who has asked for it is gone: done will not be called. An id that is not known is legal. */
void hc_guard_withdraw(struct hc_guard *guard, int64_t now, uint32_t id);

struct hc_guard_outcome {
	uint64_t bytes; /* that have passed */
	const char *sha256; /* of them, in hexadecimal digits; NULL: nothing has */
	const char *failure; /* why what was allowed has not come about; NULL: it has */
};

/* What came of an allowed request. An id that is not known is legal. */
void hc_guard_finish(struct hc_guard *guard, uint32_t id, const struct hc_guard_outcome *outcome);

/* When hc_guard_expire() is due, -1 never. */
int64_t hc_guard_deadline(const struct hc_guard *guard);
void hc_guard_expire(struct hc_guard *guard, int64_t now);

/* A VM as the policy sees it; NULL: the primary. It lives as long as the configuration. */
struct hv_policy_peer hc_guard_peer(const struct hv_vm_config *config);
