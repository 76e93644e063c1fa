/*
 * What the view passes between guest and broker as it is, once it has been decoded.
 */
#pragma once

#include <stdbool.h>

#include "link.h"
#include "wire.h"

/* The same message in the other's words, valid as long as the first; false if it is none that
 * passes. */
bool hc_relay_to_broker(const struct vp_message *message, struct hc_link_message *told);
bool hc_relay_to_guest(const struct hc_link_message *message, struct vp_message *told);
