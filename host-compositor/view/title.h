/* Makes texts of a guest fit to be shown to people: a guest must not imitate or garble the label.
 */
#pragma once

#include <glib.h>

#include "wire.h"

/* The text with control characters and line ends as spaces, and without characters that change the
 * direction or the look of what stands around them. The caller frees it. */
char *hc_title_clean(struct vp_text text);

/* "[work] " and the cleaned text, cut at a character to VP_TITLE_MAX bytes. The caller frees it. */
char *hc_title_label(const char *name, const char *clean);

/* "work:" and the cleaned class, so that taskbars group by VM and application. The caller frees it.
 */
char *hc_title_class(const char *name, const char *clean);
