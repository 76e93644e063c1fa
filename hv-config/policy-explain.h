/*
 * Decisions of the policy in words.
 */
#pragma once

#include "policy.h"

/* "FILE:LINE: RULE"; the caller frees it. */
char *hv_policy_rule_cite(const struct hv_policy_rule *rule);

/* "rule", "bound", "size", "no-rule" or "no-policy". */
const char *hv_policy_reason_name(enum hv_policy_reason reason);

/* Why it was decided so, as a part of a sentence that begins with small letters; the caller frees
 * it. */
char *hv_policy_explain(const struct hv_policy_decision *decision);
