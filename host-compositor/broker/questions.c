#define G_LOG_DOMAIN "hc-questions"

#include "questions.h"

#include <glib.h>

#include "recall.h"

struct hc_questions {
	const struct hc_questions_listener *listener;
	void *data;
	struct hc_asker *asker; /* NULL: nobody */
	GPtrArray *all; /* of const struct hc_question; the first one is shown */
	int64_t deadline; /* of the first one */
	struct hc_recall *recall;
};

static const struct {
	const char *name;
	const char *words; /* NULL: it allows */
} replies[HC_REPLY_COUNT] = {
	[HC_REPLY_NONE] = { NULL, NULL },
	[HC_REPLY_ALLOW_ONCE] = { "allow-once", NULL },
	[HC_REPLY_ALLOW_A_WHILE] = { "allow-10-minutes", NULL },
	[HC_REPLY_DENY] = { "deny", "you have denied it" },
	[HC_REPLY_TIME_OUT] = { "time-out", "the question about it was not answered in time" },
	[HC_REPLY_ALLOWED_BEFORE] = { "allowed-before", NULL },
	[HC_REPLY_DENIED_BEFORE] = { "denied-before", "it has been denied just now" },
	[HC_REPLY_BUSY] = { "busy", "other questions wait for your answer" },
	[HC_REPLY_NOBODY] = { "nobody", "you would be asked, but there is no desktop to ask on: "
					"start it in a desktop session, with DISPLAY set; "
					"orield.log tells of one that was lost" },
	[HC_REPLY_WITHDRAWN] = { "withdrawn", "it is no longer wanted" },
};

const char *hc_reply_name(enum hc_reply reply)
{
	return replies[reply].name;
}

const char *hc_reply_explain(enum hc_reply reply)
{
	return replies[reply].words;
}

bool hc_reply_allows(enum hc_reply reply)
{
	return reply != HC_REPLY_NONE && !replies[reply].words;
}

struct hc_questions *hc_questions_create(const struct hc_questions_listener *listener, void *data)
{
	struct hc_questions *questions = g_new0(struct hc_questions, 1);

	questions->listener = listener;
	questions->data = data;
	questions->all = g_ptr_array_new();
	questions->deadline = -1;
	questions->recall = hc_recall_create();
	return questions;
}

void hc_questions_destroy(struct hc_questions *questions)
{
	if (!questions)
		return;
	g_ptr_array_unref(questions->all);
	hc_recall_destroy(questions->recall);
	g_free(questions);
}

void hc_questions_set_asker(struct hc_questions *questions, struct hc_asker *asker)
{
	questions->asker = asker;
}

/* Shows the first one. False if there is one and it cannot be. */
static bool show_first(struct hc_questions *questions, int64_t now)
{
	if (questions->all->len == 0) {
		questions->deadline = -1;
		return true;
	}
	questions->deadline = now + HC_QUESTION_SHOWN_MS;
	return questions->asker && questions->asker->impl->ask(questions->asker, now,
					   questions->all->pdata[0], HC_QUESTION_SHOWN_MS);
}

static void show_next(struct hc_questions *questions, int64_t now)
{
	if (!show_first(questions, now))
		hc_questions_answer_all(questions, HC_REPLY_NOBODY);
}

/* It waits for the user's word on the like already. */
static bool is_pending(
	const struct hc_questions *questions, const struct hv_policy_request *request)
{
	for (guint i = 0; i < questions->all->len; i++) {
		const struct hc_question *other = questions->all->pdata[i];

		if (other->request.service == request->service &&
			g_strcmp0(other->request.from.name, request->from.name) == 0 &&
			g_strcmp0(other->request.to.name, request->to.name) == 0)
			return true;
	}
	return false;
}

/* What the user asks for comes one by one; a VM can make its wishes as fast as it likes. */
static bool asked_by_user(const struct hv_policy_request *request)
{
	return (request->service == HV_POLICY_LAUNCH || request->service == HV_POLICY_OPEN_FILE) &&
	       !request->from.name;
}

static guint count_of(const struct hc_questions *questions, const char *vm)
{
	guint count = 0;

	for (guint i = 0; i < questions->all->len; i++) {
		const struct hc_question *other = questions->all->pdata[i];

		count += g_strcmp0(other->request.from.name, vm) == 0;
	}
	return count;
}

/* With as many as all have together one VM could have nobody else asked for minutes. */
static bool has_many(const struct hc_questions *questions, const char *vm)
{
	return vm && count_of(questions, vm) >= HC_QUESTIONS_OF_VM_MAX;
}

