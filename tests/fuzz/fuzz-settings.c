/*
 * The bytes of oriel.conf: what is read as a shortcut must be printed as the same shortcut, there
 * is always a way out of a full screen, and what is said of a wrong file is a line that names it.
 */
#include <string.h>

#include "fuzz.h"
#include "line.h"
#include "settings.h"

#define FILE_NAME "/oriel.conf"

static void check_error(const char *message)
{
	fuzz_require(g_str_has_prefix(message, FILE_NAME ":"));
	fuzz_require_line(message);
}

static void check_shortcut(const struct hv_shortcut *shortcut)
{
	g_autofree char *printed = hv_shortcut_print(shortcut);
	struct hv_shortcut again;

	fuzz_require(hv_shortcut_parse(printed, &again));
	fuzz_require(
		again.modifiers == shortcut->modifiers && strcmp(again.key, shortcut->key) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	struct hv_settings settings;

	hv_settings_init(&settings);
	if (!hv_settings_parse(&settings, FILE_NAME, (const char *)data, size, &error))
		check_error(error->message);
	for (size_t i = 0; i < HV_SHORTCUT_COUNT; i++)
		check_shortcut(&settings.shortcuts[i]);
	check_shortcut(&settings.leave_fullscreen);
	fuzz_require(settings.leave_fullscreen.key[0] != '\0');
	return 0;
}
