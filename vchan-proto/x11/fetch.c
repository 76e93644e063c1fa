/*
 * Content from the applications that own a selection: asked for by conversion, read from the
 * property in parts, each when the one before has been written on, and in INCR's (ICCCM 2.4,
 * 2.7.2).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "selections-private.h"

enum {
	WORD_BYTES = 4, /* unit of a property's offset and length */
	EXPANSION = 2, /* of STRING in UTF-8, at most */
};

static struct vp_selection_fetch *find(struct vp_selections *selections, uint32_t id)
{
	for (size_t i = 0; i < VP_SELECTIONS_TRANSFERS_MAX; i++)
		if (selections->fetches[i].id == id)
			return &selections->fetches[i];
	return NULL;
}

/* The place is free afterwards; the descriptor is the caller's. */
static int release(struct vp_selections *selections, struct vp_selection_fetch *fetch)
{
	int fd = fetch->fd;
	if (fetch->window != XCB_NONE)
		xcb_destroy_window(selections->connection, fetch->window);
	free(fetch->data);
	*fetch = (struct vp_selection_fetch){ .fd = -1 };
	selections->transfers--;
	return fd;
}

static void finish(struct vp_selections *selections, struct vp_selection_fetch *fetch,
	enum vp_stream_status status, const char *message)
{
	uint32_t name = fetch->name;
	uint64_t bytes = fetch->bytes;
	int fd = release(selections, fetch);
	selections->listener->fetched(selections->data, name, status, bytes, message);
	close(fd);
}

static void fail(
	struct vp_selections *selections, struct vp_selection_fetch *fetch, const char *message)
{
	finish(selections, fetch, VP_STREAM_FAILED, message);
}

/* Beginning */

static bool convert(struct vp_selections *selections, struct vp_selection_fetch *fetch,
	uint32_t offer, enum vp_clipboard_type type)
{
	const struct vp_selection_state *state = &selections->states[fetch->selection];
	if (!state->other || !state->reported || state->offer != offer)
		return false;
	fetch->target = vp_selection_targets_best(selections, state->targets, type);
	if (fetch->target == XCB_NONE)
		return false;
	fetch->owner = state->owner;
	fetch->window = vp_selections_create_window(selections);
	xcb_convert_selection(selections->connection, fetch->window, state->atom, fetch->target,
		selections->atoms[VP_SELECTION_ATOM_CONTENT], selections->time);
	return true;
}

static bool take_sink(struct vp_selections *selections, struct vp_selection_fetch *fetch, int fd)
{
	int flags = fcntl(fd, F_GETFL);
	fetch->data = malloc(EXPANSION * VP_SELECTION_CHUNK);
	return fetch->data != NULL && flags != -1 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) != -1 &&
	       vp_selections_follow(selections, fd, false, fetch->id);
}

bool vp_selections_fetch(struct vp_selections *selections, uint32_t name,
	enum vp_selection selection, uint32_t offer, enum vp_clipboard_type type, uint64_t max,
	int fd)
{
	struct vp_selection_fetch *fetch = find(selections, 0);
	if (fetch == NULL) {
		close(fd);
		return false;
	}
	*fetch = (struct vp_selection_fetch){
		.id = vp_selections_new_id(selections),
		.name = name,
		.stage = VP_FETCH_CONVERTING,
		.selection = selection,
		.fd = fd,
		.ready = true,
		.max = max,
		.deadline = vp_selections_now() + VP_SELECTIONS_FETCH_MS,
	};
	selections->transfers++;
	if (!take_sink(selections, fetch, fd) || !convert(selections, fetch, offer, type)) {
		fetch->stage = VP_FETCH_REFUSED;
		fetch->deadline = 0;
	}
	return true;
}

/* Reading */

static void handle_part(struct vp_selections *selections, void *data, uint32_t id);

