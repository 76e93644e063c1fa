/*
 * What toolkits are told by environment variables, because neither the display server nor its
 * window manager can tell them.
 */
#pragma once

/* For this process and all that it starts; what the user has set stays. */
void ga_toolkits_set_environment(void);
