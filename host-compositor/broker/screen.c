#include "screen.h"

#include <stdio.h>

#define SCREEN_FORMAT "%ux%u at %u dpi"

char *hc_screen_format(const struct hv_screen *screen)
{
	return g_strdup_printf(SCREEN_FORMAT "\n", screen->width, screen->height, screen->dpi);
}

bool hc_screen_parse(const char *line, struct hv_screen *screen)
{
	struct hv_screen read;

	if (sscanf(line, SCREEN_FORMAT, &read.width, &read.height, &read.dpi) != 3)
		return false;
	*screen = read;
	return true;
}