static bool too_many(const struct hc_questions *questions, const struct hv_policy_request *request)
{
	return questions->all->len >= HC_QUESTIONS_MAX || has_many(questions, request->from.name) ||
	       (!asked_by_user(request) && is_pending(questions, request));
}

/* A denial counts for all types: each would be another question. */
static struct hv_policy_request any_type(const struct hv_policy_request *request)
{
	struct hv_policy_request any = *request;

	any.type = NULL;
	return any;
}

static enum hc_reply recall(
	const struct hc_questions *questions, int64_t now, const struct hv_policy_request *request)
{
	struct hv_policy_request any = any_type(request);
	bool allowed;

	if (hc_recall_find(questions->recall, request, now, &allowed))
		return allowed ? HC_REPLY_ALLOWED_BEFORE : HC_REPLY_DENIED_BEFORE;
	if (hc_recall_find(questions->recall, &any, now, &allowed) && !allowed)
		return HC_REPLY_DENIED_BEFORE;
	return HC_REPLY_NONE;
}

static void remember(struct hc_questions *questions, int64_t now,
	const struct hv_policy_request *request, enum hc_reply reply)
{
	struct hv_policy_request any = any_type(request);

	if (reply == HC_REPLY_ALLOW_A_WHILE)
		hc_recall_add(questions->recall, request, true, now, now + HC_QUESTION_ALLOWED_MS);
	else if (!hc_reply_allows(reply) && !asked_by_user(request))
		hc_recall_add(questions->recall, &any, false, now, now + HC_QUESTION_DENIED_MS);
}

enum hc_reply hc_questions_add(
	struct hc_questions *questions, int64_t now, const struct hc_question *question)
{
	enum hc_reply before = recall(questions, now, &question->request);

	if (before != HC_REPLY_NONE)
		return before;
	if (too_many(questions, &question->request))
		return HC_REPLY_BUSY;
	g_ptr_array_add(questions->all, (void *)(uintptr_t)question);
	if (questions->all->len > 1 || show_first(questions, now))
		return HC_REPLY_NONE;
	g_ptr_array_set_size(questions->all, 0);
	questions->deadline = -1;
	return HC_REPLY_NOBODY;
}

static bool find(const struct hc_questions *questions, uint32_t id, guint *index)
{
	for (guint i = 0; i < questions->all->len; i++) {
		const struct hc_question *question = questions->all->pdata[i];

		if (question->id == id) {
			*index = i;
			return true;
		}
	}
	return false;
}

void hc_questions_remove(struct hc_questions *questions, int64_t now, uint32_t id)
{
	guint index;

	if (!find(questions, id, &index))
		return;
	g_ptr_array_remove_index(questions->all, index);
	if (index > 0)
		return;
	if (questions->asker)
		questions->asker->impl->withdraw(questions->asker, id);
	show_next(questions, now);
}

void hc_questions_answer(
	struct hc_questions *questions, int64_t now, uint32_t id, enum hc_reply reply)
{
	const struct hc_question *question;
	guint index;

	if (!find(questions, id, &index) || index > 0)
		return;
	question = g_ptr_array_steal_index(questions->all, 0);
	remember(questions, now, &question->request, reply);
	show_next(questions, now);
	questions->listener->answered(questions->data, id, reply);
}

void hc_questions_answer_all(struct hc_questions *questions, enum hc_reply reply)
{
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(uint32_t));

	for (guint i = 0; i < questions->all->len; i++) {
		const struct hc_question *question = questions->all->pdata[i];

		g_array_append_val(ids, question->id);
	}
	g_ptr_array_set_size(questions->all, 0);
	questions->deadline = -1;
	for (guint i = 0; i < ids->len; i++)
		questions->listener->answered(
			questions->data, g_array_index(ids, uint32_t, i), reply);
}

void hc_questions_forget(struct hc_questions *questions)
{
	hc_recall_forget(questions->recall);
}

int64_t hc_questions_deadline(const struct hc_questions *questions)
{
	return questions->deadline;
}

void hc_questions_expire(struct hc_questions *questions, int64_t now)
{
	const struct hc_question *question;

	if (questions->deadline < 0 || now < questions->deadline)
		return;
	question = questions->all->pdata[0];
	if (questions->asker)
		questions->asker->impl->withdraw(questions->asker, question->id);
	hc_questions_answer(questions, now, question->id, HC_REPLY_TIME_OUT);
}
