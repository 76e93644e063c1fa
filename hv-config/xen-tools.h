/*
 * What Xen's tools on this machine have for domains that need a device model.
 */
#pragma once

#include "vm-config.h"

/* What the VM's domain needs and is not installed, and what to do, as a sentence; NULL if nothing
 * is. The caller frees it. root is put before paths: empty but for tests. */
char *hv_xen_tools_find_missing(const struct hv_vm_config *config, const char *root);
