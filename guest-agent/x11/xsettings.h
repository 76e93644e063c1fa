/*
 * The value of the property _XSETTINGS_SETTINGS (XSETTINGS 0.5): typed settings by name.
 */
#pragma once

#include <glib.h>
#include <stdint.h>

struct ga_xsettings {
	GByteArray *bytes;
	uint32_t serial; /* of this value; later ones are greater */
	uint32_t count;
};

void ga_xsettings_init(struct ga_xsettings *settings, uint32_t serial);
void ga_xsettings_finish(struct ga_xsettings *settings);

/* name and value are NUL-terminated and short. */
void ga_xsettings_add_int(struct ga_xsettings *settings, const char *name, int32_t value);
void ga_xsettings_add_string(struct ga_xsettings *settings, const char *name, const char *value);

/* The bytes with their header; they live until the next call. */
const GByteArray *ga_xsettings_bytes(struct ga_xsettings *settings);
