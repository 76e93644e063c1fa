/*
 * Tells the user that windows have gone which waited in vain for their guest.
 */
#pragma once

#include <stdint.h>

#include "notifier.h"
#include "vm-config.h"

void hc_expiry_notice_show(struct hc_notifier *notifier, int64_t now,
	const struct hv_vm_config *config, uint32_t windows);
