/*
 * The selections of an X server, as the files of this folder see them: selections.c has the
 * connection and hands events on; watch.c learns what applications offer; offer.c is the owner for
 * what comes from elsewhere, and takes requests; give.c hands content to whoever pastes it; fetch.c
 * takes content from its owner.
 *
 * Nothing waits for a reply: it is handled by a function when it has come, with a number that
 * finds, or does not find any more, what it was for.
 */
#pragma once

#include <stddef.h>

#include <xcb/xcb.h>
#include <xcb/xfixes.h>

#include "selections.h"

#define VP_SELECTION_ATOMS(A) \
	A(CLIPBOARD, "CLIPBOARD") \
	A(TARGETS, "TARGETS") \
	A(TIMESTAMP, "TIMESTAMP") \
	A(MULTIPLE, "MULTIPLE") \
	A(INCR, "INCR") \
	A(ATOM_PAIR, "ATOM_PAIR") \
	A(UTF8_STRING, "UTF8_STRING") \
	A(STRING, "STRING") \
	A(TEXT, "TEXT") \
	A(TEXT_UTF8, "text/plain;charset=utf-8") \
	A(TEXT_UTF8_UPPER, "text/plain;charset=UTF-8") \
	A(TEXT_PLAIN, "text/plain") \
	A(HTML, "text/html") \
	A(PNG, "image/png") \
	A(BMP, "image/bmp") \
	A(X_BMP, "image/x-bmp") \
	A(MS_BMP, "image/x-MS-bmp") \
	A(TIFF, "image/tiff") \
	A(URI_LIST, "text/uri-list") \
	A(CONTENT, "_ORIEL_CONTENT") \
	A(CLOCK, "_ORIEL_CLOCK")

enum vp_selection_atom {
#define VP_SELECTION_ATOM(name, text) VP_SELECTION_ATOM_##name,
	VP_SELECTION_ATOMS(VP_SELECTION_ATOM)
#undef VP_SELECTION_ATOM
		VP_SELECTION_ATOM_COUNT,
};

enum {
	VP_SELECTION_CHUNK = 128 * 1024, /* bytes of one property; what is longer goes by INCR */
	VP_SELECTION_REPLIES = 256, /* awaited at one time */
	VP_SELECTION_PAIRS_MAX = 16, /* conversions of one MULTIPLE request */
	VP_SELECTION_TARGETS_MAX = 1024, /* of an owner that are looked at */
	VP_SELECTION_KNOWN_MAX = 16, /* targets that stand for a type */
};

/* One of the two selections. */
struct vp_selection_state {
	xcb_atom_t atom;
	/* what others own */
	uint32_t offer; /* counts their offers */
	uint32_t targets; /* known ones that the owner has */
	xcb_window_t owner;
	bool other; /* another client owns it */
	bool reported; /* offer and types are told */
	bool changed; /* the owner is new, and has not been asked what it offers */
	xcb_window_t asking; /* where its answer comes to, XCB_NONE if it is not being asked */
	int64_t ask_after; /* milliseconds */
	int64_t ask_until;
	/* what we own for others */
	uint32_t given_offer;
	uint32_t given_types; /* 0: nothing */
	bool taking; /* to be owned as soon as the server has told the time */
	uint32_t settling; /* attempts to own it whose outcome the server has not told */
	bool owned;
	xcb_timestamp_t owned_since;
};

/* A SelectionRequest, until it is answered. */
struct vp_selection_request {
	uint32_t id; /* 0: this place is free */
	xcb_window_t requestor;
	xcb_atom_t selection;
	xcb_atom_t target;
	xcb_atom_t property; /* to be named in the answer */
	xcb_timestamp_t time;
	size_t open; /* conversions whose outcome is not known */
	bool failed; /* one of them */
	size_t pair_count; /* of MULTIPLE */
	xcb_atom_t pairs[2 * VP_SELECTION_PAIRS_MAX];
};

enum vp_selection_give_stage {
	VP_GIVE_WANTED, /* the answer is awaited */
	VP_GIVE_FILLING, /* as much as one property holds is gathered, or all */
	VP_GIVE_INCR, /* the requestor takes it in parts */
};

