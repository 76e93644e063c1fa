/*
 * What copies.c, which goes through the stages of a hand-over, shares with copy-ends.c, which
 * speaks with those who pack and unpack.
 */
#pragma once

#include "copies.h"
#include "rate.h"
#include "tree-name.h"
#include "tree-process.h"

enum hc_copy_stage {
	HC_COPY_STARTING, /* the VM that sends */
	HC_COPY_FINDING, /* what there is to send */
	HC_COPY_ASKING, /* the guard */
	HC_COPY_WAKING, /* the VM that receives */
	HC_COPY_MOVING,
	HC_COPY_OVER, /* and told of; its processes may still be ending */
};

/* The sending or the receiving side. */
struct hc_copy_end {
	char *vm; /* its name, NULL: the primary */
	bool held; /* the VM is kept from stopping by itself */
	int fd; /* the transfer's end of the pipe, until the transfer has it; -1 */
	struct vp_tree_process *process; /* on the primary */
	/* A copy of the process's end, kept until the process has told how it ended: nothing looks
	 * complete, or broken, before that is known. -1 none */
	int kept_fd;
	bool done; /* the receiver has put all in its place */
};

struct hc_copy {
	struct hc_copies *all;
	uint32_t id; /* of the transfer, too */
	enum hc_copy_stage stage;
	enum hv_policy_service service;
	char *type; /* NULL none */
	struct hc_copy_end ends[HC_TRANSFER_SIDES];
	char **paths; /* to be packed */
	uint32_t offer; /* of the VM that sends, which has packed by itself; 0 none */
	char *directory; /* where the primary receives */
	char *name; /* of the first file, with the application, as the user is asked about it */
	uint64_t total; /* bytes */
	uint64_t entries;
	uint64_t max; /* bytes that the policy lets pass */
	bool launches; /* an application is to open it */
	uint32_t launch_permit; /* of the guard, 0 none */
	uint32_t permit; /* as above */
	bool permitted;
	bool moving; /* the transfer has been started, and has not ended */
	bool moved;
	bool reported; /* the sender's stream ended before the transfer was started, */
	uint64_t reported_bytes; /* well, having passed so many */
	uint64_t bytes; /* moved */
	char *sha256;
	GPtrArray *received; /* of char *: paths at the receiver */
	uint64_t skipped;
	int64_t deadline; /* -1 none */
	int64_t told_at; /* of progress */
	const struct hc_copy_listener *listener; /* NULL for offers */
	void *data;
};

struct hc_copies {
	struct hc_broker *broker;
	char *program;
	int epoll_fd;
	GPtrArray *all; /* of struct hc_copy */
	GHashTable *rates; /* VM's name → struct hc_rate: of offers */
};

/* In copies.c. */

/* What there is to send is known. */
void hc_copy_handle_found(struct hc_copy *copy, uint64_t bytes, uint64_t entries);

/* The receiver has put everything in its place. */
void hc_copy_handle_placed(struct hc_copy *copy);

/* Ends the copy, unless it is over: tells both ends, and whoever asked for it. */
void hc_copy_fail(struct hc_copy *copy, int code, const char *reason);

/* In copy-ends.c. */

/* The name under which what has that path is handed over. False if the path does not tell. */
bool hc_copy_name(const char *path, char name[VP_TREE_NAME_MAX + 1]);

/* Gets the sender going; found will be told of, unless the sender has offered by itself. False with
 * an error. */
bool hc_copy_open_source(struct hc_copy *copy, GError **error);

/* Gets the receiver going, and the transfer. False with an error. */
bool hc_copy_open_sink(struct hc_copy *copy, GError **error);

/* Has both ends give up what they have begun, as far as the transfer does not do that. */
void hc_copy_close_ends(struct hc_copy *copy);

/* A word of a VM about a copy that it takes part in. */
void hc_copy_handle_message(
	struct hc_copy *copy, const struct hc_vm *vm, const struct hc_link_message *message);

/* NULL for the primary, or if the VM is no more. */
struct hc_vm *hc_copy_find_vm(const struct hc_copy *copy, enum hc_transfer_side side);

extern const struct hc_transfer_listener hc_copy_transfer_listener;
