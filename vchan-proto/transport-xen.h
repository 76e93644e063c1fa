/*
 * Transports over vchans that are open already.
 */
#pragma once

#include "transport.h"
#include "vchan-xen.h"

/* Takes the vchan over, whose peer is a domain. NULL with errno, and the vchan stays the caller's.
 */
struct vp_transport *vp_transport_xen_create(struct libxenvchan *vchan, uint32_t domain);
