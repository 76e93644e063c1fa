/*
 * Files that are handed over: those the primary asks for or the guest's user offers are packed by a
 * process and sent as a stream; those that come are unpacked by one, into ~/Incoming/FROM/.
 *
 * It does no file I/O by itself. Streams that are its own end by ga_files_handle_stream_ended().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "streams.h"
#include "wire.h"

struct ga_files;

struct ga_files_listener {
	/* To the primary. False if there is none. */
	bool (*tell)(void *data, const struct vp_message *message);
	/* Of an offer's files so many bytes have gone, of all there are. */
	void (*offer_progress)(void *data, uint32_t request, uint64_t bytes, uint64_t total);
	/* This file of an offer is left out, because it "is a symbolic link". */
	void (*offer_skipped)(void *data, uint32_t request, const char *name, const char *reason);
	/* An offer has ended, and its files are there; or why not. Called once. */
	void (*offer_ended)(void *data, uint32_t request, const char *error);
};

/* program: path of oriel-files. The streams must outlive it. NULL with errno. */
struct ga_files *ga_files_create(const char *program, struct vp_streams *streams,
	const struct ga_files_listener *listener, void *data);

/* What is under way is given up; nobody is told. NULL is legal. */
void ga_files_destroy(struct ga_files *files);

/* The user wants files to go to a VM, or to the primary (@primary). paths are absolute. Returns the
 * request, of which the listener will be told; 0 with an error for people (freed by the caller) if
 * it cannot even be begun. */
uint32_t ga_files_offer(
	struct ga_files *files, const char *to, const char *const *paths, char **error);

/* The user has thought better of it. The offer ends; unknown ones are ignored. */
void ga_files_withdraw(struct ga_files *files, uint32_t request);

/* Carries out files_pack, files_unpack, files_take and files_answer; others are ignored. */
void ga_files_handle_message(struct ga_files *files, const struct vp_message *message);

/* As the streams' listener is told; streams of others are ignored. */
void ga_files_handle_stream_ended(struct ga_files *files, uint32_t stream,
	enum vp_stream_status status, struct vp_text message);

/* The session with the primary is over, and its streams have ended. */
void ga_files_primary_left(struct ga_files *files);

/* Poll for input, then dispatch. */
int ga_files_get_fd(const struct ga_files *files);
void ga_files_dispatch(struct ga_files *files);
