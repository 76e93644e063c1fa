/*
 * The words of a question to the user. Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "link.h"
#include "prompt.h"

enum hc_words_button { HC_WORDS_DENY, HC_WORDS_ALLOW_A_WHILE, HC_WORDS_ALLOW_ONCE };

/* What is asked, as a prompt shows it. */
struct hc_words {
	struct hc_prompt_content content; /* points into the others */
	char *from;
	char *to;
	char *text;
	char *quote;
	char *quote_source;
	const char *quoted; /* what the quote is, if it is the user's own; NULL: a content */
};

/* The message need not live on. Cleared with hc_words_clear(). */
void hc_words_init(struct hc_words *words, const struct hc_link_question *question);
void hc_words_clear(struct hc_words *words);

/* The first line that has something in it, with all that is not plainly visible escaped; NULL if
 * there is none. The bytes are hostile. The caller frees it. */
char *hc_words_escape(const uint8_t *bytes, size_t len);
