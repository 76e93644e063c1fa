/*
 * One VM of the Xen backend: its domain, followed from its coming to its end, and what is to be
 * done with it. Time is a parameter, CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "driver.h"
#include "xen-domains.h"

struct hv_xen_vm;

struct hv_xen_vm_listener {
	void (*state_changed)(
		void *data, struct hv_xen_vm *vm, enum hv_state state, const char *reason);
	void (*reachable)(void *data, struct hv_xen_vm *vm);
};

/* The host must outlive it. */
struct hv_xen_vm *hv_xen_vm_create(const struct hv_vm_config *config, struct hv_xen_host *host,
	const struct hv_xen_vm_listener *listener, void *data);

/* The domain itself goes on, and so do commands. NULL is legal. */
void hv_xen_vm_destroy(struct hv_xen_vm *vm);

const char *hv_xen_vm_name(const struct hv_xen_vm *vm);

/* The id that its domain has now, 0: there is none. Of a domain that its file names by id, nothing
 * can be seen but its agent: it is there with it. */
uint32_t hv_xen_vm_find(const struct hv_xen_vm *vm, const struct hv_xen_domains *domains);

/* False if the file says another domain now, or that others start it. */
bool hv_xen_vm_fits(const struct hv_xen_vm *vm, const struct hv_vm_config *config);

/* The domain has this id now, 0: there is none. */
void hv_xen_vm_see(struct hv_xen_vm *vm, uint32_t domain);

/* As above, without telling the listener: an earlier broker has known it. True if it runs. */
bool hv_xen_vm_adopt(struct hv_xen_vm *vm, uint32_t domain);

/* What the host's listener hears. */
void hv_xen_vm_handle_change(struct hv_xen_vm *vm, const char *path);

/* As those of a driver; domain is that of the VM's name, if others have started it. */
bool hv_xen_vm_start(struct hv_xen_vm *vm, const struct hv_vm_config *config, uint32_t domain,
	const char *image, GError **error);
void hv_xen_vm_stop(struct hv_xen_vm *vm, int64_t now);
bool hv_xen_vm_act(struct hv_xen_vm *vm, enum hv_action action, const char *file,
	hv_action_done done, void *data, GError **error);
bool hv_xen_vm_connect(const struct hv_xen_vm *vm, struct hv_endpoint *endpoint, GError **error);
void hv_xen_vm_status(struct hv_xen_vm *vm, struct hv_vm_status *status);

/* Weight, cap and memory are as the file says from now on; but the memory of a domain that others
 * start is theirs. */
void hv_xen_vm_tune(struct hv_xen_vm *vm, const struct hv_vm_config *config);

/* When it has passed (-1 none), handle_timeout is to be called. */
int64_t hv_xen_vm_deadline(const struct hv_xen_vm *vm);
void hv_xen_vm_handle_timeout(struct hv_xen_vm *vm);
