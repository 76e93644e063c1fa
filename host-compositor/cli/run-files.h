/*
 * Files of the primary that an application of a VM is to open.
 */
#pragma once

#include <glib.h>

/* What an argument of an application is. */
enum hc_argument {
	HC_ARGUMENT_AS_IT_IS, /* a URL, a path of the VM, or whatever the application knows */
	HC_ARGUMENT_FILE, /* of the primary: it has to be there, as a path or a file: URL */
};

/* Stores the absolute path of a file, or what is to be passed; VM:PATH is the VM's own PATH. The
 * caller frees it. */
enum hc_argument hc_run_argument(const char *vm, const char *argument, char **value);

/* The arguments as they are passed, for g_strfreev(); the places of those that are files of the
 * primary's are added to files, of guint32. */
char **hc_run_files(const char *vm, const char *const *arguments, GArray *files);
