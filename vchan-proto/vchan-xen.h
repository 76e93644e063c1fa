/*
 * Opening vchans: where agents publish them, and why they cannot be had.
 *
 * The agent is the server, in its own domain, at data/oriel/VERSION/INSTANCE of its part of
 * xenstore.
 */
#pragma once

#include <libxenvchan.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VP_VCHAN_PATH_BYTES = 64 };

/* The node of an instance, below the agent's domain. */
void vp_vchan_path(char path[VP_VCHAN_PATH_BYTES], uint32_t instance);

/* Publishes a vchan that the primary's domain may connect to. It does not block. NULL with errno,
 * and nothing is published. */
struct libxenvchan *vp_vchan_serve(uint32_t primary, uint32_t instance);

/* A sentence for people: why vp_vchan_serve() failed with an error. */
void vp_vchan_explain_serve(int failure, char *error, size_t size);

/* Connects to an agent. It does not block on the agent. NULL, and a sentence for people in error.
 */
struct libxenvchan *vp_vchan_connect(uint32_t domain, uint32_t instance, char *error, size_t size);

/* The next vp_vchan_serve() of the instance takes its place: closing it leaves xenstore alone. */
void vp_vchan_disown_path(struct libxenvchan *vchan);
