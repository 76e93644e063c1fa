/*
 * What a VM wants opened, or has copied as a list of files: what is let through of a URL is
 * printable ASCII with a scheme that may be, and is let through again as it is; what is taken from
 * a list are absolute paths without "..", which make the same list again.
 */
#include <string.h>

#include <glib.h>

#include "fuzz.h"
#include "uri-list.h"
#include "url.h"

static bool has_scheme(const char *url)
{
	return g_str_has_prefix(url, "http://") || g_str_has_prefix(url, "https://") ||
	       g_str_has_prefix(url, "mailto:");
}

static void check_url(const char *text)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *url = hc_url_check(text, &error);
	g_autofree char *again = NULL;

	fuzz_require((url == NULL) == (error != NULL));
	if (url == NULL)
		return;
	fuzz_require(has_scheme(url));
	for (const char *at = url; *at != '\0'; at++)
		fuzz_require(g_ascii_isgraph(*at));
	again = hc_url_check(url, NULL);
	fuzz_require(again != NULL && strcmp(again, url) == 0);
}

static void check_path(const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);

	fuzz_require(path[0] == '/');
	for (size_t i = 0; parts[i] != NULL; i++)
		fuzz_require(strcmp(parts[i], "..") != 0);
}

static void check_list(const uint8_t *data, size_t size)
{
	g_auto(GStrv) paths = hc_uri_list_paths((const char *)data, size);
	g_auto(GStrv) again = NULL;
	g_autofree char *list = NULL;
	size_t len;

	if (paths == NULL)
		return;
	for (size_t i = 0; paths[i] != NULL; i++)
		check_path(paths[i]);
	list = hc_uri_list_print((const char *const *)paths, &len);
	again = hc_uri_list_paths(list, len);
	fuzz_require(len > HC_URI_LIST_MAX ||
		     (again != NULL &&
			     g_strv_equal((const char *const *)paths, (const char *const *)again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);

	if (g_utf8_validate(text, -1, NULL))
		check_url(text);
	check_list(data, size);
	return 0;
}
