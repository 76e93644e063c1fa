/*
 * What crosses: bytes pumped from one pipe to another, opaque to the broker, counted, bounded and
 * hashed. The other ends of the pipes are held by views, by the desk, or by a command line.
 *
 * A transfer's id is fresh: it names the stream of each session that the bytes pass, and does not
 * come again while this broker lives. A word about an id that is unknown or has ended changes
 * nothing.
 *
 * Whoever holds an end reports how it has ended: a pipe that closes does not say whether all has
 * been written to it. Until the sink's holder has reported, its pipe stays open, so that what is
 * broken off never looks complete.
 *
 * Time is CLOCK_MONOTONIC in milliseconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

struct hc_transfers;

enum hc_transfer_status {
	HC_TRANSFER_DONE,
	HC_TRANSFER_CANCELLED, /* by whoever gives or receives */
	HC_TRANSFER_FAILED,
	HC_TRANSFER_TOO_LARGE,
	HC_TRANSFER_DENIED,
};

enum hc_transfer_side { HC_TRANSFER_SOURCE, HC_TRANSFER_SINK, HC_TRANSFER_SIDES };

/* One side of a transfer. */
struct hc_transfer_end {
	int fd; /* the broker's end of a pipe, or a file; the transfer's from now on */
	/* Who holds the other end, and reports; NULL: nobody, and the pipe says all there is. */
	void *holder;
	/* The holder is to give up, and to report that; it knows it by the transfer's id. Why is
	 * not told: that may be the words of the other side, which may not tell this one
	 * anything. */
	void (*cancel)(void *holder, uint32_t transfer, enum hc_transfer_status status);
};

struct hc_transfer_limits {
	uint64_t max; /* bytes */
	int first_ms; /* until the first byte */
	int idle_ms; /* between bytes, and until the ends have reported */
};

struct hc_transfer_result {
	enum hc_transfer_status status;
	uint64_t bytes; /* taken from the source */
	const char *sha256; /* of them, in hexadecimal; NULL unless all is done */
	const char *message; /* why it is not done; may be from a guest */
};

struct hc_transfer_listener {
	/* More has crossed. Called at most once a dispatch; NULL is legal. */
	void (*progress)(void *data, uint32_t transfer, uint64_t bytes);
	/* Called once, never from hc_transfers_start(). */
	void (*done)(void *data, uint32_t transfer, const struct hc_transfer_result *result);
};

/* NULL with errno. */
struct hc_transfers *hc_transfers_create(void);

/* Transfers that go on are broken off; nobody is told. NULL is legal. */
void hc_transfers_destroy(struct hc_transfers *transfers);

/* An id that has never been given before, for hc_transfers_start(); 0 when there are no more. */
uint32_t hc_transfers_new_id(struct hc_transfers *transfers);

/* A pipe for an end: its holder's descriptor, and the transfer's, which does not block. Both are
 * the caller's. False with errno. */
bool hc_transfer_pipe(enum hc_transfer_side side, int *holder_fd, int *transfer_fd);

void hc_transfers_start(struct hc_transfers *transfers, uint32_t id,
	const struct hc_transfer_end ends[HC_TRANSFER_SIDES],
	const struct hc_transfer_limits *limits, const struct hc_transfer_listener *listener,
	void *data);

/* A holder's report, which may come late, twice, or from whom it does not concern. bytes: how many
 * have passed there. */
void hc_transfers_handle_ended(struct hc_transfers *transfers, const void *holder, uint32_t id,
	enum hc_transfer_status status, uint64_t bytes, const char *message);

/* Breaks it off, and tells both sides; done is called. Unknown ids are ignored. */
void hc_transfers_cancel(struct hc_transfers *transfers, uint32_t id,
	enum hc_transfer_status status, const char *message);

/* The holder is gone: what it gave or received is broken off. */
void hc_transfers_forget_holder(
	struct hc_transfers *transfers, const void *holder, const char *message);

/* Poll for input, or until the deadline (-1 none), then dispatch. */
int hc_transfers_get_fd(const struct hc_transfers *transfers);
int64_t hc_transfers_deadline(const struct hc_transfers *transfers);
void hc_transfers_dispatch(struct hc_transfers *transfers, int64_t now);
