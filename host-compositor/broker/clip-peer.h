/*
 * Who takes part in the clipboard: a VM by its view, or the primary by its desk. Each copies and
 * pastes, and is asked and told in the same words.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rate.h"
#include "transfers.h"
#include "vm-config.h"
#include "wire.h"

enum { HC_CLIP_SELECTIONS = VP_SELECTION_PRIMARY + 1 };

struct hc_clip_peer_impl {
	/* It may paste these types (bits of VP_CLIPBOARD_TYPES) under this id; 0: nothing any
	 * more. */
	void (*offer)(void *data, enum vp_selection selection, uint32_t offer, uint32_t types);
	/* It is to write what it has offered, as that type, to the stream; fd stays the caller's.
	 */
	void (*fetch)(void *data, uint32_t stream, int fd, enum vp_selection selection,
		uint32_t offer, uint32_t type, uint32_t max);
	/* It gets what it has wanted from the stream, or nothing (0, and fd -1); fd stays the
	 * caller's. */
	void (*answer)(void *data, uint32_t request, uint32_t stream, int fd);
	/* As of an end of a transfer, whose holder is data. */
	void (*cancel)(void *data, uint32_t stream, enum hc_transfer_status status);
	/* What was to come as the answer to that request does not. NULL for those that report how
	 * what they read has ended, and so can be told by cancel; of the others the pipe tells. */
	void (*take_back)(void *data, uint32_t request);
};

/* What it has copied; as long as the offer's id is the same, so is the content. */
struct hc_clip_own {
	uint32_t offer; /* its id */
	uint32_t types; /* 0: nothing */
	uint64_t serial; /* a later one is greater */
};

/* What it may paste. */
struct hc_clip_given {
	uint32_t offer; /* the broker's id; 0: nothing */
	uint32_t types;
	struct hc_clip_peer *source;
	uint32_t source_offer;
};

struct hc_clip_side {
	struct hc_clip_own own;
	struct hc_clip_given given;
	bool announced; /* it has told what it has */
	bool changed; /* and the others have not been told yet */
	int64_t quiet_until; /* they are told again then at the earliest */
};

struct hc_clip_peer {
	const struct hv_vm_config *config; /* NULL: the primary */
	const struct hc_clip_peer_impl *impl;
	void *data;
	struct hc_clipboard *clipboard;
	struct hc_clip_side sides[HC_CLIP_SELECTIONS];
	struct hc_rate wants;
};

/* "work", "the primary". */
const char *hc_clip_peer_name(const struct hc_clip_peer *peer);
