/*
 * Lists of files as they are copied and pasted between applications (text/uri-list, RFC 2483).
 * Pure.
 */
#pragma once

#include <stddef.h>

enum { HC_URI_LIST_MAX = 65536 /* bytes of a list, and of its paths */ };

/* The paths that a list names, NULL-terminated, for g_strfreev(). NULL unless each line that is no
 * comment is a file: URI of this host with an absolute path without "..", and there is one at
 * least. The bytes may be hostile, and need not be ended. */
char **hc_uri_list_paths(const char *bytes, size_t len);

/* The list of absolute paths, lines ended by CR LF and the whole by a NUL that does not count. The
 * caller frees it. */
char *hc_uri_list_print(const char *const *paths, size_t *len);
