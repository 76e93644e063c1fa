/*
 * The guard of the primary's session: it has the policy in force, follows its files, decides what
 * is asked for, and notes each decision in the audit log.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "policy.h"
#include "vm-config.h"

struct hc_guard;

/* directories: of the policy's files, by enum hv_policy_layer. audit_path: of the audit log. Files
 * that change are read again from the thread's main context. */
struct hc_guard *hc_guard_create(const char *const *directories, const char *audit_path);

/* NULL is legal. */
void hc_guard_destroy(struct hc_guard *guard);

/* Reads the files. A line for each thing that is wrong in them, and then the last good policy stays
 * in force; valid until the next reading. */
const GPtrArray *hc_guard_reload(struct hc_guard *guard);

/* What the policy says of a request; the decision's rule is valid until the next reading. */
void hc_guard_decide(const struct hc_guard *guard, const struct hv_policy_request *request,
	struct hv_policy_decision *decision);

/* As above, for something that is to be done now: it is noted. False with an error that says why
 * not. */
bool hc_guard_allow(
	struct hc_guard *guard, const struct hv_policy_request *request, GError **error);

/* A VM as the policy sees it; NULL: the primary. It lives as long as the configuration. */
struct hv_policy_peer hc_guard_peer(const struct hv_vm_config *config);