/* Content on its way to a requestor. */
struct vp_selection_give {
	uint32_t id; /* of what is wanted; 0: this place is free */
	enum vp_selection_give_stage stage;
	uint32_t request;
	size_t pair; /* of MULTIPLE */
	enum vp_selection selection;
	xcb_window_t requestor;
	xcb_atom_t property;
	xcb_atom_t type;
	bool latin1; /* it is asked for in that encoding */
	int fd; /* -1 before there is one, and at its end */
	bool ready; /* fd has not said that it would block */
	bool taken; /* the requestor has deleted the last part */
	bool broken; /* what comes is not the whole */
	int64_t deadline;
	uint8_t *data; /* VP_SELECTION_CHUNK bytes */
	size_t len;
	size_t partial; /* bytes at the end that are the beginning of a character, to be encoded */
};

enum vp_selection_fetch_stage {
	VP_FETCH_CONVERTING, /* the owner has been asked */
	VP_FETCH_READING, /* a property's part is on its way */
	VP_FETCH_WRITING, /* it is being written */
	VP_FETCH_BETWEEN, /* the owner is to provide the next part of INCR */
	VP_FETCH_REFUSED, /* to be told of at the next turn */
};

/* Content on its way from an owner. */
struct vp_selection_fetch {
	uint32_t id; /* 0: this place is free */
	uint32_t name; /* the caller's */
	enum vp_selection_fetch_stage stage;
	enum vp_selection selection;
	xcb_atom_t target;
	xcb_window_t owner;
	xcb_window_t window;
	int fd;
	bool ready;
	bool incr;
	bool changed; /* the property has a new value since it was last asked for */
	uint32_t offset; /* in the property, in units of four bytes */
	bool more; /* of the property */
	uint64_t max;
	uint64_t bytes;
	int64_t deadline; /* -1 while it is the reader who is waited for */
	uint8_t *data; /* that is to be written */
	size_t start;
	size_t len;
};

/* reply is NULL if the request failed, and freed by the caller. */
typedef void vp_selection_reply_handler(
	struct vp_selections *selections, void *reply, uint32_t argument);

struct vp_selection_reply {
	unsigned int sequence;
	vp_selection_reply_handler *handle;
	uint32_t argument;
};

struct vp_selections {
	const struct vp_selections_listener *listener;
	void *data;
	xcb_connection_t *connection;
	xcb_window_t root;
	xcb_window_t window; /* the owner */
	uint8_t xfixes_event; /* the first */
	int epoll_fd;
	bool announced;
	bool lost;
	xcb_timestamp_t time; /* the server's, as last told */
	uint32_t last_id; /* of requests, gives and fetches */
	xcb_atom_t atoms[VP_SELECTION_ATOM_COUNT];
	struct vp_selection_state states[VP_SELECTION_COUNT];
	struct vp_selection_request requests[VP_SELECTIONS_TRANSFERS_MAX];
	struct vp_selection_give gives[VP_SELECTIONS_TRANSFERS_MAX];
	struct vp_selection_fetch fetches[VP_SELECTIONS_TRANSFERS_MAX];
	size_t transfers; /* gives and fetches that are under way */
	xcb_generic_event_t *event; /* that waits for the reply before it; NULL: none */
	size_t reply_first;
	size_t reply_count;
	struct vp_selection_reply replies[VP_SELECTION_REPLIES];
};

/* selections.c */

/* CLOCK_MONOTONIC, milliseconds. */
int64_t vp_selections_now(void);

/* Never 0. */
uint32_t vp_selections_new_id(struct vp_selections *selections);

/* False if there are too many already; the reply will be discarded then. */
bool vp_selections_expect(struct vp_selections *selections, unsigned int sequence,
	vp_selection_reply_handler *handle, uint32_t argument);

/* The state of an atom; NULL for another selection. */
struct vp_selection_state *vp_selections_state(struct vp_selections *selections, xcb_atom_t atom);

/* A window that hears of its properties. */
xcb_window_t vp_selections_create_window(struct vp_selections *selections);

/* Follows a descriptor, by edge, of the give or fetch of an id. */
bool vp_selections_follow(struct vp_selections *selections, int fd, bool reads, uint32_t id);

/* targets.c: what targets (ICCCM 2.6.2) stand for which types */

/* Which of the known targets are among these, as bits; and what these are as types. */
uint32_t vp_selection_targets_find(
	const struct vp_selections *selections, const xcb_atom_t *targets, size_t count);
uint32_t vp_selection_targets_types(uint32_t known);

