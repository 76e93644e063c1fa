/*
 * The lists of a desktop entry: what a guest says of its applications, reduced to what may stand in
 * a file of the primary. Items are separated by semicolons; each one of a result is followed by
 * one.
 */
#pragma once

#include "wire.h"

/* Categories that the Desktop Menu Specification names; others are left out. The caller frees it,
 * as the next ones. */
char *hc_desktop_categories(struct vp_text given);

/* MIME types of registered kinds. */
char *hc_desktop_mime_types(struct vp_text given);

/* Words without control characters and backslashes. */
char *hc_desktop_keywords(struct vp_text given);
