/*
 * Whole files that people have written: of VMs, policy and settings.
 */
#pragma once

#include <stddef.h>

#include <glib.h>

/* The file's text, ended by NUL, which *len does not count; the caller frees it. NULL with an error
 * of G_FILE_ERROR, which leaves out the path, if it cannot be read, has more than max bytes, or is
 * no regular file: a pipe would never be read to its end, and a device may have none. */
char *hv_text_file_read(const char *path, size_t max, size_t *len, GError **error);
