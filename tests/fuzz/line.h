/*
 * What people are told is a line of text, whatever has been read.
 */
#pragma once

#include <glib.h>

#include "fuzz.h"

static inline void fuzz_require_line(const char *text)
{
	fuzz_require(g_utf8_validate(text, -1, NULL));
	for (const char *at = text; *at != '\0'; at++)
		fuzz_require(!g_ascii_iscntrl(*at) || *at == '\t');
}
