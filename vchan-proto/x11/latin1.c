#include "selections-private.h"

enum { UNKNOWN = '?' };

/* How many bytes the character has that begins so; 0: none begins so. */
static size_t character_bytes(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first < 0xe0)
		return 2;
	if (first >= 0xe0 && first < 0xf0)
		return 3;
	if (first >= 0xf0 && first < 0xf5)
		return 4;
	return 0;
}

/* How many of the bytes that a character should have are there and go on as one. */
static size_t present_bytes(const uint8_t *data, size_t len, size_t wanted)
{
	size_t n = 1;
	while (n < wanted && n < len && (data[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static uint8_t encode(const uint8_t *character, size_t len)
{
	if (len == 1)
		return character[0] < 0x80 ? character[0] : UNKNOWN;
	/* U+0080 to U+00FF */
	if (len == 2 && character[0] <= 0xc3)
		return (uint8_t)((character[0] & 0x03) << 6 | (character[1] & 0x3f));
	return UNKNOWN;
}

size_t vp_latin1_from_utf8(uint8_t *data, size_t len, size_t *partial)
{
	size_t in = 0;
	size_t out = 0;
	*partial = 0;
	while (in < len) {
		size_t wanted = character_bytes(data[in]);
		size_t present = present_bytes(data + in, len - in, wanted);
		if (present < wanted && in + present == len) {
			*partial = present;
			break;
		}
		data[out++] = present == wanted ? encode(data + in, wanted) : UNKNOWN;
		in += present;
	}
	for (size_t i = 0; i < *partial; i++)
		data[out + i] = data[in + i];
	return out;
}

size_t vp_latin1_to_utf8(const uint8_t *latin1, size_t len, uint8_t *utf8)
{
	size_t out = 0;
	for (size_t i = 0; i < len; i++) {
		if (latin1[i] < 0x80) {
			utf8[out++] = latin1[i];
		} else {
			utf8[out++] = (uint8_t)(0xc0 | latin1[i] >> 6);
			utf8[out++] = (uint8_t)(0x80 | (latin1[i] & 0x3f));
		}
	}
	return out;
}