/* The server deletes the property with its last part, which tells the owner to go on. */
static void read_part(struct vp_selections *selections, struct vp_selection_fetch *fetch)
{
	xcb_get_property_cookie_t cookie = xcb_get_property(selections->connection, 1,
		fetch->window, selections->atoms[VP_SELECTION_ATOM_CONTENT],
		XCB_GET_PROPERTY_TYPE_ANY, fetch->offset, VP_SELECTION_CHUNK / WORD_BYTES);
	fetch->stage = VP_FETCH_READING;
	fetch->deadline = vp_selections_now() + VP_SELECTIONS_IDLE_MS;
	if (fetch->offset == 0)
		fetch->changed = false;
	if (!vp_selections_expect(selections, cookie.sequence, handle_part, fetch->id))
		fail(selections, fetch, "too many replies are awaited");
}

static void await_part(struct vp_selections *selections, struct vp_selection_fetch *fetch)
{
	fetch->stage = VP_FETCH_BETWEEN;
	fetch->offset = 0;
	fetch->deadline = vp_selections_now() + VP_SELECTIONS_IDLE_MS;
	if (fetch->changed)
		read_part(selections, fetch);
}

static void go_on(struct vp_selections *selections, struct vp_selection_fetch *fetch)
{
	if (fetch->more)
		read_part(selections, fetch);
	else if (fetch->incr)
		await_part(selections, fetch);
	else
		finish(selections, fetch, VP_STREAM_DONE, "");
}

/* What has been read, as far as the descriptor takes it. */
static void write_part(struct vp_selections *selections, struct vp_selection_fetch *fetch)
{
	while (fetch->ready && fetch->len > 0) {
		ssize_t n = write(fetch->fd, fetch->data + fetch->start, fetch->len);
		if (n >= 0) {
			fetch->start += (size_t)n;
			fetch->len -= (size_t)n;
			fetch->bytes += (size_t)n;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			fetch->ready = false;
		} else if (errno != EINTR) {
			finish(selections, fetch, VP_STREAM_CANCELLED,
				"whoever was to receive it has gone");
			return;
		}
	}
	if (fetch->len == 0)
		go_on(selections, fetch);
}

static void take_part(struct vp_selections *selections, struct vp_selection_fetch *fetch,
	const xcb_get_property_reply_t *reply)
{
	const uint8_t *value = xcb_get_property_value(reply);
	size_t len = reply->value_len;
	fetch->start = 0;
	if (reply->type == XCB_ATOM_STRING) {
		fetch->len = vp_latin1_to_utf8(value, len, fetch->data);
	} else {
		memcpy(fetch->data, value, len);
		fetch->len = len;
	}
	fetch->more = reply->bytes_after > 0;
	fetch->offset += (uint32_t)(len / WORD_BYTES);
	if (fetch->bytes + fetch->len + reply->bytes_after > fetch->max) {
		finish(selections, fetch, VP_STREAM_TOO_LARGE, "it is larger than may pass");
		return;
	}
	fetch->stage = VP_FETCH_WRITING;
	fetch->deadline = -1;
	write_part(selections, fetch);
}

/* The owner hands over in parts; it says how large all of them are at least. */
static void begin_parts(struct vp_selections *selections, struct vp_selection_fetch *fetch,
	const xcb_get_property_reply_t *reply)
{
	const uint32_t *size = xcb_get_property_value(reply);
	fetch->incr = true;
	if (reply->format == 32 && reply->value_len > 0 && *size > fetch->max)
		finish(selections, fetch, VP_STREAM_TOO_LARGE, "it is larger than may pass");
	else
		await_part(selections, fetch);
}

static void handle_part(struct vp_selections *selections, void *data, uint32_t id)
{
	const xcb_get_property_reply_t *reply = data;
	struct vp_selection_fetch *fetch = find(selections, id);
	if (fetch == NULL)
		return;
	if (reply == NULL)
		fail(selections, fetch, "the X server does not give it");
	else if (reply->type == XCB_NONE && fetch->incr)
		await_part(selections, fetch);
	else if (reply->type == selections->atoms[VP_SELECTION_ATOM_INCR] && !fetch->incr)
		begin_parts(selections, fetch, reply);
	else if (reply->format != 8)
		fail(selections, fetch, "the application that owns it has given something else");
	else if (reply->value_len == 0)
		finish(selections, fetch, VP_STREAM_DONE, "");
	else
		take_part(selections, fetch, reply);
}

