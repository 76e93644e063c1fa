/*
 * The notifications of what the guard has let pass, and what not.
 */
#pragma once

#include <stdint.h>

#include "guard.h"
#include "notifier.h"

/* Shows one if the user is to hear of it. */
void hc_guard_notices_tell(
	struct hc_notifier *notifier, int64_t now, const struct hc_guard_event *event);
