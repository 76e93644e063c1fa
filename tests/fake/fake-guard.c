#include "fake-guard.h"

#include <string.h>

#include <gio/gio.h>

#include "policy-parse.h"

struct fake_guard fake_guard;

static struct hv_policy *policy;
static uint32_t last_id;
static hc_guard_done *asked_done;
static void *asked_data;

void fake_guard_begin(const char *rules)
{
	struct hv_policy_text text;

	hv_policy_text_init(&text, HV_POLICY_SYSTEM);
	hv_policy_parse(&text, "test.policy", rules, strlen(rules));
	g_assert_cmpuint(text.problems->len, ==, 0);
	policy = hv_policy_create(g_steal_pointer(&text.rules), hv_policy_rules_new());
	text.rules = hv_policy_rules_new();
	hv_policy_text_finish(&text);
	fake_guard = (struct fake_guard){ 0 };
}

void fake_guard_end(void)
{
	g_clear_pointer(&policy, hv_policy_destroy);
	g_clear_pointer(&fake_guard.type, g_free);
	g_clear_pointer(&fake_guard.preview, g_free);
	g_clear_pointer(&fake_guard.sha256, g_free);
	g_clear_pointer(&fake_guard.failure, g_free);
}

struct hv_policy_peer hc_guard_peer(const struct hv_vm_config *config)
{
	struct hv_policy_peer peer = { 0 };

	if (config)
		peer = (struct hv_policy_peer){ config->name, config->colour };
	return peer;
}

void hc_guard_decide(const struct hc_guard *guard, const struct hv_policy_request *request,
	struct hv_policy_decision *decision)
{
	(void)guard;
	hv_policy_decide(policy, request, decision);
}

static void reply(hc_guard_done *done, void *data, uint32_t id, bool allowed)
{
	const struct hv_policy_decision decision = { .action = HV_POLICY_ALLOW };
	g_autoptr(GError) error = NULL;

	fake_guard.allowed += allowed;
	fake_guard.denied += !allowed;
	if (!allowed)
		error = g_error_new(G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "it is denied");
	done(data, id, allowed ? &decision : NULL, error);
}

uint32_t hc_guard_request(struct hc_guard *guard, int64_t now,
	const struct hv_policy_request *request, const char *preview, hc_guard_done *done,
	void *data)
{
	struct hv_policy_decision decision;

	(void)guard;
	(void)now;
	hv_policy_decide(policy, request, &decision);
	fake_guard.requests++;
	g_free(fake_guard.type);
	g_free(fake_guard.preview);
	fake_guard.type = g_strdup(request->type);
	fake_guard.preview = g_strdup(preview);
	fake_guard.size = request->size;
	last_id++;
	if (decision.action != HV_POLICY_ASK) {
		reply(done, data, last_id, decision.action == HV_POLICY_ALLOW);
		return 0;
	}
	fake_guard.asked = last_id;
	asked_done = done;
	asked_data = data;
	return last_id;
}

void fake_guard_reply(bool allowed)
{
	uint32_t id = fake_guard.asked;

	g_assert_cmpuint(id, !=, 0);
	fake_guard.asked = 0;
	reply(asked_done, asked_data, id, allowed);
}

void hc_guard_withdraw(struct hc_guard *guard, int64_t now, uint32_t id)
{
	(void)guard;
	(void)now;
	if (id == 0 || id != fake_guard.asked)
		return;
	fake_guard.asked = 0;
	fake_guard.withdrawn++;
}

void hc_guard_finish(struct hc_guard *guard, uint32_t id, const struct hc_guard_outcome *outcome)
{
	(void)guard;
	(void)id;
	fake_guard.finished++;
	fake_guard.bytes = outcome->bytes;
	g_free(fake_guard.sha256);
	g_free(fake_guard.failure);
	fake_guard.sha256 = g_strdup(outcome->sha256);
	fake_guard.failure = g_strdup(outcome->failure);
}