/* Events */

static struct vp_selection_fetch *find_window(struct vp_selections *selections, xcb_window_t window)
{
	for (size_t i = 0; i < VP_SELECTIONS_TRANSFERS_MAX; i++)
		if (selections->fetches[i].id != 0 && selections->fetches[i].window == window)
			return &selections->fetches[i];
	return NULL;
}

bool vp_selection_fetch_notify(
	struct vp_selections *selections, const xcb_selection_notify_event_t *event)
{
	struct vp_selection_fetch *fetch = find_window(selections, event->requestor);
	if (fetch == NULL || fetch->stage != VP_FETCH_CONVERTING)
		return false;
	if (event->property == XCB_NONE)
		fail(selections, fetch, "the application that owns it does not give it");
	else
		read_part(selections, fetch);
	return true;
}

void vp_selection_fetch_property(
	struct vp_selections *selections, const xcb_property_notify_event_t *event)
{
	struct vp_selection_fetch *fetch = find_window(selections, event->window);
	if (fetch == NULL || event->state != XCB_PROPERTY_NEW_VALUE ||
		event->atom != selections->atoms[VP_SELECTION_ATOM_CONTENT])
		return;
	fetch->changed = true;
	if (fetch->stage == VP_FETCH_BETWEEN)
		read_part(selections, fetch);
}

bool vp_selection_fetch_ready(struct vp_selections *selections, uint32_t id, uint32_t events)
{
	struct vp_selection_fetch *fetch = find(selections, id);
	if (fetch == NULL)
		return false;
	fetch->ready = true;
	if ((events & (EPOLLERR | EPOLLHUP)) != 0)
		finish(selections, fetch, VP_STREAM_CANCELLED,
			"whoever was to receive it has gone");
	else if (fetch->stage == VP_FETCH_WRITING)
		write_part(selections, fetch);
	return true;
}

void vp_selection_fetch_abandon(struct vp_selections *selections, xcb_window_t owner)
{
	for (size_t i = 0; i < VP_SELECTIONS_TRANSFERS_MAX; i++) {
		struct vp_selection_fetch *fetch = &selections->fetches[i];
		if (fetch->id != 0 && fetch->owner == owner &&
			(fetch->stage == VP_FETCH_CONVERTING || fetch->incr))
			fail(selections, fetch, "the application that owned it has ended");
	}
}

void vp_selection_fetch_stop(struct vp_selections *selections)
{
	for (size_t i = 0; i < VP_SELECTIONS_TRANSFERS_MAX; i++)
		if (selections->fetches[i].id != 0)
			close(release(selections, &selections->fetches[i]));
}

/* -1 is never. */
int64_t vp_selection_fetch_deadline(const struct vp_selections *selections)
{
	int64_t earliest = -1;
	for (size_t i = 0; i < VP_SELECTIONS_TRANSFERS_MAX; i++) {
		const struct vp_selection_fetch *fetch = &selections->fetches[i];
		if (fetch->id != 0 && fetch->deadline != -1 &&
			(earliest == -1 || fetch->deadline < earliest))
			earliest = fetch->deadline;
	}
	return earliest;
}

void vp_selection_fetch_expire(struct vp_selections *selections, int64_t now)
{
	for (size_t i = 0; i < VP_SELECTIONS_TRANSFERS_MAX; i++) {
		struct vp_selection_fetch *fetch = &selections->fetches[i];
		if (fetch->id == 0 || fetch->deadline == -1 || now < fetch->deadline)
			continue;
		fail(selections, fetch,
			fetch->stage == VP_FETCH_REFUSED
				? "that is not offered any more"
				: "the application that owns it does not answer");
	}
}
