/*
 * How the user hands over what has been copied: by the desk's shortcuts, or by the command line. It
 * has the clipboard, and all who take part in it.
 *
 * Time is CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "clip-links.h"
#include "settings.h"

struct hc_hand_over;

struct hc_broker;

/* Both must outlive it. */
struct hc_hand_over *hc_hand_over_create(struct hc_broker *broker, struct hc_desk_process *desk);

/* NULL is legal. */
void hc_hand_over_destroy(struct hc_hand_over *hand_over, int64_t now);

/* Shortcuts that count from now on. */
void hc_hand_over_set(struct hc_hand_over *hand_over, const struct hv_settings *settings);

/* The desk is there, and knows nothing yet. */
void hc_hand_over_begin_desk(struct hc_hand_over *hand_over);

/* What views and the desk say, which may be hostile; other messages are ignored. */
void hc_hand_over_handle_vm_message(struct hc_hand_over *hand_over, int64_t now, struct hc_vm *vm,
	const struct hc_link_message *message);
void hc_hand_over_handle_desk_message(
	struct hc_hand_over *hand_over, int64_t now, const struct hc_link_message *message);

/* The session with the VM's agent, or the desk, is over. */
void hc_hand_over_forget_vm(struct hc_hand_over *hand_over, int64_t now, const struct hc_vm *vm);
void hc_hand_over_forget_desk(struct hc_hand_over *hand_over, int64_t now);

/* As hc_clipboard_take() and hc_clipboard_give(), for a VM or the primary (NULL). */
bool hc_hand_over_take(struct hc_hand_over *hand_over, const struct hc_vm *vm, GError **error);
bool hc_hand_over_give(
	struct hc_hand_over *hand_over, int64_t now, const struct hc_vm *vm, GError **error);

/* The clipboard; the hand-over's. */
struct hc_clipboard *hc_hand_over_clipboard(const struct hc_hand_over *hand_over);

/* -1 none; then expire, which also has to come before each dispatch of the transfers. */
int64_t hc_hand_over_deadline(const struct hc_hand_over *hand_over);
void hc_hand_over_expire(struct hc_hand_over *hand_over, int64_t now);
