/*
 * Those who take part in the clipboard, as the broker reaches them: VMs by their views, and the
 * primary by its desk. What they say is passed to the clipboard, and what it says to them.
 *
 * Time is CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "clipboard.h"
#include "desk-process.h"
#include "vm.h"

struct hc_clip_links;

/* All must outlive the links. */
struct hc_clip_links *hc_clip_links_create(struct hc_clipboard *clipboard,
	struct hc_transfers *transfers, struct hc_desk_process *desk);

/* NULL is legal. */
void hc_clip_links_destroy(struct hc_clip_links *links, int64_t now);

/* What views and the desk say, which may be hostile; other messages are ignored. */
void hc_clip_links_handle_vm_message(struct hc_clip_links *links, int64_t now, struct hc_vm *vm,
	const struct hc_link_message *message);
void hc_clip_links_handle_desk_message(
	struct hc_clip_links *links, int64_t now, const struct hc_link_message *message);

/* The session with the VM's agent, or the desk, is over. */
void hc_clip_links_forget_vm(struct hc_clip_links *links, int64_t now, const struct hc_vm *vm);
void hc_clip_links_forget_desk(struct hc_clip_links *links, int64_t now);

/* A VM's peer, or that of the primary (NULL). NULL with an error if it takes no part now. */
struct hc_clip_peer *hc_clip_links_find(
	const struct hc_clip_links *links, const struct hc_vm *vm, GError **error);
