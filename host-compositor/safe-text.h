/*
 * Makes texts of a guest fit to be shown to people: a guest must not imitate or garble what stands
 * around them.
 */
#pragma once

#include <stdbool.h>

#include "wire.h"

/* The text with control characters, line ends and what looks like nothing as spaces, without
 * characters that change the direction or the look of what stands around them, and with few marks
 * on each letter: never longer than it was. The caller frees it. */
char *hc_safe_text(struct vp_text text);

/* "[work] " and a text that has been made safe, whose own square brackets are round: these are the
 * label's. Never longer than the two together. The caller frees it. */
char *hc_safe_labelled(const char *name, const char *clean);

/* True for the id of a desktop file as Oriel takes it: letters, digits and . _ + -, of which the
 * first is a letter or digit, and .desktop at the end. */
bool hc_safe_application_id(struct vp_text id);

/* True for the id of an action of one: letters, digits and -. */
bool hc_safe_action_id(struct vp_text id);
