/*
 * What a policy says that cannot be meant: rules that can never decide anything.
 */
#pragma once

#include "inventory.h"
#include "policy-parse.h"
#include "policy.h"

/* Appends a warning to problems for each rule that earlier ones leave nothing to, and for each that
 * no request can be about. */
void hv_policy_review(
	const struct hv_policy *policy, const struct hv_inventory *inventory, GPtrArray *problems);
