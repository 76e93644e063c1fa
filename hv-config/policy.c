#include "policy.h"

#include <assert.h>
#include <string.h>

/* A request is about few keys: those of FROM × those of TO × those of its type. Each layer knows
 * for each key the first rule that has it, and which shapes of keys there are at all. */
enum { PARTY_KEYS = 3, TYPE_KEYS = 3, SHAPES = PARTY_KEYS * PARTY_KEYS * TYPE_KEYS };

/* The places of the keys: @any or @primary, a VM's name, a label; all types, one, those of an
 * image/ and a star. */
enum { PLACE_ALL, PLACE_ONE, PLACE_GROUP };

enum { ID_NONE, ID_ANY, ID_PRIMARY, ID_OTHER };

enum { SERVICE_BITS = 4, PARTY_BITS = 18, TYPE_BITS = 24 };

static_assert(SERVICE_BITS + 2 * PARTY_BITS + TYPE_BITS == 64, "a key is a word");
static_assert(SHAPES <= 32, "shapes are a mask");
static_assert(HV_POLICY_SERVICE_COUNT <= 1 << SERVICE_BITS, "services fit into a key");
static_assert(HV_POLICY_LAYER_COUNT * HV_POLICY_RULES_MAX * 2 + ID_OTHER <= 1 << PARTY_BITS,
	"parties fit into a key");
static_assert(HV_POLICY_LAYER_COUNT * HV_POLICY_RULES_MAX * HV_POLICY_TYPES_MAX + ID_OTHER <=
		      1 << TYPE_BITS,
	"types fit into a key");

struct layer {
	GPtrArray *rules; /* of struct hv_policy_rule */
	GHashTable *first; /* uint64_t key → index of the first rule that has it, + 1 */
	uint32_t shapes[HV_POLICY_SERVICE_COUNT]; /* masks of the shapes that keys have */
};

struct hv_policy {
	struct layer layers[HV_POLICY_LAYER_COUNT];
	GHashTable *names; /* of VMs → id */
	GHashTable *labels; /* colour → id */
	GHashTable *types; /* → id */
	uint32_t last_party;
	uint32_t last_type;
};

/* What a request or a rule is looked up by; ID_NONE for what no rule mentions. */
struct keys {
	enum hv_policy_service service;
	uint32_t from[PARTY_KEYS];
	uint32_t to[PARTY_KEYS];
	uint32_t type[TYPE_KEYS];
};

static uint64_t make_key(enum hv_policy_service service, uint32_t from, uint32_t to, uint32_t type)
{
	return ((((uint64_t)service << PARTY_BITS | from) << PARTY_BITS | to) << TYPE_BITS) | type;
}

static uint32_t shape_bit(size_t from_place, size_t to_place, size_t type_place)
{
	return UINT32_C(1) << ((from_place * PARTY_KEYS + to_place) * TYPE_KEYS + type_place);
}

static uint32_t look_up(GHashTable *ids, const void *key)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(ids, key));
}

static uint32_t look_up_label(const struct hv_policy *policy, uint32_t colour)
{
	return look_up(policy->labels, GUINT_TO_POINTER(colour));
}

/* Making it */

/* key must outlive the table. */
static uint32_t intern(GHashTable *ids, void *key, uint32_t *last)
{
	uint32_t id = look_up(ids, key);
	if (id != ID_NONE)
		return id;
	g_hash_table_insert(ids, key, GUINT_TO_POINTER(++*last));
	return *last;
}

static uint32_t intern_party(struct hv_policy *policy, const struct hv_policy_party *party)
{
	switch (party->kind) {
	case HV_POLICY_PARTY_NAME:
		return intern(policy->names, party->name, &policy->last_party);
	case HV_POLICY_PARTY_LABEL:
		return intern(policy->labels, GUINT_TO_POINTER(party->colour), &policy->last_party);
	case HV_POLICY_PARTY_ANY:
		return ID_ANY;
	case HV_POLICY_PARTY_PRIMARY:
		return ID_PRIMARY;
	}
	return ID_NONE;
}

static size_t party_place(const struct hv_policy_party *party)
{
	switch (party->kind) {
	case HV_POLICY_PARTY_NAME:
		return PLACE_ONE;
	case HV_POLICY_PARTY_LABEL:
		return PLACE_GROUP;
	case HV_POLICY_PARTY_ANY:
	case HV_POLICY_PARTY_PRIMARY:
		break;
	}
	return PLACE_ALL;
}

static size_t type_place(const char *type)
{
	return g_str_has_suffix(type, "/*") ? PLACE_GROUP : PLACE_ONE;
}

static void enter(struct layer *layer, uint64_t key, guint index)
{
	if (g_hash_table_contains(layer->first, &key))
		return;
	g_hash_table_insert(
		layer->first, g_memdup2(&key, sizeof(key)), GUINT_TO_POINTER(index + 1));
}

