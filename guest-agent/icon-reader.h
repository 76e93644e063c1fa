/*
 * The icons of applications as pixels: a program of their own (oriel-icons) finds and draws them,
 * so that neither a slow disk nor a wrong file holds up the agent.
 *
 * Reads come by GLib's default main context.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wire.h"

struct ga_icon_reader;

struct ga_icon_reader_listener {
	/* One size of an icon; the pixels live during the call. */
	void (*icon)(void *data, uint32_t serial, uint16_t size, struct vp_bytes pixels);
	/* There are no more sizes; called once for each request. */
	void (*end)(void *data, uint32_t serial);
};

/* program: its path. Never fails. */
struct ga_icon_reader *ga_icon_reader_create(
	const char *program, const struct ga_icon_reader_listener *listener, void *data);

/* NULL is legal. */
void ga_icon_reader_destroy(struct ga_icon_reader *reader);

/* icon: a name or path. False if too many are waited for. */
bool ga_icon_reader_add(struct ga_icon_reader *reader, uint32_t serial, const char *icon);

/* Starts the program if there is something to read, and reads the next of what it has. */
void ga_icon_reader_go_on(struct ga_icon_reader *reader);

/* Nobody wants what has been asked for any more. */
void ga_icon_reader_cancel(struct ga_icon_reader *reader);
