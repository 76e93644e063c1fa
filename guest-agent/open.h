/*
 * Opening elsewhere: what programs of the guest ask for over the session bus (io.oriel.Agent1) is
 * passed to the primary, whose broker decides and does it.
 */
#pragma once

#include "agent-interface.h"
#include "wire.h"

struct ga_opener;

/* tell is called with open_request, and returns false if there is no primary to tell. Answers
 * object's method Open from now on. Never fails. */
struct ga_opener *ga_opener_create(GaDbusAgent1 *object,
	bool (*tell)(void *data, const struct vp_message *message), void *data);

/* What is unanswered fails. NULL is legal. */
void ga_opener_destroy(struct ga_opener *opener);

/* Takes open_answer; others are ignored. */
void ga_opener_handle_message(struct ga_opener *opener, const struct vp_message *message);

/* The session with the primary has ended: what is unanswered fails. */
void ga_opener_primary_left(struct ga_opener *opener);
