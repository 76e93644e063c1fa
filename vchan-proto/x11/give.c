/*
 * Content for applications that paste: asked for when they do, gathered up to what one property
 * holds, and handed over in parts if there is more (ICCCM 2.7.2).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "selections-private.h"

static struct vp_selection_give *find(struct vp_selections *selections, uint32_t id)
{
	for (size_t i = 0; i < VP_SELECTIONS_TRANSFERS_MAX; i++)
		if (selections->gives[i].id == id)
			return &selections->gives[i];
	return NULL;
}

static void close_source(struct vp_selection_give *give)
{
	if (give->fd != -1)
		close(give->fd);
	give->fd = -1;
}

static void free_place(struct vp_selections *selections, struct vp_selection_give *give)
{
	close_source(give);
	free(give->data);
	*give = (struct vp_selection_give){ .fd = -1 };
	selections->transfers--;
}

static void release(struct vp_selections *selections, struct vp_selection_give *give)
{
	xcb_window_t requestor = give->requestor;
	free_place(selections, give);
	vp_selection_offer_release(selections, requestor);
}

/* Before anything has been given. */
static void refuse(struct vp_selections *selections, struct vp_selection_give *give)
{
	uint32_t request = give->request;
	size_t pair = give->pair;
	release(selections, give);
	vp_selection_offer_settle(selections, request, pair, false);
}

/* A requestor has given up an earlier conversion whose property it uses again. */
static void drop_earlier(
	struct vp_selections *selections, xcb_window_t requestor, xcb_atom_t property)
{
	for (size_t i = 0; i < VP_SELECTIONS_TRANSFERS_MAX; i++) {
		struct vp_selection_give *give = &selections->gives[i];
		if (give->id == 0 || give->requestor != requestor || give->property != property)
			continue;
		if (give->stage == VP_GIVE_INCR)
			release(selections, give);
		else
			refuse(selections, give);
	}
}

bool vp_selection_give_start(struct vp_selections *selections,
	const struct vp_selection_request *request, size_t pair, xcb_atom_t property,
	struct vp_selection_state *state, const struct vp_selection_form *form)
{
	drop_earlier(selections, request->requestor, property);
	struct vp_selection_give *give = find(selections, 0);
	if (give == NULL)
		return false;
	*give = (struct vp_selection_give){
		.id = vp_selections_new_id(selections),
		.request = request->id,
		.pair = pair,
		.selection = (enum vp_selection)(state - selections->states),
		.requestor = request->requestor,
		.property = property,
		.type = form->property_type,
		.latin1 = form->latin1,
		.fd = -1,
		.deadline = vp_selections_now() + VP_SELECTIONS_ANSWER_MS,
	};
	selections->transfers++;
	selections->listener->wanted(
		selections->data, give->id, give->selection, state->given_offer, form->type);
	return true;
}

/* Handing over */

static void write_property(
	struct vp_selections *selections, const struct vp_selection_give *give, size_t len)
{
	xcb_change_property(selections->connection, XCB_PROP_MODE_REPLACE, give->requestor,
		give->property, give->type, 8, (uint32_t)len, give->data);
}

static void keep_partial(struct vp_selection_give *give)
{
	for (size_t i = 0; i < give->partial; i++)
		give->data[i] = give->data[give->len + i];
	give->len = 0;
}

/* The size is what there is at least. */
static void begin_parts(struct vp_selections *selections, struct vp_selection_give *give)
{
	uint32_t size = (uint32_t)give->len;
	xcb_change_property(selections->connection, XCB_PROP_MODE_REPLACE, give->requestor,
		give->property, selections->atoms[VP_SELECTION_ATOM_INCR], 32, 1, &size);
	give->stage = VP_GIVE_INCR;
	vp_selection_offer_settle(selections, give->request, give->pair, true);
}

/* One property is full, or all has come. */
static void hand_over(struct vp_selections *selections, struct vp_selection_give *give)
{
	if (give->fd != -1) {
		begin_parts(selections, give);
		return;
	}
	uint32_t request = give->request;
	size_t pair = give->pair;
	write_property(selections, give, give->len);
	release(selections, give);
	vp_selection_offer_settle(selections, request, pair, true);
}

/* The last part is empty. */
static void hand_part(struct vp_selections *selections, struct vp_selection_give *give)
{
	if (give->len == 0 && give->fd != -1)
		return;
	bool last = give->len == 0;
	write_property(selections, give, give->len);
	give->taken = false;
	give->deadline = vp_selections_now() + VP_SELECTIONS_IDLE_MS;
	if (last)
		release(selections, give);
	else
		keep_partial(give);
}

/* Gathering */

static void add(struct vp_selection_give *give, size_t n)
{
	if (!give->latin1) {
		give->len += n;
		return;
	}
	uint8_t *text = give->data + give->len;
	give->len += vp_latin1_from_utf8(text, give->partial + n, &give->partial);
}

/* Half a character is none. */
static void end_source(struct vp_selection_give *give)
{
	close_source(give);
	if (give->partial > 0)
		give->data[give->len++] = '?';
	give->partial = 0;
}

