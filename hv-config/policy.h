/*
 * The policy in force: compiled from rules, immutable, and asked. Pure: no input or output.
 *
 * The first rule of a layer that is about a request says what becomes of it; what no rule of the
 * administrator's is about is denied. The user's rules can only make that stricter, unless the
 * administrator's rule says otherwise by user=. A decision costs the same however many rules there
 * are.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "policy-rule.h"

struct hv_policy;

/* Who asks, or is asked for. */
struct hv_policy_peer {
	const char *name; /* of a VM; NULL: the primary */
	uint32_t colour; /* of the VM's label */
};

/* HV_POLICY_PRIMARY_NAME for the primary; the peer's. */
const char *hv_policy_peer_name(const struct hv_policy_peer *peer);

struct hv_policy_request {
	enum hv_policy_service service;
	struct hv_policy_peer from;
	struct hv_policy_peer to;
	const char *type; /* MIME type, parameters are looked over; NULL: none */
	uint64_t size; /* bytes; 0 when it is not known */
};

enum hv_policy_reason {
	HV_POLICY_REASON_RULE, /* the rule says so */
	HV_POLICY_REASON_BOUND, /* the user's rule would have it, but the administrator's bounds it
				 */
	HV_POLICY_REASON_SIZE, /* it is larger than the rule's max= */
	HV_POLICY_REASON_NO_RULE, /* no rule of the administrator's is about it */
	HV_POLICY_REASON_NO_POLICY, /* there is none: its files are wrong */
};

struct hv_policy_decision {
	enum hv_policy_action action;
	enum hv_policy_reason reason;
	const struct hv_policy_rule *rule; /* that decides; NULL if none does; the policy's */
	uint64_t max; /* bytes that may pass; UINT64_MAX: no bound */
	enum hv_policy_mode mode;
	bool notify;
};

/* Takes the arrays of struct hv_policy_rule over, of at most HV_POLICY_RULES_MAX rules each. */
struct hv_policy *hv_policy_create(GPtrArray *system_rules, GPtrArray *user_rules);

/* NULL is legal. */
void hv_policy_destroy(struct hv_policy *policy);

/* Without a policy (NULL) all is denied. */
void hv_policy_decide(const struct hv_policy *policy, const struct hv_policy_request *request,
	struct hv_policy_decision *decision);

const GPtrArray *hv_policy_rules(const struct hv_policy *policy, enum hv_policy_layer layer);

/* The earlier rule of the same layer that leaves nothing to this one, or the last of those that do
 * so together; NULL if there is something left. colour is that of the label of the VM that the
 * rule's FROM and TO name, where they do and it is known; else NULL. */
const struct hv_policy_rule *hv_policy_find_shadow(const struct hv_policy *policy,
	enum hv_policy_layer layer, guint index, const uint32_t *from_colour,
	const uint32_t *to_colour);
