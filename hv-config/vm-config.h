/*
 * A VM as its file describes it: an immutable struct made from a GKeyFile (oriel-vm(5)).
 *
 *   [vm]
 *   label=blue            colour name or #rrggbb; required
 *   border=4              pixels
 *   backend=local
 *   home=/path            default: $XDG_DATA_HOME/oriel/vms/NAME
 *   memory=2G             limit; default none
 *   cpus=1.5              limit; default none
 *   network=no
 *   isolation=bwrap       or none
 *   start=demand          or login
 *   keep-alive=forever    or seconds after the last window
 *   session-ttl=180       seconds that windows wait for a guest out of reach, or forever
 *   input-quantum=0       milliseconds, the grid on which the guest is told of input
 *   publish=*             which applications the start menu offers
 *
 * What backend=xen has besides is in xen-config.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "xen-config.h"

enum hv_backend { HV_BACKEND_LOCAL, HV_BACKEND_XEN };
enum { HV_BACKEND_COUNT = HV_BACKEND_XEN + 1 };

/* What becomes of the windows of a guest that is gone. */
enum hv_lost_windows { HV_LOST_WINDOWS_CLOSE, HV_LOST_WINDOWS_DIM };
enum hv_isolation { HV_ISOLATION_BWRAP, HV_ISOLATION_NONE };

enum { HV_INPUT_QUANTUM_MAX = 100 }; /* milliseconds */
enum { HV_SESSION_TTL_FOREVER = -1, HV_SESSION_TTL_DEFAULT = 180 };
enum { HV_KEEP_ALIVE_FOREVER = -1, HV_VM_NAME_MAX = 32, HV_BORDER_DEFAULT = 4, HV_BORDER_MAX = 32 };
enum { HV_XEN_DOMAIN_NAME_MAX = 255 };

/* Bytes: an X server, a session bus and one application do not fit into less. */
#define HV_MEMORY_MIN (UINT64_C(64) << 20)
#define HV_MEMORY_MAX (UINT64_C(64) << 40)
#define HV_PUBLISH_DEFAULT "*"
#define HV_XEN_MEMORY_DEFAULT (UINT64_C(1) << 30)

struct hv_vm_config {
	char *name; /* [a-z0-9][a-z0-9-]*, at most HV_VM_NAME_MAX bytes */
	char *label; /* as written: "blue" or "#3465a4" */
	uint32_t colour; /* 0xRRGGBB */
	uint32_t border; /* pixels, 1..HV_BORDER_MAX */
	enum hv_backend backend;
	char *home; /* absolute */
	uint64_t memory_limit; /* bytes, 0 none; what a Xen domain has */
	uint32_t cpu_limit; /* thousandths of a CPU, 0 none */
	bool network;
	enum hv_isolation isolation;
	enum hv_lost_windows lost_windows;
	struct hv_xen_config xen; /* of backend=xen */
	char **publish; /* see hv_publish_matches() */
	int32_t keep_alive; /* seconds after the last window, or HV_KEEP_ALIVE_FOREVER */
	uint32_t input_quantum; /* milliseconds, 0 none, up to HV_INPUT_QUANTUM_MAX */
	int32_t session_ttl; /* seconds that windows outlive their session, or
				HV_SESSION_TTL_FOREVER */
	bool starts_at_login; /* not only when it is needed */
	char *path; /* the file it comes from */
};

#define HV_CONFIG_ERROR hv_config_error_quark()
GQuark hv_config_error_quark(void);
enum hv_config_error { HV_CONFIG_ERROR_READ, HV_CONFIG_ERROR_SYNTAX, HV_CONFIG_ERROR_VALUE };

/* Reads NAME.vm. On failure NULL and an error whose message is "FILE:LINE: KEY: what is wrong and
 * what is allowed" (line and key where they apply). The caller frees the result. */
struct hv_vm_config *hv_vm_config_load(const char *path, GError **error);

/* As hv_vm_config_load(), from text instead of the file at path. */
struct hv_vm_config *hv_vm_config_parse(
	const char *path, const char *text, size_t len, GError **error);

/* NULL is legal. */
void hv_vm_config_free(struct hv_vm_config *config);

/* Where the agent keeps what applications print, as the primary sees it; the caller frees it. */
char *hv_vm_config_applications_log(const struct hv_vm_config *config);

const char *hv_backend_name(enum hv_backend backend);
const char *hv_isolation_name(enum hv_isolation isolation);

/* True for a name that a VM may have. */
bool hv_vm_name_valid(const char *name);
