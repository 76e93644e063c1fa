/*
 * For what a fuzz target is told, and has nothing to do with.
 */
#pragma once

#include "session.h"

/* Logs go nowhere from now on; what would be logged has to be text. */
void fuzz_ignore_logs(void);

/* Of a struct vp_session_listener. */
void fuzz_ignore_ready(void *data, const struct vp_hello *peer);
bool fuzz_ignore_message(void *data, const struct vp_message *message);
void fuzz_ignore_closed(void *data, enum vp_bye_reason reason, const char *text);
