#include "url.h"

#include <stdbool.h>
#include <string.h>

#include <gio/gio.h>

#include "wire.h"

static bool refuse(GError **error, const char *reason)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
		"it cannot be opened elsewhere: %s", reason);
	return false;
}

/* RFC 3986 leaves these to nobody, and programs take some of them for what they are to a shell. */
static bool has_stray_character(const char *text)
{
	for (const char *at = text; *at; at++) {
		if ((guchar)*at <= ' ' || *at == '\x7f' || strchr("\"<>\\^`{|}", *at))
			return true;
	}
	return false;
}

/* GLib takes the %XX out of a host, and leaves them out: %40 would be the end of a user's name
 * then, and %22 a quote. */
static bool is_host(const char *host)
{
	if (strchr(host, ':'))
		return g_hostname_is_ip_address(host);
	for (const char *at = host; *at; at++) {
		if (!g_ascii_isalnum(*at) && !strchr("-._", *at))
			return false;
	}
	return true;
}

static bool check_web(GUri *uri, GError **error)
{
	const char *host = g_uri_get_host(uri);

	if (!host || !*host)
		return refuse(error, "the URL names no host");
	if (!is_host(host))
		return refuse(error, "the host has characters that no host's name has");
	/* https://bank.example@evil.example/ looks like the bank's. */
	if (g_uri_get_userinfo(uri))
		return refuse(error, "the URL has a user's name in it");
	return true;
}

static bool check_scheme(GUri *uri, GError **error)
{
	const char *scheme = g_uri_get_scheme(uri);

	if (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0)
		return check_web(uri, error);
	if (strcmp(scheme, "mailto") == 0)
		return true;
	return refuse(error, "only http, https and mailto URLs are");
}

char *hc_url_check(const char *text, GError **error)
{
	g_autofree char *ascii = NULL;
	g_autoptr(GUri) uri = NULL;

	if (strlen(text) > VP_URL_MAX || has_stray_character(text)) {
		refuse(error, "the URL is too long, or has characters that no URL has");
		return NULL;
	}
	/* What is printable ASCII stays, what is not is written as %XX. */
	ascii = g_uri_escape_string(
		text, G_URI_RESERVED_CHARS_GENERIC_DELIMITERS "%!$&'()*+,;=", FALSE);
	if (strlen(ascii) <= VP_URL_MAX)
		uri = g_uri_parse(ascii, G_URI_FLAGS_ENCODED, NULL);
	if (!uri) {
		refuse(error, "it is no URL");
		return NULL;
	}
	return check_scheme(uri, error) ? g_uri_to_string(uri) : NULL;
}
