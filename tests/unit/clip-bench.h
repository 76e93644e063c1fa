/*
 * A clipboard over a fake guard, with VMs and a primary that the test plays, and real transfers
 * between them.
 */
#pragma once

#include "clipboard.h"
#include "fake-guard.h"

enum { TEXT = VP_CLIPBOARD_TEXT, HTML = VP_CLIPBOARD_HTML, PNG = VP_CLIPBOARD_PNG };

/* Who takes part, and what it has been told last. */
struct clip_player {
	struct hv_vm_config config;
	struct hc_clip_peer *peer;
	struct clip_player_side {
		uint32_t offer;
		uint32_t types;
		int offers; /* how many there were */
	} given[HC_CLIP_SELECTIONS];
	int fetches;
	uint32_t fetch; /* the stream's id */
	int fetch_fd; /* -1: none */
	uint32_t fetch_offer;
	uint32_t fetch_type;
	uint32_t fetch_max;
	int answers;
	uint32_t answered; /* the request's id */
	uint32_t answer; /* the stream's id, 0: nothing */
	int answer_fd; /* -1: none */
	uint32_t cancelled; /* a stream's id */
	enum hc_transfer_status cancel_status;
};

struct clip_bench {
	struct hc_clipboard *clipboard;
	struct hc_transfers *transfers;
	struct clip_player work;
	struct clip_player personal;
	struct clip_player primary;
	int64_t now;
	int told;
	char *text; /* last told */
	uint32_t copy; /* the id of the last copying of files; 0: refused */
	char *files; /* their paths, semicolons between them */
	int forgotten; /* how many of them */
};

/* Of the test that runs. */
extern struct clip_bench bench;

/* rules: lines of a policy. All three take part, and have copied nothing. */
void clip_bench_begin(const char *rules);
void clip_bench_end(void);

/* Joins, and tells that it has copied the types in each selection. */
void clip_player_join(struct clip_player *player, uint32_t types);

/* Has copied the types, as its offer. */
void clip_player_copy(struct clip_player *player, uint32_t offer, uint32_t types);

/* Wants what it has been given. */
void clip_player_want(struct clip_player *player, uint32_t request, uint32_t type);

/* Sends what has been fetched from it, and says how that has ended. */
void clip_player_send(
	struct clip_player *player, const char *content, enum hc_transfer_status status);

/* Reads what it has been answered to its end, and reports that it is done; the caller frees it. */
char *clip_player_read(struct clip_player *player);

/* Lets all happen that can happen by now. */
void clip_bench_settle(void);
