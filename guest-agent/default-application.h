/*
 * What the guest opens a URL or file with, but for what would have it opened elsewhere again.
 */
#pragma once

#include <glib.h>

/* What has things opened elsewhere (oriel-open(1)), and is never chosen here. */
#define GA_OPEN_ELSEWHERE "oriel-open.desktop"

/* The id of the application that opens it, for g_free(); NULL with an error for people. */
char *ga_default_application_find(const char *argument, GError **error);
