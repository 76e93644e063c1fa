/*
 * Which URLs may be opened elsewhere, and as what.
 */
#include "unit.h"

#include <string.h>

#include "url.h"
#include "wire.h"

static void expect(const char *text, const char *normal)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *url = hc_url_check(text, &error);

	CU_ASSERT_PTR_NULL(error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(url);
	CU_ASSERT_STRING_EQUAL(url, normal);
}

static void refuse(const char *text)
{
	g_autoptr(GError) error = NULL;

	CU_ASSERT_PTR_NULL(hc_url_check(text, &error));
	CU_ASSERT_PTR_NOT_NULL(error);
}

static void test_pages(void)
{
	expect("https://example.org/a/b?c=d&e=%20#f", "https://example.org/a/b?c=d&e=%20#f");
	expect("HTTP://example.org", "http://example.org");
	expect("https://[::1]:8080/", "https://[::1]:8080/");
	expect("mailto:a@example.org?subject=b", "mailto:a@example.org?subject=b");
}

static void test_other_languages(void)
{
	expect("https://example.org/\xc3\xa4", "https://example.org/%C3%A4");
	/* What would turn the order of what follows is spelt out. */
	expect("https://example.org/\xe2\x80\xae", "https://example.org/%E2%80%AE");
}

static void test_schemes(void)
{
	static const char *const texts[] = { "", "example.org", "//example.org", "/etc/passwd",
		"file:///etc/passwd", "javascript:alert(1)", "data:text/html,a", "ftp://a.example",
		"vnc://a.example", "http", ":", "-https://example.org", "https" };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		refuse(texts[i]);
}

static void test_hosts(void)
{
	refuse("https://");
	refuse("https:///path");
	refuse("https:example.org");
	refuse("https://bank.example@evil.example/");
	refuse("https://user:password@example.org/");
	refuse("https://example.org:port/");
}

static void test_written_out_hosts(void)
{
	static const char *const texts[] = { "https://bank.example%40evil.example/",
		"https://example.org%22%3bid%3b%22/", "https://example.org%20b/",
		"https://example.org%0a/", "https://example.org%2fpath", "https://a%3ab/",
		"https://example.org%25/", "https://example.org%60id%60/", "https://a$b/" };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		refuse(texts[i]);
	expect("https://%65xample.org/", "https://example.org/");
	expect("https://ex\xc3\xa4mple.org/", "https://xn--exmple-cua.org/");
}

static void test_strays(void)
{
	static const char strays[] = " \n\r\t\x1b\x7f\"<>\\^`{|}";

	for (size_t i = 0; strays[i]; i++) {
		g_autofree char *text = g_strdup_printf("https://example.org/a%cb", strays[i]);

		refuse(text);
	}
	refuse("https://example.org/%zz");
	refuse("https://example.org/%4");
}

static void test_length(void)
{
	g_autofree char *long_path = g_strnfill(VP_URL_MAX, 'a');
	g_autofree char *too_long = g_strconcat("https://example.org/", long_path, NULL);
	g_autofree char *longest = g_strndup(too_long, VP_URL_MAX);

	refuse(too_long);
	expect(longest, longest);
}

static const struct unit_test tests[] = {
	{ "web pages and addresses of mail are opened", test_pages },
	{ "characters of other languages are written as bytes", test_other_languages },
	{ "other schemes are refused", test_schemes },
	{ "a page needs a host, and nothing that looks like one before it", test_hosts },
	{ "no character gets into a host's name by being written as %XX", test_written_out_hosts },
	{ "characters that no URL has are refused", test_strays },
	{ "a URL has a greatest length", test_length },
};

UNIT_MAIN("URLs that are opened elsewhere", tests)