/* Of the known targets that an owner has, the one to ask it for; XCB_NONE if it has none. */
xcb_atom_t vp_selection_targets_best(
	const struct vp_selections *selections, uint32_t known, enum vp_clipboard_type type);

/* The targets that stand for the types; how many, VP_SELECTION_KNOWN_MAX at most. */
size_t vp_selection_targets_list(
	const struct vp_selections *selections, uint32_t types, xcb_atom_t *targets);

/* What a requestor gets that asks for a target; false if that is unknown. */
struct vp_selection_form {
	enum vp_clipboard_type type;
	xcb_atom_t property_type;
	bool latin1;
};
bool vp_selection_targets_form(
	const struct vp_selections *selections, xcb_atom_t target, struct vp_selection_form *form);

/* latin1.c: text of the target STRING, which is ISO 8859-1 */

/* Encodes len bytes of UTF-8 in place; what is not of that character set becomes a question mark.
 * The number of bytes that result; *partial of a character that is not complete follow them. */
size_t vp_latin1_from_utf8(uint8_t *data, size_t len, size_t *partial);

/* The number of bytes written to utf8, which has room for 2 * len. */
size_t vp_latin1_to_utf8(const uint8_t *latin1, size_t len, uint8_t *utf8);

/* watch.c */
void vp_selection_watch_owner(struct vp_selections *selections, struct vp_selection_state *state,
	xcb_window_t owner, xcb_timestamp_t owned_since);
bool vp_selection_watch_notify(
	struct vp_selections *selections, const xcb_selection_notify_event_t *event);
void vp_selection_watch_announce(struct vp_selections *selections);
/* It is known who owns it: what was held back meanwhile is told. */
void vp_selection_watch_settled(struct vp_selections *selections, struct vp_selection_state *state);
int64_t vp_selection_watch_deadline(const struct vp_selections *selections);
void vp_selection_watch_expire(struct vp_selections *selections, int64_t now);

/* offer.c */
void vp_selection_offer_time(struct vp_selections *selections); /* the server has told it */
/* Whether we may still come to own it, or not. */
bool vp_selection_offer_pending(const struct vp_selection_state *state);
void vp_selection_offer_request(
	struct vp_selections *selections, const xcb_selection_request_event_t *event);
/* The outcome of one conversion of a request. */
void vp_selection_offer_settle(
	struct vp_selections *selections, uint32_t request, size_t pair, bool converted);
/* Of a requestor that waits for nothing more no events are needed. */
void vp_selection_offer_release(struct vp_selections *selections, xcb_window_t requestor);
/* A window has gone: nothing need be answered. */
void vp_selection_offer_forget(struct vp_selections *selections, xcb_window_t requestor);

/* give.c */
/* False if there are too many. */
bool vp_selection_give_start(struct vp_selections *selections,
	const struct vp_selection_request *request, size_t pair, xcb_atom_t property,
	struct vp_selection_state *state, const struct vp_selection_form *form);
bool vp_selection_give_property(
	struct vp_selections *selections, const xcb_property_notify_event_t *event);
void vp_selection_give_forget(struct vp_selections *selections, xcb_window_t requestor);
/* Those that have not been answered get nothing; all, and what is under way ends. */
void vp_selection_give_refuse(struct vp_selections *selections, enum vp_selection selection);
void vp_selection_give_stop(struct vp_selections *selections);
bool vp_selection_give_ready(struct vp_selections *selections, uint32_t id, uint32_t events);
int64_t vp_selection_give_deadline(const struct vp_selections *selections);
void vp_selection_give_expire(struct vp_selections *selections, int64_t now);

/* fetch.c */
bool vp_selection_fetch_notify(
	struct vp_selections *selections, const xcb_selection_notify_event_t *event);
void vp_selection_fetch_property(
	struct vp_selections *selections, const xcb_property_notify_event_t *event);
/* An owner has gone. */
void vp_selection_fetch_abandon(struct vp_selections *selections, xcb_window_t owner);
void vp_selection_fetch_stop(struct vp_selections *selections);
bool vp_selection_fetch_ready(struct vp_selections *selections, uint32_t id, uint32_t events);
int64_t vp_selection_fetch_deadline(const struct vp_selections *selections);
void vp_selection_fetch_expire(struct vp_selections *selections, int64_t now);