/* Reads what there is and has room. False if it cannot be read. */
static bool gather(struct vp_selection_give *give)
{
	size_t used;
	while (give->fd != -1 && give->ready &&
		(used = give->len + give->partial) < VP_SELECTION_CHUNK) {
		ssize_t n = read(give->fd, give->data + used, VP_SELECTION_CHUNK - used);
		if (n > 0) {
			add(give, (size_t)n);
			give->deadline = vp_selections_now() + VP_SELECTIONS_IDLE_MS;
		} else if (n == 0) {
			end_source(give);
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			give->ready = false;
		} else if (errno != EINTR) {
			return false;
		}
	}
	return true;
}

static bool is_full(const struct vp_selection_give *give)
{
	return give->len + give->partial == VP_SELECTION_CHUNK;
}

static void proceed(struct vp_selections *selections, struct vp_selection_give *give)
{
	if (!gather(give))
		give->broken = true;
	if (give->broken && give->stage != VP_GIVE_INCR) {
		refuse(selections, give);
		return;
	}
	if (give->broken)
		end_source(give);
	if (give->stage == VP_GIVE_FILLING && (give->fd == -1 || is_full(give)))
		hand_over(selections, give);
	else if (give->stage == VP_GIVE_INCR && give->taken)
		hand_part(selections, give);
}

static bool take_source(struct vp_selections *selections, struct vp_selection_give *give, int fd)
{
	int flags = fcntl(fd, F_GETFL);
	give->data = malloc(VP_SELECTION_CHUNK);
	return give->data != NULL && flags != -1 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) != -1 &&
	       vp_selections_follow(selections, fd, true, give->id);
}

void vp_selections_answer(struct vp_selections *selections, uint32_t id, int fd)
{
	struct vp_selection_give *give = id != 0 ? find(selections, id) : NULL;
	if (give == NULL || give->stage != VP_GIVE_WANTED) {
		if (fd != -1)
			close(fd);
		return;
	}
	give->fd = fd;
	if (fd == -1 || !take_source(selections, give, fd)) {
		refuse(selections, give);
		return;
	}
	give->stage = VP_GIVE_FILLING;
	give->deadline = vp_selections_now() + VP_SELECTIONS_FETCH_MS;
	give->ready = true;
	proceed(selections, give);
}

void vp_selections_break(struct vp_selections *selections, uint32_t id)
{
	struct vp_selection_give *give = id != 0 ? find(selections, id) : NULL;
	if (give == NULL || give->fd == -1)
		return;
	give->broken = true;
	proceed(selections, give);
}

bool vp_selection_give_property(
	struct vp_selections *selections, const xcb_property_notify_event_t *event)
{
	for (size_t i = 0; i < VP_SELECTIONS_TRANSFERS_MAX; i++) {
		struct vp_selection_give *give = &selections->gives[i];
		if (give->id == 0 || give->requestor != event->window ||
			give->property != event->atom)
			continue;
		if (event->state == XCB_PROPERTY_DELETE && give->stage == VP_GIVE_INCR) {
			give->taken = true;
			proceed(selections, give);
		}
		return true;
	}
	return false;
}

bool vp_selection_give_ready(struct vp_selections *selections, uint32_t id, uint32_t events)
{
	struct vp_selection_give *give = find(selections, id);
	(void)events;
	if (give == NULL)
		return false;
	give->ready = true;
	proceed(selections, give);
	return true;
}

/* Ends */

void vp_selection_give_forget(struct vp_selections *selections, xcb_window_t requestor)
{
	for (size_t i = 0; i < VP_SELECTIONS_TRANSFERS_MAX; i++) {
		struct vp_selection_give *give = &selections->gives[i];
		/* No request goes to a window that is no more. */
		if (give->id != 0 && give->requestor == requestor)
			free_place(selections, give);
	}
}

void vp_selection_give_refuse(struct vp_selections *selections, enum vp_selection selection)
{
	for (size_t i = 0; i < VP_SELECTIONS_TRANSFERS_MAX; i++) {
		struct vp_selection_give *give = &selections->gives[i];
		if (give->id != 0 && give->selection == selection && give->stage == VP_GIVE_WANTED)
			refuse(selections, give);
	}
}

void vp_selection_give_stop(struct vp_selections *selections)
{
	for (size_t i = 0; i < VP_SELECTIONS_TRANSFERS_MAX; i++) {
		struct vp_selection_give *give = &selections->gives[i];
		if (give->id == 0)
			continue;
		if (give->stage == VP_GIVE_INCR)
			release(selections, give);
		else
			refuse(selections, give);
	}
}

/* -1 is never. */
int64_t vp_selection_give_deadline(const struct vp_selections *selections)
{
	int64_t earliest = -1;
	for (size_t i = 0; i < VP_SELECTIONS_TRANSFERS_MAX; i++) {
		const struct vp_selection_give *give = &selections->gives[i];
		if (give->id != 0 && (earliest == -1 || give->deadline < earliest))
			earliest = give->deadline;
	}
	return earliest;
}

/* A requestor that takes nothing is given up; a source that gives nothing has ended. */
static void give_up(struct vp_selections *selections, struct vp_selection_give *give)
{
	if (give->stage != VP_GIVE_INCR) {
		refuse(selections, give);
	} else if (!give->taken) {
		release(selections, give);
	} else {
		give->broken = true;
		proceed(selections, give);
	}
}

void vp_selection_give_expire(struct vp_selections *selections, int64_t now)
{
	for (size_t i = 0; i < VP_SELECTIONS_TRANSFERS_MAX; i++) {
		struct vp_selection_give *give = &selections->gives[i];
		if (give->id != 0 && now >= give->deadline)
			give_up(selections, give);
	}
}
