/*
 * Which applications of a VM the start menu offers: the patterns of its file.
 */
#pragma once

#include <stdbool.h>

/* Patterns between spaces: a desktop file id with or without .desktop, * for any characters and ?
 * for one, ! before a pattern for what is not to be offered. False for other characters. The result
 * is for g_strfreev(). */
bool hv_publish_parse(const char *text, char ***patterns);

/* True if a pattern without ! matches the id (with .desktop), and none with it. */
bool hv_publish_matches(const char *const *patterns, const char *id);
