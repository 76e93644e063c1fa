/* What a guest calls its windows, with the label that tells whose they are. See also safe-text.h.
 */
#pragma once

#include "wire.h"

/* "[work] " and the cleaned text, cut at a character to VP_TITLE_MAX bytes. The caller frees it. */
char *hc_title_label(const char *name, const char *clean);

/* "work:" and the cleaned class, so that taskbars group by VM and application. The caller frees it.
 */
char *hc_title_class(const char *name, const char *clean);
