/*
 * A rule of the policy, and the words of its grammar (oriel-policy(5)):
 *
 *   SERVICE FROM TO ACTION [OPTION=VALUE...]
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

/* The primary, where a VM or the primary is named; no VM has that name. */
#define HV_POLICY_PRIMARY_NAME "@primary"

enum hv_policy_service {
	HV_POLICY_CLIPBOARD,
	HV_POLICY_PRIMARY_SELECTION,
	HV_POLICY_COPY,
	HV_POLICY_OPEN_URL,
	HV_POLICY_OPEN_FILE,
	HV_POLICY_LAUNCH,
	HV_POLICY_FULLSCREEN,
	HV_POLICY_NOTIFY,
	HV_POLICY_AUDIO,
	HV_POLICY_MICROPHONE,
	HV_POLICY_CAMERA,
	HV_POLICY_DRAG,
	HV_POLICY_SERVICE_COUNT,
};

/* From the strictest on. */
enum hv_policy_action { HV_POLICY_DENY, HV_POLICY_ASK, HV_POLICY_ALLOW };

/* From the strictest on. */
enum hv_policy_mode { HV_POLICY_EXPLICIT, HV_POLICY_SEAMLESS };

/* Whose files a rule is from: the user's are bound by the administrator's. */
enum hv_policy_layer { HV_POLICY_SYSTEM, HV_POLICY_USER, HV_POLICY_LAYER_COUNT };

enum hv_policy_option {
	HV_POLICY_OPTION_MAX = 1 << 0,
	HV_POLICY_OPTION_TYPES = 1 << 1,
	HV_POLICY_OPTION_MODE = 1 << 2,
	HV_POLICY_OPTION_NOTIFY = 1 << 3,
	HV_POLICY_OPTION_USER = 1 << 4,
};

enum {
	HV_POLICY_RULES_MAX = 50000, /* of one layer */
	HV_POLICY_TYPES_MAX = 64, /* of one rule */
	HV_POLICY_TYPE_LENGTH_MAX = 127, /* bytes */
};

/* Whom FROM or TO means. */
struct hv_policy_party {
	enum hv_policy_party_kind {
		HV_POLICY_PARTY_NAME,
		HV_POLICY_PARTY_LABEL,
		HV_POLICY_PARTY_ANY, /* every VM, but not the primary */
		HV_POLICY_PARTY_PRIMARY,
	} kind;
	char *name; /* of a VM; NULL for the other kinds */
	uint32_t colour; /* 0xRRGGBB of a label; 0 for the other kinds */
};

struct hv_policy_rule {
	enum hv_policy_service service;
	struct hv_policy_party from;
	struct hv_policy_party to;
	enum hv_policy_action action;
	unsigned int options; /* of enum hv_policy_option: those that are given */
	uint64_t max; /* bytes; UINT64_MAX: no bound */
	char **types; /* lower case, "text/plain" or "image/" followed by a star; NULL: all */
	enum hv_policy_mode mode;
	bool notify;
	enum hv_policy_action user; /* the laxest that a user's own rule may make of it */
	const char *file; /* interned */
	unsigned int line; /* from 1 */
};

/* What a service's rules can be like. */
struct hv_policy_service_info {
	const char *name;
	unsigned int options; /* of enum hv_policy_option: those that mean something */
	bool asks; /* there is someone to ask */
	bool from_vm; /* only VMs do it */
	bool to_primary; /* it is done to the primary alone */
	bool to_vm; /* it is done to VMs alone */
};

const struct hv_policy_service_info *hv_policy_service_info(enum hv_policy_service service);
const char *hv_policy_action_name(enum hv_policy_action action);
const char *hv_policy_mode_name(enum hv_policy_mode mode);

bool hv_policy_service_parse(const char *text, enum hv_policy_service *service);
bool hv_policy_action_parse(const char *text, enum hv_policy_action *action);
bool hv_policy_mode_parse(const char *text, enum hv_policy_mode *mode);

/* party is cleared with hv_policy_party_clear(). */
bool hv_policy_party_parse(const char *text, struct hv_policy_party *party);
void hv_policy_party_clear(struct hv_policy_party *party);

/* The party and the rule as hv_policy_parse() reads them; the caller frees them. */
char *hv_policy_party_print(const struct hv_policy_party *party);
char *hv_policy_rule_print(const struct hv_policy_rule *rule);

/* NULL is legal. */
void hv_policy_rule_free(struct hv_policy_rule *rule);
