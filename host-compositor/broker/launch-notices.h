/*
 * Tells who has launched something from a menu, and has no terminal, how it comes along: one
 * notification, which follows the VM's start and goes when the application has been started, or
 * says why it cannot be.
 */
#pragma once

#include "notifier.h"
#include "vm.h"

struct hc_launch_notices;

/* The notifier must outlive it. */
struct hc_launch_notices *hc_launch_notices_create(struct hc_notifier *notifier);

/* NULL is legal. */
void hc_launch_notices_destroy(struct hc_launch_notices *notices);

/* Something is about to be launched. Nothing is shown before the VM is heard of, as for one that
 * runs it is soon over. The id is for the end. */
uint32_t hc_launch_notices_begin(
	struct hc_launch_notices *notices, const struct hc_vm *vm, const char *application);

/* The VM has another state, or reason for it. */
void hc_launch_notices_follow(
	struct hc_launch_notices *notices, int64_t now, const struct hc_vm *vm);

/* It has been launched (NULL), or not. */
void hc_launch_notices_end(
	struct hc_launch_notices *notices, int64_t now, uint32_t id, const GError *error);
