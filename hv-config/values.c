#include "values.h"

#include <string.h>

#include <glib.h>

static const char size_units[] = "KMGT";
static const unsigned int size_unit_bits = 10;

static const struct {
	const char *name;
	uint32_t colour;
} colours[] = {
	{ "blue", 0x3465a4 },
	{ "green", 0x4e9a06 },
	{ "red", 0xcc0000 },
	{ "yellow", 0xedd400 },
	{ "orange", 0xf57900 },
	{ "purple", 0x75507b },
	{ "gray", 0x888a85 },
	{ "black", 0x000000 },
};

bool hv_value_parse_boolean(const char *text, bool *value)
{
	bool yes = g_str_equal(text, "yes") || g_str_equal(text, "true");
	if (!yes && !g_str_equal(text, "no") && !g_str_equal(text, "false"))
		return false;
	*value = yes;
	return true;
}

/* Reads the digits at *text and moves it behind them. */
static bool read_digits(const char **text, uint64_t *value)
{
	uint64_t sum = 0;
	const char *p = *text;
	for (; g_ascii_isdigit(*p); p++)
		if (__builtin_mul_overflow(sum, UINT64_C(10), &sum) ||
			__builtin_add_overflow(sum, (uint64_t)(*p - '0'), &sum))
			return false;
	if (p == *text)
		return false;
	*text = p;
	*value = sum;
	return true;
}

bool hv_value_parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	uint64_t number;
	if (!read_digits(&text, &number) || *text != '\0' || number < min || number > max)
		return false;
	*value = number;
	return true;
}

bool hv_value_parse_size(const char *text, uint64_t min, uint64_t max, uint64_t *bytes)
{
	uint64_t number;
	if (!read_digits(&text, &number))
		return false;
	if (*text != '\0') {
		const char *unit = strchr(size_units, *text);
		if (unit == NULL || (text[1] != '\0' && !g_str_equal(text + 1, "iB")))
			return false;
		size_t power = (size_t)(unit - size_units) + 1;
		uint64_t factor = UINT64_C(1) << (size_unit_bits * power);
		if (__builtin_mul_overflow(number, factor, &number))
			return false;
	}
	if (number < min || number > max)
		return false;
	*bytes = number;
	return true;
}

char *hv_value_print_size(uint64_t bytes)
{
	const uint64_t unit_mask = (UINT64_C(1) << size_unit_bits) - 1;
	size_t power = 0;
	for (; power < strlen(size_units) && bytes != 0 && (bytes & unit_mask) == 0; power++)
		bytes >>= size_unit_bits;
	return power == 0
		       ? g_strdup_printf("%" G_GUINT64_FORMAT, bytes)
		       : g_strdup_printf("%" G_GUINT64_FORMAT "%c", bytes, size_units[power - 1]);
}

bool hv_value_parse_thousandths(const char *text, uint32_t min, uint32_t max, uint32_t *value)
{
	uint64_t number;
	if (!read_digits(&text, &number) || number > UINT32_MAX / 1000)
		return false;
	number *= 1000;
	if (*text == '.') {
		text++;
		uint64_t place = 100;
		if (!g_ascii_isdigit(*text))
			return false;
		for (; g_ascii_isdigit(*text) && place > 0; text++, place /= 10)
			number += (uint64_t)(*text - '0') * place;
	}
	if (*text != '\0' || number < min || number > max)
		return false;
	*value = (uint32_t)number;
	return true;
}

bool hv_value_parse_colour(const char *text, uint32_t *colour)
{
	for (size_t i = 0; i < G_N_ELEMENTS(colours); i++)
		if (g_str_equal(text, colours[i].name)) {
			*colour = colours[i].colour;
			return true;
		}
	static const char hex[] = "0123456789abcdefABCDEF";
	static const size_t digits = 6;
	if (text[0] != '#' || strlen(text + 1) != digits || strspn(text + 1, hex) != digits)
		return false;
	*colour = (uint32_t)g_ascii_strtoull(text + 1, NULL, 16);
	return true;
}

bool hv_value_is_plain_path(const char *text)
{
	g_autofree char *canonical = g_canonicalize_filename(text, NULL);
	return g_path_is_absolute(text) && g_str_equal(canonical, text);
}

const char *hv_value_colour_name(uint32_t colour)
{
	for (size_t i = 0; i < G_N_ELEMENTS(colours); i++)
		if (colours[i].colour == colour)
			return colours[i].name;
	return NULL;
}

/* Letters to insert, delete or replace to turn a into b; long words count as unlike. */
static size_t edit_distance(const char *a, const char *b)
{
	enum { LENGTH_MAX = 31 };
	size_t row[LENGTH_MAX + 1];
	size_t len_a = strlen(a), len_b = strlen(b);
	if (len_a > LENGTH_MAX || len_b > LENGTH_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= len_b; j++)
		row[j] = j;
	for (size_t i = 1; i <= len_a; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= len_b; j++) {
			size_t replaced =
				diagonal + (g_ascii_tolower(a[i - 1]) != g_ascii_tolower(b[j - 1]));
			diagonal = row[j];
			row[j] = MIN(MIN(row[j], row[j - 1]) + 1, replaced);
		}
	}
	return row[len_b];
}

const char *hv_value_nearest(const char *text, const char *const *candidates, size_t count)
{
	const char *nearest = NULL;
	size_t best = strlen(text) / 2 + 1;
	for (size_t i = 0; i < count; i++) {
		size_t distance = edit_distance(text, candidates[i]);
		if (distance < best) {
			best = distance;
			nearest = candidates[i];
		}
	}
	return nearest;
}