static void enter_rule(struct hv_policy *policy, struct layer *layer, guint index)
{
	const struct hv_policy_rule *rule = g_ptr_array_index(layer->rules, index);
	uint32_t from = intern_party(policy, &rule->from);
	uint32_t to = intern_party(policy, &rule->to);
	size_t from_place = party_place(&rule->from);
	size_t to_place = party_place(&rule->to);
	uint32_t *shapes = &layer->shapes[rule->service];
	if (rule->types == NULL) {
		enter(layer, make_key(rule->service, from, to, ID_ANY), index);
		*shapes |= shape_bit(from_place, to_place, PLACE_ALL);
	}
	for (size_t i = 0; rule->types != NULL && rule->types[i] != NULL; i++) {
		uint32_t type = intern(policy->types, rule->types[i], &policy->last_type);
		enter(layer, make_key(rule->service, from, to, type), index);
		*shapes |= shape_bit(from_place, to_place, type_place(rule->types[i]));
	}
}

const char *hv_policy_peer_name(const struct hv_policy_peer *peer)
{
	return peer->name ? peer->name : HV_POLICY_PRIMARY_NAME;
}

struct hv_policy *hv_policy_create(GPtrArray *system_rules, GPtrArray *user_rules)
{
	struct hv_policy *policy = g_new0(struct hv_policy, 1);
	policy->layers[HV_POLICY_SYSTEM].rules = system_rules;
	policy->layers[HV_POLICY_USER].rules = user_rules;
	policy->names = g_hash_table_new(g_str_hash, g_str_equal);
	policy->labels = g_hash_table_new(g_direct_hash, g_direct_equal);
	policy->types = g_hash_table_new(g_str_hash, g_str_equal);
	policy->last_party = ID_OTHER;
	policy->last_type = ID_OTHER;
	for (size_t i = 0; i < HV_POLICY_LAYER_COUNT; i++) {
		struct layer *layer = &policy->layers[i];
		layer->first = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
		for (guint k = 0; k < MIN(layer->rules->len, HV_POLICY_RULES_MAX); k++)
			enter_rule(policy, layer, k);
	}
	return policy;
}

void hv_policy_destroy(struct hv_policy *policy)
{
	if (policy == NULL)
		return;
	for (size_t i = 0; i < HV_POLICY_LAYER_COUNT; i++) {
		g_hash_table_unref(policy->layers[i].first);
		g_ptr_array_unref(policy->layers[i].rules);
	}
	g_hash_table_unref(policy->names);
	g_hash_table_unref(policy->labels);
	g_hash_table_unref(policy->types);
	g_free(policy);
}

const GPtrArray *hv_policy_rules(const struct hv_policy *policy, enum hv_policy_layer layer)
{
	return policy->layers[layer].rules;
}

/* Asking it */

static void set_peer_keys(
	const struct hv_policy *policy, const struct hv_policy_peer *peer, uint32_t *keys)
{
	if (peer->name == NULL) {
		keys[PLACE_ALL] = ID_PRIMARY;
		return;
	}
	keys[PLACE_ALL] = ID_ANY;
	keys[PLACE_ONE] = look_up(policy->names, peer->name);
	keys[PLACE_GROUP] = look_up_label(policy, peer->colour);
}

static void set_type_keys(const struct hv_policy *policy, const char *type, uint32_t *keys)
{
	char plain[HV_POLICY_TYPE_LENGTH_MAX + 1];
	keys[PLACE_ALL] = ID_ANY;
	if (type == NULL || g_hash_table_size(policy->types) == 0)
		return;
	size_t len = strcspn(type, "; ");
	if (len >= sizeof(plain))
		return;
	for (size_t i = 0; i < len; i++)
		plain[i] = g_ascii_tolower(type[i]);
	plain[len] = '\0';
	keys[PLACE_ONE] = look_up(policy->types, plain);
	char *slash = strchr(plain, '/');
	if (slash == NULL || slash + 2 >= plain + sizeof(plain))
		return;
	memcpy(slash + 1, "*", sizeof("*"));
	keys[PLACE_GROUP] = look_up(policy->types, plain);
}

/* The index of the first rule that has one of the keys, + 1; 0 if there is none. */
static guint find_first(const struct layer *layer, const struct keys *keys)
{
	uint32_t shapes = layer->shapes[keys->service];
	guint first = 0;
	for (size_t i = 0; i < PARTY_KEYS; i++)
		for (size_t j = 0; j < PARTY_KEYS && keys->from[i] != ID_NONE; j++)
			for (size_t k = 0; k < TYPE_KEYS && keys->to[j] != ID_NONE; k++) {
				if (keys->type[k] == ID_NONE || (shapes & shape_bit(i, j, k)) == 0)
					continue;
				uint64_t key = make_key(
					keys->service, keys->from[i], keys->to[j], keys->type[k]);
				guint found = look_up(layer->first, &key);
				if (found != 0 && (first == 0 || found < first))
					first = found;
			}
	return first;
}

