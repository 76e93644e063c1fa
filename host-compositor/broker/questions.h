/*
 * The questions to the user that wait for an answer: one is shown at a time, each for a while. A VM
 * that asks on and on gets no more than one of them before the user.
 *
 * What was allowed for a while, or has just been denied, is not asked again. Time is
 * CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "policy.h"

enum {
	HC_QUESTION_SHOWN_MS = 30000, /* then it is denied */
	HC_QUESTION_ALLOWED_MS = 10 * 60 * 1000, /* by HC_REPLY_ALLOW_A_WHILE */
	HC_QUESTION_DENIED_MS = 5000, /* in which the like is not asked again */
	HC_QUESTIONS_MAX = 16,
	HC_QUESTIONS_OF_VM_MAX = 4, /* of these, about what one VM gives or wants to do */
};

enum hc_reply {
	HC_REPLY_NONE, /* not asked, or not answered yet */
	HC_REPLY_ALLOW_ONCE,
	HC_REPLY_ALLOW_A_WHILE,
	HC_REPLY_DENY,
	HC_REPLY_TIME_OUT,
	HC_REPLY_ALLOWED_BEFORE, /* for a while that is not over */
	HC_REPLY_DENIED_BEFORE, /* just now */
	HC_REPLY_BUSY, /* there are too many questions */
	HC_REPLY_NOBODY, /* there is no desktop to ask on */
	HC_REPLY_WITHDRAWN, /* by whoever wanted it */
	HC_REPLY_COUNT,
};

/* Who wants what from whom. */
struct hc_question {
	uint32_t id; /* never 0 */
	struct hv_policy_request request;
	const char *preview; /* hostile; NULL: none */
};

/* Who shows them: the desk, or a fake. */
struct hc_asker {
	const struct hc_asker_impl *impl;
};

struct hc_asker_impl {
	/* Shows it for no longer than left_ms; it lives until it is answered or withdrawn. False if
	 * there is nobody to show it to. */
	bool (*ask)(struct hc_asker *asker, int64_t now, const struct hc_question *question,
		int64_t left_ms);
	/* It need not be shown any more. */
	void (*withdraw)(struct hc_asker *asker, uint32_t id);
};

struct hc_questions;

struct hc_questions_listener {
	/* It is answered and no longer known; more may be asked. */
	void (*answered)(void *data, uint32_t id, enum hc_reply reply);
};

struct hc_questions *hc_questions_create(const struct hc_questions_listener *listener, void *data);

/* NULL is legal. */
void hc_questions_destroy(struct hc_questions *questions);

/* NULL: there is nobody to ask. */
void hc_questions_set_asker(struct hc_questions *questions, struct hc_asker *asker);

/* HC_REPLY_NONE if the listener will be told of the answer, else the answer. The question has to
 * live until then. */
enum hc_reply hc_questions_add(
	struct hc_questions *questions, int64_t now, const struct hc_question *question);

/* Removes it; the listener is not told. An id that is not known is legal, as in the next. */
void hc_questions_remove(struct hc_questions *questions, int64_t now, uint32_t id);

/* What the user says to the question that is shown. */
void hc_questions_answer(
	struct hc_questions *questions, int64_t now, uint32_t id, enum hc_reply reply);

/* Answers all of them. */
void hc_questions_answer_all(struct hc_questions *questions, enum hc_reply reply);

/* What was allowed for a while is so no longer. */
void hc_questions_forget(struct hc_questions *questions);

/* When the one that is shown is to be denied, -1 if there is none; then expire. */
int64_t hc_questions_deadline(const struct hc_questions *questions);
void hc_questions_expire(struct hc_questions *questions, int64_t now);

/* As in the audit log. */
const char *hc_reply_name(enum hc_reply reply);

/* A denial for people: "you have denied it". */
const char *hc_reply_explain(enum hc_reply reply);

bool hc_reply_allows(enum hc_reply reply);
