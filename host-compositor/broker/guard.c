#define G_LOG_DOMAIN "hc-guard"

#include "guard.h"

#include <gio/gio.h>

#include "audit.h"
#include "policy-explain.h"
#include "policy-files.h"
#include "policy-watch.h"

struct hc_guard {
	char **directories;
	struct hv_policy *policy; /* the last good one, NULL if there was none */
	GPtrArray *errors; /* of char *: of the last reading */
	struct hc_policy_watch *watch;
	struct hc_audit *audit;
	struct hc_questions *questions;
	GHashTable *requests; /* of struct request, by id: those asked about, and those let pass */
	uint32_t last_id;
	void (*noted)(void *data, const struct hc_guard_event *event);
	void *data;
};

/* One that is under way. */
struct request {
	struct hc_question question; /* with texts of its own */
	struct hc_question shown; /* as above, as the user is asked; with the same texts */
	struct request *second; /* that is decided along with it, NULL: none, or it has passed */
	uint32_t second_id; /* once it has passed */
	struct hv_policy_decision decision; /* without its rule */
	char *rule; /* that decides, or NULL */
	char *why; /* in words */
	enum hc_reply reply;
	bool passed; /* and not finished; else the user is asked */
	hc_guard_done *done;
	void *data;
};

static const struct hc_questions_listener questions_listener;

/* The policy's files */

static bool has_error(GPtrArray *errors, const char *line)
{
	return g_ptr_array_find_with_equal_func(errors, line, g_str_equal, NULL);
}

/* Each error is told once, however often the files are read. */
static void take_problems(struct hc_guard *guard, const GPtrArray *problems)
{
	GPtrArray *errors = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < problems->len; i++) {
		char *line = hv_policy_problem_print(g_ptr_array_index(problems, i));

		if (!has_error(guard->errors, line))
			g_warning("%s", line);
		g_ptr_array_add(errors, line);
	}
	if (errors->len > 0 && guard->errors->len == 0)
		g_warning("the policy's files are wrong: %s",
			guard->policy ? "the last good policy stays in force"
				      : "all is denied until they are mended");
	else if (errors->len == 0 && guard->errors->len > 0)
		g_message("the policy's files are right again");
	g_ptr_array_unref(guard->errors);
	guard->errors = errors;
}

/* True if a file is newly watched, and may have changed before that. */
static bool read_files(struct hc_guard *guard)
{
	const char *const *directories = (const char *const *)guard->directories;
	struct hv_policy_files files;
	bool again;

	hv_policy_files_load(directories, &files);
	take_problems(guard, files.problems);
	if (files.policy) {
		hv_policy_destroy(guard->policy);
		guard->policy = g_steal_pointer(&files.policy);
		hc_questions_forget(guard->questions);
	}
	g_ptr_array_add(files.included, NULL);
	again = hc_policy_watch_set(
		guard->watch, directories, (const char *const *)files.included->pdata);
	hv_policy_files_clear(&files);
	return again;
}

const GPtrArray *hc_guard_reload(struct hc_guard *guard)
{
	if (read_files(guard))
		read_files(guard);
	return guard->errors;
}

static void handle_files_changed(void *data)
{
	hc_guard_reload(data);
}

void hc_guard_decide(const struct hc_guard *guard, const struct hv_policy_request *request,
	struct hv_policy_decision *decision)
{
	hv_policy_decide(guard->policy, request, decision);
}

/* Requests */

static void request_free(void *data)
{
	struct request *request = data;
	struct hc_question *question = &request->question;

	if (request->second)
		request_free(request->second);
	g_free((char *)(uintptr_t)question->request.from.name);
	g_free((char *)(uintptr_t)question->request.to.name);
	g_free((char *)(uintptr_t)question->request.type);
	g_free((char *)(uintptr_t)question->preview);
	g_free(request->rule);
	g_free(request->why);
	g_free(request);
}

static uint32_t new_id(struct hc_guard *guard)
{
	do
		guard->last_id++;
	while (guard->last_id == 0 ||
		g_hash_table_contains(guard->requests, GUINT_TO_POINTER(guard->last_id)));
	return guard->last_id;
}

static struct request *request_new(
	struct hc_guard *guard, const struct hv_policy_request *wanted, const char *preview)
{
	struct request *request = g_new0(struct request, 1);
	struct hc_question *question = &request->question;

	question->id = new_id(guard);
	question->request = *wanted;
	question->request.from.name = g_strdup(wanted->from.name);
	question->request.to.name = g_strdup(wanted->to.name);
	question->request.type = g_strdup(wanted->type);
	question->preview = g_strdup(preview);
	return request;
}

static void decide(const struct hc_guard *guard, struct request *request)
{
	struct hv_policy_decision *decision = &request->decision;

	hv_policy_decide(guard->policy, &request->question.request, decision);
	g_free(request->rule);
	g_free(request->why);
	request->rule = decision->rule ? hv_policy_rule_cite(decision->rule) : NULL;
	request->why = hv_policy_explain(decision);
	decision->rule = NULL;
	if (request->second)
		decide(guard, request->second);
}

