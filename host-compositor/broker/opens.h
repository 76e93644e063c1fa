/*
 * What VMs want opened elsewhere: URLs, checked and decided by the guard, and files, which are
 * handed over first (copies.h). They are opened in another VM, which is started for it, or on the
 * primary.
 */
#pragma once

#include "broker.h"
#include "link.h"

struct hc_opens;

/* The broker must outlive it. */
struct hc_opens *hc_opens_create(struct hc_broker *broker);

/* NULL is legal. */
void hc_opens_destroy(struct hc_opens *opens);

/* What the VM's view says; it is answered at once or later. */
void hc_opens_handle_request(
	struct hc_opens *opens, struct hc_vm *from, const struct hc_link_open_request *message);

/* The VM's session has ended (NULL: every VM's): what it has asked for is not answered, nor opened
 * unless that has begun. */
void hc_opens_forget(struct hc_opens *opens, const struct hc_vm *from);
