/*
 * The values that people write into configuration files, from text. Each function is false for text
 * outside of what it allows, and then stores nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What hv_value_parse_colour() knows, for people. */
#define HV_VALUE_COLOURS "blue, green, red, yellow, orange, purple, gray, black"

/* yes, no, true, false. */
bool hv_value_parse_boolean(const char *text, bool *value);

/* A whole number in decimal, between min and max. */
bool hv_value_parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/* Bytes: a whole number with K, M, G or T (powers of 1024, also as KiB and so on), or none, between
 * min and max. */
bool hv_value_parse_size(const char *text, uint64_t min, uint64_t max, uint64_t *bytes);

/* The shortest text that hv_value_parse_size() reads as bytes; the caller frees it. */
char *hv_value_print_size(uint64_t bytes);

/* A number with up to three decimals after a point, in thousandths, between min and max. */
bool hv_value_parse_thousandths(const char *text, uint32_t min, uint32_t max, uint32_t *value);

/* A name of HV_VALUE_COLOURS, or #rrggbb: 0xRRGGBB. */
bool hv_value_parse_colour(const char *text, uint32_t *colour);

/* True for an absolute path without a trailing or double slash, "." or "..". */
bool hv_value_is_plain_path(const char *text);

/* The name of HV_VALUE_COLOURS that a colour has, NULL if none. */
const char *hv_value_colour_name(uint32_t colour);

/* The one of count candidates that is most like text, NULL if none is near enough to be meant. */
const char *hv_value_nearest(const char *text, const char *const *candidates, size_t count);