static void note(struct hc_guard *guard, const struct request *request,
	enum hc_audit_outcome outcome, const struct hc_guard_outcome *content)
{
	const struct hc_audit_entry entry = {
		.request = &request->question.request,
		.bytes = content ? content->bytes : request->question.request.size,
		.sha256 = content ? content->sha256 : NULL,
		.rule = request->rule,
		.reason = request->decision.reason,
		.answer = hc_reply_name(request->reply),
		.outcome = outcome,
		.failure = content ? content->failure : NULL,
	};

	const struct hc_guard_event event = { &entry, request->reply, request->why,
		request->decision.notify };

	hc_audit_write(guard->audit, g_get_real_time(), &entry);
	if (guard->noted)
		guard->noted(guard->data, &event);
}

/* By the user's answer, or the lack of it, which is one for both. */
static void set_reply(struct request *request, enum hc_reply reply)
{
	request->reply = reply;
	if (request->second)
		request->second->reply = reply;
}

static void note_denied(struct hc_guard *guard, const struct request *request)
{
	note(guard, request, HC_AUDIT_DENY, NULL);
	if (request->second)
		note(guard, request->second, HC_AUDIT_DENY, NULL);
}

static void deny(struct hc_guard *guard, struct request *request)
{
	const struct hv_policy_request *wanted = &request->question.request;
	bool by_answer = request->decision.action != HV_POLICY_DENY;
	g_autoptr(GError) error = g_error_new(G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
		"%s does not allow %s from %s to %s: %s%s%s", by_answer ? "the user" : "the policy",
		hv_policy_service_info(wanted->service)->name, hv_policy_peer_name(&wanted->from),
		hv_policy_peer_name(&wanted->to),
		by_answer ? hc_reply_explain(request->reply) : request->why, by_answer ? "; " : "",
		by_answer ? request->why : "");

	if (by_answer)
		note_denied(guard, request);
	else
		note(guard, request, HC_AUDIT_DENY, NULL);
	request->done(request->data, request->question.id, NULL, error);
	request_free(request);
}

static void pass(struct hc_guard *guard, struct request *request)
{
	request->passed = true;
	g_hash_table_insert(guard->requests, GUINT_TO_POINTER(request->question.id), request);
}

static bool is_denied(const struct request *request)
{
	return request->decision.action == HV_POLICY_DENY;
}

/* By the policy: that alone is noted. */
static void deny_for_second(struct hc_guard *guard, struct request *first)
{
	struct request *second = g_steal_pointer(&first->second);

	second->done = first->done;
	second->data = first->data;
	request_free(first);
	deny(guard, second);
}

/* Takes the request over. The second one passes with the first, as both have one reply. */
static void conclude(struct hc_guard *guard, struct request *request)
{
	struct hv_policy_decision decision = request->decision;
	bool passes = hc_reply_allows(request->reply) ? !is_denied(request)
						      : decision.action == HV_POLICY_ALLOW &&
								request->reply == HC_REPLY_NONE;

	if (!is_denied(request) && request->second && is_denied(request->second)) {
		deny_for_second(guard, request);
		return;
	}
	if (!passes) {
		deny(guard, request);
		return;
	}
	decision.action = HV_POLICY_ALLOW;
	pass(guard, request);
	if (request->second) {
		request->second_id = request->second->question.id;
		pass(guard, g_steal_pointer(&request->second));
	}
	request->done(request->data, request->question.id, &decision, NULL);
}

/* What is denied anyway is not asked about. */
static bool needs_answer(const struct request *request)
{
	enum hv_policy_action first = request->decision.action;
	enum hv_policy_action second =
		request->second ? request->second->decision.action : HV_POLICY_ALLOW;

	return first != HV_POLICY_DENY && second != HV_POLICY_DENY &&
	       (first == HV_POLICY_ASK || second == HV_POLICY_ASK);
}

/* HC_REPLY_NONE if the answer is yet to come. */
static enum hc_reply ask(struct hc_guard *guard, struct request *request, int64_t now)
{
	request->shown = request->question;
	if (request->second)
		request->shown.request.service = HV_POLICY_OPEN_FILE;
	return hc_questions_add(guard->questions, now, &request->shown);
}

uint32_t hc_guard_request_both(struct hc_guard *guard, int64_t now,
	const struct hv_policy_request *first, const struct hv_policy_request *second,
	const char *preview, hc_guard_done *done, void *data)
{
	struct request *request = request_new(guard, first, preview);

	request->second = second ? request_new(guard, second, NULL) : NULL;
	request->done = done;
	request->data = data;
	decide(guard, request);
	if (needs_answer(request)) {
		set_reply(request, ask(guard, request, now));
		if (request->reply == HC_REPLY_NONE) {
			g_hash_table_insert(
				guard->requests, GUINT_TO_POINTER(request->question.id), request);
			return request->question.id;
		}
	}
	conclude(guard, request);
	return 0;
}

