/* An Xvfb of the test's own. */
#pragma once

#include <sys/types.h>

struct x_server {
	const char *without; /* an extension that it is not to have; NULL: it has all */
	pid_t pid;
	char display[32];
};

/* Starts it on a display number of its choice, which $DISPLAY names from then on, or ends the
 * program. size is "1600x1200x24", the screen's limit. */
void x_server_start(struct x_server *server, const char *size);
void x_server_stop(struct x_server *server);
