/*
 * Makes texts of a guest fit to be shown to people: a guest must not imitate or garble what stands
 * around them.
 */
#pragma once

#include "wire.h"

/* The text with control characters and line ends as spaces, and without characters that change the
 * direction or the look of what stands around them: never longer than it was. The caller frees it.
 */
char *hc_safe_text(struct vp_text text);
