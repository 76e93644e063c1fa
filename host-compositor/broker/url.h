/*
 * URLs that VMs may have opened elsewhere: web pages and addresses of mail, and nothing that a
 * program could take for anything else.
 */
#pragma once

#include <glib.h>

/* The URL in its normal form, of printable ASCII alone; the caller frees it. NULL with an error for
 * people: another scheme than http, https and mailto, no host, a name or password before the host,
 * characters that no URL has. */
char *hc_url_check(const char *text, GError **error);