static const struct hv_policy_rule *find_rule(const struct layer *layer, const struct keys *keys)
{
	if (layer->rules->len == 0)
		return NULL;
	guint found = find_first(layer, keys);
	return found != 0 ? g_ptr_array_index(layer->rules, found - 1) : NULL;
}

static void take_rule(struct hv_policy_decision *decision, const struct hv_policy_rule *rule)
{
	*decision = (struct hv_policy_decision){
		.action = rule->action,
		.reason = HV_POLICY_REASON_RULE,
		.rule = rule,
		.max = rule->max,
		.mode = rule->mode,
		.notify = rule->notify,
	};
}

/* What the user's rule makes of the decision by the administrator's. */
static void apply_user_rule(struct hv_policy_decision *decision, const struct hv_policy_rule *user)
{
	const struct hv_policy_rule *system = decision->rule;
	bool replaces = (system->options & HV_POLICY_OPTION_USER) != 0;
	enum hv_policy_action bound = system->user;
	decision->max = MIN(decision->max, user->max);
	decision->mode = replaces ? user->mode : MIN(decision->mode, user->mode);
	decision->notify = replaces ? user->notify : decision->notify || user->notify;
	if (user->action == decision->action) {
		if (replaces)
			decision->rule = user;
		return;
	}
	if (user->action <= bound) {
		decision->action = user->action;
		decision->rule = user;
	} else {
		decision->action = bound;
		decision->reason = HV_POLICY_REASON_BOUND;
	}
}

static void deny(struct hv_policy_decision *decision, enum hv_policy_reason reason)
{
	*decision = (struct hv_policy_decision){
		.action = HV_POLICY_DENY,
		.reason = reason,
		.notify = true,
	};
}

void hv_policy_decide(const struct hv_policy *policy, const struct hv_policy_request *request,
	struct hv_policy_decision *decision)
{
	if (policy == NULL) {
		deny(decision, HV_POLICY_REASON_NO_POLICY);
		return;
	}
	struct keys keys = { .service = request->service };
	set_peer_keys(policy, &request->from, keys.from);
	set_peer_keys(policy, &request->to, keys.to);
	set_type_keys(policy, request->type, keys.type);
	const struct hv_policy_rule *rule = find_rule(&policy->layers[HV_POLICY_SYSTEM], &keys);
	if (rule == NULL) {
		deny(decision, HV_POLICY_REASON_NO_RULE);
		return;
	}
	take_rule(decision, rule);
	const struct hv_policy_rule *user = find_rule(&policy->layers[HV_POLICY_USER], &keys);
	if (user != NULL)
		apply_user_rule(decision, user);
	if (decision->action == HV_POLICY_DENY || request->size <= decision->max)
		return;
	decision->action = HV_POLICY_DENY;
	decision->reason = HV_POLICY_REASON_SIZE;
	decision->rule = rule->max == decision->max ? rule : user;
}

/* What leaves nothing to a rule */

/* The keys of all that is at least as wide as the party. */
static void set_wider_keys(const struct hv_policy *policy, const struct hv_policy_party *party,
	const uint32_t *colour, uint32_t *keys)
{
	if (party->kind == HV_POLICY_PARTY_PRIMARY) {
		keys[PLACE_ALL] = ID_PRIMARY;
		return;
	}
	keys[PLACE_ALL] = ID_ANY;
	if (party->kind == HV_POLICY_PARTY_NAME)
		keys[PLACE_ONE] = look_up(policy->names, party->name);
	if (party->kind == HV_POLICY_PARTY_LABEL)
		colour = &party->colour;
	if (colour != NULL)
		keys[PLACE_GROUP] = look_up_label(policy, *colour);
}

const struct hv_policy_rule *hv_policy_find_shadow(const struct hv_policy *policy,
	enum hv_policy_layer layer, guint index, const uint32_t *from_colour,
	const uint32_t *to_colour)
{
	const GPtrArray *rules = policy->layers[layer].rules;
	const struct hv_policy_rule *rule = g_ptr_array_index(rules, index);
	struct keys keys = { .service = rule->service };
	set_wider_keys(policy, &rule->from, from_colour, keys.from);
	set_wider_keys(policy, &rule->to, to_colour, keys.to);
	guint last = 0;
	for (size_t i = 0; i == 0 || (rule->types != NULL && rule->types[i] != NULL); i++) {
		set_type_keys(policy, rule->types != NULL ? rule->types[i] : NULL, keys.type);
		guint found = find_first(&policy->layers[layer], &keys);
		if (found > index)
			return NULL;
		last = MAX(last, found);
	}
	return g_ptr_array_index(rules, last - 1);
}
