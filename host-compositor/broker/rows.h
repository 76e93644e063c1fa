/*
 * What the broker tells about VMs, windows and applications, each as an a{sv} of D-Bus; the CLI
 * prints these keys and values as they are.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "application.h"
#include "driver.h"
#include "link.h"
#include "local-process.h"

/* What is known of a VM; status and stats are zero for one that does not run. */
struct hc_row_vm {
	const struct hv_vm_config *config;
	const char *state;
	const char *reason;
	bool connected;
	int32_t view_pid;
	struct hv_vm_status status;
	struct hc_link_stats stats;
};

/* Floating references. */
GVariant *hc_row_primary(const struct hv_primary_usage *usage);
GVariant *hc_row_desk(int32_t pid, const struct hv_process_usage *usage);
GVariant *hc_row_vm(const struct hc_row_vm *vm);
GVariant *hc_row_window(const char *vm, const struct hc_link_window *window);
GVariant *hc_row_application(
	const char *vm, const struct hc_application *application, bool published);
