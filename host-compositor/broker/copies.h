/*
 * Hand-overs of files: between two VMs, or a VM and the primary. Each is found, decided by the
 * guard, moved by the transfers, and put in its place by the receiver.
 *
 * The broker looks into no file, nor does it wait for a disk: on the primary, oriel-files packs and
 * unpacks as a process of its own.
 */
#pragma once

#include "broker.h"

struct hc_copies;

struct hc_copy_request {
	enum hv_policy_service service; /* by whose rules it is decided: COPY, OPEN_FILE */
	const char *type; /* MIME type, as the rules see it; NULL: none */
	const char *from; /* a VM's name, NULL: the primary */
	const char *const *paths; /* absolute on the primary; else those of the VM's user */
	const char *to; /* as from */
	const char *directory; /* on the primary, absolute; NULL: ~/Incoming/FROM */
	/* Of the receiving VM's, which the user has open the copies: whether it may be launched is
	 * decided along with the copy, and asked about in one question. NULL: none. */
	const char *application;
};

struct hc_copy_result {
	const char *const *paths; /* where they are now; not all of them if there are very many */
	uint64_t bytes;
	uint64_t skipped; /* what the sender has left out */
	uint32_t launch_permit; /* of the guard, to be finished: the application's; else 0 */
};

struct hc_copy_listener {
	/* So many bytes of so many have gone; a few times a second at most. NULL is legal. */
	void (*progress)(void *data, uint32_t copy, uint64_t bytes, uint64_t total);
	/* The user is being asked. NULL is legal. */
	void (*asked)(void *data);
	/* Called once, never from hc_copies_start(). error: G_IO_ERROR_PERMISSION_DENIED if it may
	 * not be, G_IO_ERROR_CANCELLED, or others. */
	void (*ended)(void *data, uint32_t copy, const struct hc_copy_result *result,
		const GError *error);
};

/* The broker must outlive it. program: path of oriel-files. NULL with errno. */
struct hc_copies *hc_copies_create(struct hc_broker *broker, const char *program);

/* What is under way is broken off; nobody is told. NULL is legal. */
void hc_copies_destroy(struct hc_copies *copies);

/* Starts a hand-over, and the VMs if need be. Returns its id; 0 with an error if it cannot even be
 * begun. */
uint32_t hc_copies_start(struct hc_copies *copies, const struct hc_copy_request *request,
	const struct hc_copy_listener *listener, void *data, GError **error);

/* Gives a hand-over up, which ends. Unknown ones are ignored. */
void hc_copies_cancel(struct hc_copies *copies, uint32_t copy);

/* What a VM's view says about files and streams; all else is ignored. */
void hc_copies_handle_message(
	struct hc_copies *copies, struct hc_vm *vm, const struct hc_link_message *message);

/* The session with a VM's agent is over (NULL: of every VM): what came from it or went to it has
 * failed. */
void hc_copies_forget_vm(struct hc_copies *copies, const struct hc_vm *vm);

/* Poll for input, or until the deadline (-1 none), then dispatch. */
int hc_copies_get_fd(const struct hc_copies *copies);
int64_t hc_copies_deadline(const struct hc_copies *copies);
void hc_copies_dispatch(struct hc_copies *copies, int64_t now);
