/*
 * Where the programs of the primary find each other, their sockets and their state.
 */
#pragma once

#include <stddef.h>

/* Takes variables of the environment with relative paths out of it, as the XDG Base Directory
 * Specification wants it: they would be other places in each working directory. To be called before
 * any of the others. */
void hc_path_ignore_relative(void);

/* $XDG_RUNTIME_DIR/oriel; the caller frees it. */
char *hc_path_runtime(void);

/* $XDG_RUNTIME_DIR/oriel/NAME, a VM's own directory; the caller frees it. */
char *hc_path_vm(const char *vm);

/* The socket that orield serves, and the lock that it holds; the caller frees them. */
char *hc_path_broker_socket(void);
char *hc_path_broker_lock(void);

/* $XDG_STATE_HOME/oriel/orield.log; the caller frees it. */
char *hc_path_broker_log(void);

/* $XDG_STATE_HOME/oriel/audit.jsonl; the caller frees it. */
char *hc_path_audit_log(void);

/* $XDG_STATE_HOME/oriel/crashes, a directory; the caller frees it. */
char *hc_path_crashes(void);

/* $XDG_STATE_HOME/oriel/applications: what is known of the VMs' applications. */
char *hc_path_applications(void);

/* The D-Bus address of the session bus; NULL where none is configured, since GDBus would start one.
 * The caller frees it. */
char *hc_path_session_bus(void);

/* $XDG_CONFIG_HOME/oriel/published: what the user has put into the menu, or taken out of it. */
char *hc_path_published(void);

/* The program of that name: beside the running one, or where the build has it, else on
 * PATH. NULL if there is none; the caller frees it. */
char *hc_path_program(const char *name);
