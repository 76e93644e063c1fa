/*
 * One key of a VM's file: how its value is read, and which backends have it.
 */
#pragma once

#include <stdbool.h>

struct hv_vm_config;

struct hv_config_key {
	const char *name;
	/* False for a value that is not allowed. */
	bool (*parse)(struct hv_vm_config *config, const char *value);
	const char *allowed; /* for people */
	unsigned int backends; /* bits 1 << enum hv_backend */
};
