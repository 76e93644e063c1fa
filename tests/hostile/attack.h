/*
 * Attacks on the view by a guest that speaks the protocol by hand: each on a connection of its own
 * to one oriel-view on a real X server, in its sandbox. After each the view must be there, and show
 * what an honest guest says to it next.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "unit.h"
#include "view-desk.h"

enum {
	ATTACK_WINDOW = 7, /* of attack_open() */
	ATTACK_BUFFER = 9, /* of attack_share() */
	ATTACK_SIZE = 64, /* width and height of both, pixels */
	ATTACK_BYTES = ATTACK_SIZE * ATTACK_SIZE * 4,
};

/* The suite: each test begins with a connection on which hello has been said. */
int attack_run(
	const char *suite, const struct unit_test *tests, size_t count, int argc, char **argv);

#define ATTACK_MAIN(suite, tests) \
	int main(int argc, char **argv) \
	{ \
		return attack_run(suite, tests, sizeof(tests) / sizeof((tests)[0]), argc, argv); \
	}

/* Another connection in place of the present one, on which nothing has been said. */
void attack_reconnect(void);
/* The guest goes. */
void attack_hang_up(void);

/* Says a message, in as many chunks as it takes. fields: a letter for each argument: b u8, h u16, w
 * u32, i i32 (all as int or unsigned int), q u64 (as uint64_t), s text (const char *), p bytes
 * (size_t, const void *), n zeros (size_t), each of these three preceded by its length; N zeros
 * (size_t) without. */
void attack_say(enum vp_op op, const char *fields, ...);
/* As above, with a descriptor. */
void attack_say_with(int fd, enum vp_op op, const char *fields, ...);
/* As above, with an opcode that may be none, on a channel that need not be its own. */
void attack_say_on(unsigned int channel, unsigned int op, const char *fields, ...);
/* A chunk whose header says what it says, and len bytes. */
void attack_chunk(unsigned int channel, unsigned int flags, unsigned int said_length,
	const void *data, size_t len);
/* Bytes as they are. */
void attack_write(const void *data, size_t len);

void attack_hello(void);
/* A window that is mapped. */
void attack_open(void);
void attack_create(uint32_t window, uint32_t popup, uint32_t owner, int x, int y, uint32_t width,
	uint32_t height);
/* A sealed buffer of the window's size. */
void attack_share(void);
/* A memfd; seals as of F_ADD_SEALS. */
int attack_memory(size_t bytes, unsigned int seals);
/* A frame of the window's size, in the buffer. */
void attack_present(uint32_t window, uint32_t buffer, uint32_t serial);

/* The view ends the session, for a reason in whose words these are. */
void attack_ends(enum vp_bye_reason reason, const char *words);
/* The session goes on: the view answers on it. */
void attack_goes_on(void);

/* True if the window is on the screen. */
bool attack_shows(uint32_t window);
/* Waits until it is, or is not. */
void attack_await_shown(uint32_t window);
void attack_await_hidden(uint32_t window);
/* Waits until the window, label included, is at this place on the screen. */
void attack_await_place(uint32_t window, const xcb_rectangle_t *place);
/* The user gives the focus to the window of attack_open(). */
void attack_focus(void);

struct view_desk *attack_desk(void);
