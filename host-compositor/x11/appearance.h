/*
 * How the primary's desktop wants applications to look: read from what an XSETTINGS manager
 * publishes and from the X resources. Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "wire.h"

struct hc_appearance {
	uint32_t dpi;
	uint8_t scale;
	uint16_t cursor_size; /* pixels, 0 default */
	uint16_t double_click_time; /* milliseconds, 0 default */
	char cursor_theme[VP_NAME_MAX + 1]; /* these are empty for the default */
	char theme[VP_NAME_MAX + 1];
	char icon_theme[VP_NAME_MAX + 1];
	char font[VP_NAME_MAX + 1];
};

void hc_appearance_init(struct hc_appearance *appearance);

/* Takes what the text of the RESOURCE_MANAGER property says. */
void hc_appearance_read_resources(struct hc_appearance *appearance, const char *text, size_t len);

/* Takes what the _XSETTINGS_SETTINGS property says, up to the first thing that is malformed. */
void hc_appearance_read_xsettings(
	struct hc_appearance *appearance, const uint8_t *data, size_t len);
