/*
 * The MIME types of what a clipboard can give: one for each bit of VP_CLIPBOARD_TYPES. There are no
 * others, so that no name of a type ever crosses.
 */
#pragma once

#include <stdint.h>

/* The name of a type, which is one bit; NULL for anything else. */
const char *vp_clipboard_type_mime(uint32_t type);

/* The bit of a type, 0 if it does not cross. */
uint32_t vp_clipboard_type_find(const char *mime);