uint32_t hc_guard_request(struct hc_guard *guard, int64_t now,
	const struct hv_policy_request *wanted, const char *preview, hc_guard_done *done,
	void *data)
{
	return hc_guard_request_both(guard, now, wanted, NULL, preview, done, data);
}

uint32_t hc_guard_second(const struct hc_guard *guard, uint32_t id)
{
	const struct request *request = g_hash_table_lookup(guard->requests, GUINT_TO_POINTER(id));

	return request ? request->second_id : 0;
}

/* NULL if there is none in that state; else it is the caller's. */
static struct request *take(struct hc_guard *guard, uint32_t id, bool passed)
{
	struct request *request = g_hash_table_lookup(guard->requests, GUINT_TO_POINTER(id));

	if (!request || request->passed != passed)
		return NULL;
	g_hash_table_steal(guard->requests, GUINT_TO_POINTER(id));
	return request;
}

/* The policy that counts is the one of now: its files may have changed while the user was asked. */
static void handle_answered(void *data, uint32_t id, enum hc_reply reply)
{
	struct hc_guard *guard = data;
	struct request *request = take(guard, id, false);

	if (!request)
		return;
	set_reply(request, reply);
	decide(guard, request);
	conclude(guard, request);
}

void hc_guard_withdraw(struct hc_guard *guard, int64_t now, uint32_t id)
{
	struct request *request = take(guard, id, false);

	if (!request)
		return;
	hc_questions_remove(guard->questions, now, id);
	set_reply(request, HC_REPLY_WITHDRAWN);
	note_denied(guard, request);
	request_free(request);
}

void hc_guard_finish(struct hc_guard *guard, uint32_t id, const struct hc_guard_outcome *outcome)
{
	struct request *request = take(guard, id, true);

	if (!request)
		return;
	note(guard, request, outcome->failure ? HC_AUDIT_FAIL : HC_AUDIT_ALLOW, outcome);
	request_free(request);
}

void hc_guard_set_listener(struct hc_guard *guard,
	void (*noted)(void *data, const struct hc_guard_event *event), void *data)
{
	guard->noted = noted;
	guard->data = data;
}

/* Asking the user */

void hc_guard_set_asker(struct hc_guard *guard, struct hc_asker *asker)
{
	hc_questions_set_asker(guard->questions, asker);
}

void hc_guard_answer(struct hc_guard *guard, int64_t now, uint32_t id, enum hc_reply reply)
{
	hc_questions_answer(guard->questions, now, id, reply);
}

void hc_guard_lose_asker(struct hc_guard *guard)
{
	hc_questions_answer_all(guard->questions, HC_REPLY_NOBODY);
}

int64_t hc_guard_deadline(const struct hc_guard *guard)
{
	return hc_questions_deadline(guard->questions);
}

void hc_guard_expire(struct hc_guard *guard, int64_t now)
{
	hc_questions_expire(guard->questions, now);
}

struct hv_policy_peer hc_guard_peer(const struct hv_vm_config *config)
{
	struct hv_policy_peer peer = { 0 };

	if (config) {
		peer.name = config->name;
		peer.colour = config->colour;
	}
	return peer;
}

/* Life */

struct hc_guard *hc_guard_create(const char *const *directories, const char *audit_path)
{
	struct hc_guard *guard = g_new0(struct hc_guard, 1);

	guard->directories = g_strdupv((char **)(uintptr_t)directories);
	guard->errors = g_ptr_array_new_with_free_func(g_free);
	guard->watch = hc_policy_watch_create(handle_files_changed, guard);
	guard->audit = hc_audit_create(audit_path);
	guard->questions = hc_questions_create(&questions_listener, guard);
	guard->requests = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, request_free);
	hc_guard_reload(guard);
	return guard;
}

/* What the audit log would lack. */
static void note_unfinished(struct hc_guard *guard)
{
	GHashTableIter iter;
	void *value = NULL;

	g_hash_table_iter_init(&iter, guard->requests);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct request *request = value;
		const struct hc_guard_outcome outcome = { .failure = "the broker has ended" };

		if (request->passed) {
			note(guard, request, HC_AUDIT_FAIL, &outcome);
		} else {
			set_reply(request, HC_REPLY_WITHDRAWN);
			note_denied(guard, request);
		}
	}
}

void hc_guard_destroy(struct hc_guard *guard)
{
	if (!guard)
		return;
	note_unfinished(guard);
	hc_questions_destroy(guard->questions);
	g_hash_table_unref(guard->requests);
	hc_policy_watch_destroy(guard->watch);
	hc_audit_destroy(guard->audit);
	hv_policy_destroy(guard->policy);
	g_ptr_array_unref(guard->errors);
	g_strfreev(guard->directories);
	g_free(guard);
}

static const struct hc_questions_listener questions_listener = { .answered = handle_answered };
