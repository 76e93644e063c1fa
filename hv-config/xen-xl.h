/*
 * A VM of backend=xen as the configuration file that xl reads (xl.cfg(5)).
 */
#pragma once

#include "vm-config.h"

/* The file's text, the same for the same configuration; the caller frees it. NULL for a domain that
 * others start. Whatever the values hold, xl reads them as they are, and as nothing else. */
char *hv_xen_xl_render(const struct hv_vm_config *config);
