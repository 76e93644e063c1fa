/*
 * Tells when the policy's files change, also those of directories that are yet to be made.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

struct hc_policy_watch;

/* changed is called from the thread's main context. */
struct hc_policy_watch *hc_policy_watch_create(void (*changed)(void *data), void *data);

/* NULL is legal. */
void hc_policy_watch_destroy(struct hc_policy_watch *watch);

/* Watches these directories, whose files end in .policy, and these files, and nothing else; both
 * NULL-terminated. True if something of it was not watched before, and may have changed since it
 * was read. */
bool hc_policy_watch_set(
	struct hc_policy_watch *watch, const char *const *directories, const char *const *files);
