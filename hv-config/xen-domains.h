/*
 * The domains of a Xen host, by name and UUID, as xenstore has them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "xen-host.h"

struct hv_xen_domains;

/* Follows the domains of a host, which must outlive it. NULL with errno. */
struct hv_xen_domains *hv_xen_domains_create(struct hv_xen_host *host);

/* NULL is legal. */
void hv_xen_domains_destroy(struct hv_xen_domains *domains);

/* What the host's listener hears. True if it concerns which domains there are; they have been read
 * anew then. */
bool hv_xen_domains_handle_change(struct hv_xen_domains *domains, const char *path);

/* The id of the domain of that name or UUID, the youngest of several; 0 if there is none. Never the
 * primary control domain, whose id that is. */
uint32_t hv_xen_domains_find(const struct hv_xen_domains *domains, const char *name_or_uuid);
