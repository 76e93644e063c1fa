/*
 * A guest that breaks the rules over a vchan, one way at a time: by what it says of its pages, and
 * by what it does to the memory that it shares.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xengnttab.h>

#include "transport-xen.h"
#include "wire-peer.h"

struct hostile_xen {
	uint32_t primary;
	struct libxenvchan *vchan; /* of peer's transport */
	struct wire_peer *peer; /* NULL once the guest has closed the vchan */
	xengntshr_handle *grants;
	/* Returns when the view may have done something; false if it has not for too long. */
	bool (*wait)(void *data);
	void *data;
};

enum hostile_outcome {
	HOSTILE_ENDED, /* the view has ended the session */
	HOSTILE_GOES_ON, /* the view answers */
	HOSTILE_SILENT, /* neither, for too long */
};

struct hostile_attack {
	const char *name;
	const char *doc;
	enum hostile_outcome expected;
	void (*run)(struct hostile_xen *guest);
};

extern const struct hostile_attack hostile_xen_attacks[];
extern const size_t hostile_xen_attack_count;

/* NULL for an unknown one. */
const struct hostile_attack *hostile_xen_find_attack(const char *name);

/* Serves an instance to a primary; wait and data are set. False with errno. */
bool hostile_xen_serve(struct hostile_xen *guest, uint32_t instance);

/* Waits for a view, and begins a session with it. False with errno if none comes. */
bool hostile_xen_accept(struct hostile_xen *guest);

/* Attacks, and waits for what comes of it. */
enum hostile_outcome hostile_xen_attack(
	struct hostile_xen *guest, const struct hostile_attack *attack);

void hostile_xen_finish(struct hostile_xen *guest);
