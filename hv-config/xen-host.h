/*
 * A Xen host as its control domain sees it: xenstore, the figures of its domains, and xl. The real
 * one is in xen-host.c, a fake one in tests/.
 *
 * Reading xenstore waits for its daemon, which every domain of the host depends on, and for nobody
 * else; xl, which can take minutes, runs as a child.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

struct hv_xen_host {
	const struct hv_xen_host_impl *impl;
};

struct hv_xen_domain_info {
	bool paused;
	bool crashed;
	bool dying; /* it is being destroyed, or waits for others to let go of its memory */
	uint64_t cpu_time; /* microseconds */
	uint64_t memory; /* bytes */
};

struct hv_xen_host_listener {
	/* What a watch is on has changed, come or gone. */
	void (*changed)(void *data, const char *path);
};

struct hv_xen_host_impl {
	int (*get_fd)(struct hv_xen_host *host);
	void (*dispatch)(struct hv_xen_host *host);
	char *(*read)(struct hv_xen_host *host, const char *path);
	char **(*list)(struct hv_xen_host *host, const char *path);
	bool (*watch)(struct hv_xen_host *host, const char *path);
	void (*unwatch)(struct hv_xen_host *host, const char *path);
	bool (*domain_info)(
		struct hv_xen_host *host, uint32_t domain, struct hv_xen_domain_info *info);
	bool (*run_xl)(struct hv_xen_host *host, const char *const *arguments,
		void (*done)(void *data, const GError *error), void *data, GError **error);
	void (*destroy)(struct hv_xen_host *host);
};

/* Poll for input, then dispatch. */
int hv_xen_host_get_fd(struct hv_xen_host *host);
void hv_xen_host_dispatch(struct hv_xen_host *host);

/* A node's value as text; the caller frees it. NULL if there is none. */
char *hv_xen_host_read(struct hv_xen_host *host, const char *path);

/* The names in a directory, NULL-terminated; freed with g_strfreev(). NULL if there is none. */
char **hv_xen_host_list(struct hv_xen_host *host, const char *path);

/* The listener is told once at the beginning, too. False with errno. */
bool hv_xen_host_watch(struct hv_xen_host *host, const char *path);
void hv_xen_host_unwatch(struct hv_xen_host *host, const char *path);

/* False for a domain that is gone, or if this domain may not ask. */
bool hv_xen_host_domain_info(
	struct hv_xen_host *host, uint32_t domain, struct hv_xen_domain_info *info);

/* Runs xl with these arguments, NULL-terminated. done is called once: when it has ended, or with an
 * error when the host is destroyed before; then xl goes on. False with an error if it cannot be
 * run. */
bool hv_xen_host_run_xl(struct hv_xen_host *host, const char *const *arguments,
	void (*done)(void *data, const GError *error), void *data, GError **error);

/* NULL is legal. */
void hv_xen_host_destroy(struct hv_xen_host *host);

/* The host that this program runs on. NULL with an error if it is none, or out of reach. */
struct hv_xen_host *hv_xen_host_open(
	const struct hv_xen_host_listener *listener, void *data, GError **error);
