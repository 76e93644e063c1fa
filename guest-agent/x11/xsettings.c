#include "xsettings.h"

#include <stdbool.h>
#include <string.h>

enum { TYPE_INT = 0, TYPE_STRING = 1 };
enum { HEADER_BYTES = 12, ALIGNMENT = 4 };

static void append_u32(GByteArray *bytes, uint32_t value)
{
	g_byte_array_append(bytes, (const uint8_t *)&value, sizeof(value));
}

static void append_text(GByteArray *bytes, const char *text)
{
	static const uint8_t padding[ALIGNMENT] = { 0 };
	size_t len = strlen(text);
	g_byte_array_append(bytes, (const uint8_t *)text, (guint)len);
	g_byte_array_append(bytes, padding, (guint)((ALIGNMENT - len % ALIGNMENT) % ALIGNMENT));
}

static void append_name(struct ga_xsettings *settings, uint8_t type, const char *name)
{
	uint8_t head[2] = { type, 0 };
	uint16_t len = (uint16_t)strlen(name);
	g_byte_array_append(settings->bytes, head, sizeof(head));
	g_byte_array_append(settings->bytes, (const uint8_t *)&len, sizeof(len));
	append_text(settings->bytes, name);
	append_u32(settings->bytes, settings->serial);
	settings->count++;
}

void ga_xsettings_init(struct ga_xsettings *settings, uint32_t serial)
{
	*settings = (struct ga_xsettings){ .bytes = g_byte_array_new(), .serial = serial };
	g_byte_array_set_size(settings->bytes, HEADER_BYTES);
}

void ga_xsettings_finish(struct ga_xsettings *settings)
{
	g_byte_array_free(settings->bytes, true);
}

void ga_xsettings_add_int(struct ga_xsettings *settings, const char *name, int32_t value)
{
	append_name(settings, TYPE_INT, name);
	append_u32(settings->bytes, (uint32_t)value);
}

void ga_xsettings_add_string(struct ga_xsettings *settings, const char *name, const char *value)
{
	append_name(settings, TYPE_STRING, name);
	append_u32(settings->bytes, (uint32_t)strlen(value));
	append_text(settings->bytes, value);
}

/* The header: the byte order of the machine, three unused bytes, the serial, the count. */
const GByteArray *ga_xsettings_bytes(struct ga_xsettings *settings)
{
	uint8_t *header = settings->bytes->data;
	memset(header, 0, HEADER_BYTES);
	header[0] = G_BYTE_ORDER == G_LITTLE_ENDIAN ? 0 : 1;
	memcpy(header + 4, &settings->serial, sizeof(settings->serial));
	memcpy(header + 8, &settings->count, sizeof(settings->count));
	return settings->bytes;
}
