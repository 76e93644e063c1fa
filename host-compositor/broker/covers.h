/*
 * The windows that want to cover others, by filling the screen or staying above, and for which the
 * guard has been asked.
 */
#pragma once

#include <stdint.h>

#include "guard.h"

struct hc_covers;

struct hc_covers_listener {
	/* What has been decided of a request; the VM may be gone by now. */
	void (*answered)(
		void *data, const char *vm, uint32_t window, uint32_t states, bool allowed);
};

/* The guard must outlive it. */
struct hc_covers *hc_covers_create(
	struct hc_guard *guard, const struct hc_covers_listener *listener, void *data);

/* NULL is legal. */
void hc_covers_destroy(struct hc_covers *covers);

/* window: of the VM's session; states: VP_STATE_FULLSCREEN, VP_STATE_ABOVE. The listener is told
 * once, maybe before this returns. */
void hc_covers_request(struct hc_covers *covers, int64_t now, const struct hv_vm_config *vm,
	uint32_t window, uint32_t states);

/* The VM's windows are gone; the user need not answer any more, nor is the listener told. */
void hc_covers_forget(struct hc_covers *covers, int64_t now, const char *vm);
