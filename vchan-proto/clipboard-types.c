#include "clipboard-types.h"

#include <stddef.h>
#include <string.h>

#include "wire.h"

static const struct {
	uint32_t type;
	const char *mime;
} types[] = {
	{ VP_CLIPBOARD_TEXT, "text/plain;charset=utf-8" },
	{ VP_CLIPBOARD_HTML, "text/html" },
	{ VP_CLIPBOARD_PNG, "image/png" },
	{ VP_CLIPBOARD_BMP, "image/bmp" },
	{ VP_CLIPBOARD_TIFF, "image/tiff" },
	{ VP_CLIPBOARD_URI_LIST, "text/uri-list" },
};

const char *vp_clipboard_type_mime(uint32_t type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].type == type)
			return types[i].mime;
	}
	return NULL;
}

uint32_t vp_clipboard_type_find(const char *mime)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i].mime, mime) == 0)
			return types[i].type;
	}
	return 0;
}
