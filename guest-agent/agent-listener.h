/*
 * Where the agent's primary connects to: a listening socket, inherited or made, or a vchan.
 */
#pragma once

#include "agent-options.h"
#include "listener.h"

/* The caller's. NULL with one line on standard error. */
struct vp_listener *ga_agent_listener_open(const struct ga_options *options);
