/*
 * A Xen host without Xen: domains and nodes as a test makes them, and an xl that does what the test
 * says.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "xen-host.h"

/* An hv_xen_open. The host lives until it is destroyed; the others refer to the last one. */
struct hv_xen_host *fake_xen_host_open(
	const struct hv_xen_host_listener *listener, void *data, GError **error);

/* From now on there is no Xen to open. */
void fake_xen_host_set_missing(bool missing);

/* A domain comes or goes; the host tells at the next dispatch, as with all below. */
void fake_xen_host_add_domain(uint32_t id, const char *name, const char *uuid);
void fake_xen_host_remove_domain(uint32_t id);
void fake_xen_host_rename_domain(uint32_t id, const char *name);

/* What the hypervisor says of it; xenstore tells of a crash, and of a pause not. */
void fake_xen_host_pause_domain(uint32_t id, bool paused);
void fake_xen_host_crash_domain(uint32_t id);

/* This is the domain of that id, which xenstore says to it. */
void fake_xen_host_be_domain(const char *id);

/* Its agent publishes itself, as one that speaks a version of the protocol. */
void fake_xen_host_publish_agent(uint32_t id, const char *version);

/* What xl has been told last, words separated by spaces; NULL if nothing since the last call. Lives
 * until the next. */
const char *fake_xen_host_last_xl(void);

/* The oldest xl that runs ends: well, or with an error of that text. */
void fake_xen_host_end_xl(const char *error);

/* Watches that are set. */
guint fake_xen_host_watches(void);
