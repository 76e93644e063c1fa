/*
 * The guard, faked (in place of guard.c): it decides by rules that the test gives it, and asks the
 * test where they say so.
 */
#pragma once

#include "guard.h"

struct fake_guard {
	/* What has been asked for last. */
	int requests;
	char *type;
	uint64_t size;
	char *preview; /* NULL: none */
	uint32_t asked; /* the id of what waits for fake_guard_reply(); 0: nothing */
	int allowed;
	int denied;
	int withdrawn;
	/* What has come of it. */
	int finished;
	uint64_t bytes;
	char *sha256;
	char *failure; /* NULL: it has been done */
};

extern struct fake_guard fake_guard;

/* rules: lines of a policy. */
void fake_guard_begin(const char *rules);
void fake_guard_end(void);

/* What the user says to what is asked. */
void fake_guard_reply(bool allowed);
