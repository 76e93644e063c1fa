/*
 * A Xen of one process: the event channels, grants and xenstore that libxenvchan and the transport
 * stand on, for a guest (domain FAKE_XEN_GUEST, whose relative paths are its own) and a primary
 * (domain 0). Rings and pages are real memory; only the hypervisor is not.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FAKE_XEN_GUEST = 5 };

/* Pages that the guest can have granted at one time from now on. */
void fake_xen_set_page_limit(size_t pages);

/* Pages that the guest has granted, and that the primary has mapped, rings aside. */
size_t fake_xen_pages_granted(void);
size_t fake_xen_pages_mapped(void);

/* How many events have been sent between the two. */
size_t fake_xen_events_sent(void);

/* The reference of a new page that the guest grants to a domain, for as long as the test runs. */
uint32_t fake_xen_grant_page(uint32_t domain);

/* From now on there are (or are not) devices for event channels and grants; xenstore stays. */
void fake_xen_set_devices(bool present);

/* xenstore: as the guest's save and restore leave it, and as someone else writes it. */
void fake_xen_forget_nodes(void);
void fake_xen_write_node(const char *path, const char *value);
bool fake_xen_node_exists(const char *path);
