/*
 * Where the keys of a GKeyFile stand in its text, so that what is said about a key can name its
 * line.
 */
#pragma once

#include <stddef.h>

#include <glib.h>

struct hv_key_line {
	char *group;
	char *key;
	unsigned int line; /* from 1 */
};

/* The keys of text in their order, as struct hv_key_line; freed with g_ptr_array_unref(). NULL with
 * an HV_CONFIG_ERROR_SYNTAX "FILE:LINE: what is wrong" for text that is no GKeyFile, and for keys
 * that are there twice. */
GPtrArray *hv_key_lines_parse(const char *path, const char *text, size_t len, GError **error);
