/*
 * Pictures as PNG files.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

/* Writes path, which is either complete or not there: height lines of stride bytes, read from fd,
 * of width pixels (32 bits, little-endian, premultiplied ARGB). False with an error. */
bool hc_picture_write(
	const char *path, int fd, uint32_t width, uint32_t height, uint32_t stride, GError **error);
