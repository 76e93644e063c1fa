#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <xcb/xcbext.h>

#include "deadline.h"
#include "selections-private.h"

enum {
	EVENTS_PER_DISPATCH = 2 * VP_SELECTIONS_TRANSFERS_MAX + 1,
	CONNECTION = 0, /* in place of an id */
	SENT_EVENT = 0x80, /* bit of an event's type: made by a client */
	XFIXES_MAJOR = 1, /* that has selections */
};

static const char *const atom_names[] = {
#define ATOM_NAME(name, text) text,
	VP_SELECTION_ATOMS(ATOM_NAME)
#undef ATOM_NAME
};

int64_t vp_selections_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

uint32_t vp_selections_new_id(struct vp_selections *selections)
{
	if (++selections->last_id == CONNECTION)
		selections->last_id++;
	return selections->last_id;
}

/* Replies */

bool vp_selections_expect(struct vp_selections *selections, unsigned int sequence,
	vp_selection_reply_handler *handle, uint32_t argument)
{
	if (selections->reply_count == VP_SELECTION_REPLIES) {
		xcb_discard_reply(selections->connection, sequence);
		return false;
	}
	size_t at = (selections->reply_first + selections->reply_count) % VP_SELECTION_REPLIES;
	selections->replies[at] = (struct vp_selection_reply){ sequence, handle, argument };
	selections->reply_count++;
	return true;
}

/* True if the next reply is here; to look for it reads from the server, events too. NULL is an
 * error's. */
static bool receive_reply(struct vp_selections *selections, void **reply)
{
	if (selections->reply_count == 0)
		return false;
	unsigned int sequence = selections->replies[selections->reply_first].sequence;
	xcb_generic_error_t *error = NULL;
	bool here = xcb_poll_for_reply(selections->connection, sequence, reply, &error) != 0;
	free(error);
	return here;
}

static void handle_reply(struct vp_selections *selections, void *reply)
{
	struct vp_selection_reply awaited = selections->replies[selections->reply_first];
	selections->reply_first = (selections->reply_first + 1) % VP_SELECTION_REPLIES;
	selections->reply_count--;
	awaited.handle(selections, reply, awaited.argument);
	free(reply);
}

/* Events */

struct vp_selection_state *vp_selections_state(struct vp_selections *selections, xcb_atom_t atom)
{
	for (size_t i = 0; i < VP_SELECTION_COUNT; i++)
		if (selections->states[i].atom == atom)
			return &selections->states[i];
	return NULL;
}

static void handle_owner(
	struct vp_selections *selections, const xcb_xfixes_selection_notify_event_t *event)
{
	struct vp_selection_state *state = vp_selections_state(selections, event->selection);
	if (state == NULL)
		return;
	selections->time = event->timestamp;
	if (event->subtype != XCB_XFIXES_SELECTION_EVENT_SET_SELECTION_OWNER)
		vp_selection_fetch_abandon(selections, state->owner);
	vp_selection_watch_owner(selections, state, event->owner, event->selection_timestamp);
}

static void handle_property(
	struct vp_selections *selections, const xcb_property_notify_event_t *event)
{
	selections->time = event->time;
	if (event->window == selections->window)
		vp_selection_offer_time(selections);
	else if (!vp_selection_give_property(selections, event))
		vp_selection_fetch_property(selections, event);
}

static void forget_requestor(struct vp_selections *selections, xcb_window_t window)
{
	vp_selection_give_forget(selections, window);
	vp_selection_offer_forget(selections, window);
}

static void handle_event(struct vp_selections *selections, const xcb_generic_event_t *event)
{
	uint8_t type = event->response_type & (uint8_t)~SENT_EVENT;
	switch (type) {
	case 0:
		/* Of a window that has gone: all others are our own. */
		forget_requestor(selections, ((const xcb_generic_error_t *)event)->resource_id);
		break;
	case XCB_DESTROY_NOTIFY:
		forget_requestor(selections, ((const xcb_destroy_notify_event_t *)event)->window);
		break;
	case XCB_PROPERTY_NOTIFY:
		handle_property(selections, (const xcb_property_notify_event_t *)event);
		break;
	case XCB_SELECTION_REQUEST:
		vp_selection_offer_request(
			selections, (const xcb_selection_request_event_t *)event);
		break;
	case XCB_SELECTION_NOTIFY:
		if (!vp_selection_watch_notify(
			    selections, (const xcb_selection_notify_event_t *)event))
			vp_selection_fetch_notify(
				selections, (const xcb_selection_notify_event_t *)event);
		break;
	default:
		if (type == selections->xfixes_event + XCB_XFIXES_SELECTION_NOTIFY)
			handle_owner(
				selections, (const xcb_xfixes_selection_notify_event_t *)event);
	}
}

/* Sequence numbers wrap around. */
static bool precedes_reply(const struct vp_selections *selections, const xcb_generic_event_t *event)
{
	return selections->reply_count == 0 ||
	       (int32_t)(event->full_sequence -
			 selections->replies[selections->reply_first].sequence) < 0;
}

/* Those that the server has sent before the next reply. True if there were any. */
static bool handle_events(struct vp_selections *selections)
{
	bool any = false;
	for (;;) {
		if (selections->event == NULL)
			selections->event = xcb_poll_for_queued_event(selections->connection);
		xcb_generic_event_t *event = selections->event;
		if (event == NULL || !precedes_reply(selections, event))
			return any;
		selections->event = NULL;
		handle_event(selections, event);
		free(event);
		any = true;
	}
}

/* What has been read already, of which no descriptor tells, in the order of the server: what a
 * reply says is not newer than the events behind it. */
static bool handle_queued(struct vp_selections *selections)
{
	bool any = false;
	bool more;
	do {
		void *reply = NULL;
		bool here = receive_reply(selections, &reply);
		more = handle_events(selections) || here;
		if (here)
			handle_reply(selections, reply);
		any = any || more;
	} while (more);
	return any;
}

static void check_connection(struct vp_selections *selections)
{
	if (selections->lost || xcb_connection_has_error(selections->connection) == 0)
		return;
	selections->lost = true;
	epoll_ctl(selections->epoll_fd, EPOLL_CTL_DEL,
		xcb_get_file_descriptor(selections->connection), NULL);
	selections->listener->lost(selections->data);
}

static void read_connection(struct vp_selections *selections)
{
	if (selections->event == NULL)
		selections->event = xcb_poll_for_event(selections->connection);
	handle_queued(selections);
}

bool vp_selections_follow(struct vp_selections *selections, int fd, bool reads, uint32_t id)
{
	struct epoll_event event = {
		.events = (reads ? EPOLLIN : EPOLLOUT) | EPOLLET,
		.data.u32 = id,
	};
	return epoll_ctl(selections->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void expire(struct vp_selections *selections)
{
	int64_t now = vp_selections_now();
	vp_selection_watch_expire(selections, now);
	vp_selection_give_expire(selections, now);
	vp_selection_fetch_expire(selections, now);
}

void vp_selections_dispatch(struct vp_selections *selections)
{
	struct epoll_event events[EVENTS_PER_DISPATCH];
	int count = epoll_wait(selections->epoll_fd, events, EVENTS_PER_DISPATCH, 0);
	for (int i = 0; i < count && !selections->lost; i++) {
		uint32_t id = events[i].data.u32;
		if (id == CONNECTION)
			read_connection(selections);
		else if (!vp_selection_give_ready(selections, id, events[i].events))
			vp_selection_fetch_ready(selections, id, events[i].events);
	}
	if (!selections->lost)
		expire(selections);
	check_connection(selections);
}

bool vp_selections_flush(struct vp_selections *selections)
{
	bool any = false;
	xcb_flush(selections->connection);
	while (!selections->lost && handle_queued(selections)) {
		xcb_flush(selections->connection);
		any = true;
	}
	check_connection(selections);
	return any;
}

int vp_selections_get_fd(const struct vp_selections *selections)
{
	return selections->epoll_fd;
}

int64_t vp_selections_deadline(const struct vp_selections *selections)
{
	if (selections->lost)
		return -1;
	int64_t deadline = vp_selection_watch_deadline(selections);
	if (selections->transfers == 0)
		return deadline;
	return vp_earlier(deadline, vp_earlier(vp_selection_give_deadline(selections),
					    vp_selection_fetch_deadline(selections)));
}

/* Beginning and end */

xcb_window_t vp_selections_create_window(struct vp_selections *selections)
{
	xcb_window_t window = xcb_generate_id(selections->connection);
	uint32_t events = XCB_EVENT_MASK_PROPERTY_CHANGE;
	xcb_create_window(selections->connection, 0, window, selections->root, -1, -1, 1, 1, 0,
		XCB_WINDOW_CLASS_INPUT_ONLY, XCB_COPY_FROM_PARENT, XCB_CW_EVENT_MASK, &events);
	return window;
}

static bool intern_atoms(struct vp_selections *selections)
{
	xcb_intern_atom_cookie_t cookies[VP_SELECTION_ATOM_COUNT];
	bool all = true;
	for (size_t i = 0; i < VP_SELECTION_ATOM_COUNT; i++)
		cookies[i] = xcb_intern_atom(
			selections->connection, 0, (uint16_t)strlen(atom_names[i]), atom_names[i]);
	for (size_t i = 0; i < VP_SELECTION_ATOM_COUNT; i++) {
		xcb_intern_atom_reply_t *reply =
			xcb_intern_atom_reply(selections->connection, cookies[i], NULL);
		all = all && reply != NULL;
		selections->atoms[i] = reply != NULL ? reply->atom : XCB_NONE;
		free(reply);
	}
	selections->states[VP_SELECTION_CLIPBOARD].atom =
		selections->atoms[VP_SELECTION_ATOM_CLIPBOARD];
	selections->states[VP_SELECTION_PRIMARY].atom = XCB_ATOM_PRIMARY;
	return all;
}

static bool find_xfixes(struct vp_selections *selections)
{
	const xcb_query_extension_reply_t *extension =
		xcb_get_extension_data(selections->connection, &xcb_xfixes_id);
	if (extension == NULL || !extension->present)
		return false;
	selections->xfixes_event = extension->first_event;
	xcb_xfixes_query_version_reply_t *version =
		xcb_xfixes_query_version_reply(selections->connection,
			xcb_xfixes_query_version(selections->connection, XFIXES_MAJOR, 0), NULL);
	bool found = version != NULL && version->major_version >= XFIXES_MAJOR;
	free(version);
	return found;
}

static void watch_selections(struct vp_selections *selections)
{
	for (size_t i = 0; i < VP_SELECTION_COUNT; i++)
		xcb_xfixes_select_selection_input(selections->connection, selections->window,
			selections->states[i].atom,
			XCB_XFIXES_SELECTION_EVENT_MASK_SET_SELECTION_OWNER |
				XCB_XFIXES_SELECTION_EVENT_MASK_SELECTION_WINDOW_DESTROY |
				XCB_XFIXES_SELECTION_EVENT_MASK_SELECTION_CLIENT_CLOSE);
}

/* NULL, or what is wrong. */
static const char *open_display(struct vp_selections *selections, const char *display)
{
	int number = 0;
	selections->connection = xcb_connect(display, &number);
	if (xcb_connection_has_error(selections->connection) != 0)
		return "the X server cannot be reached";
	xcb_screen_iterator_t screens =
		xcb_setup_roots_iterator(xcb_get_setup(selections->connection));
	for (int i = 0; i < number && screens.rem > 1; i++)
		xcb_screen_next(&screens);
	selections->root = screens.data->root;
	if (!find_xfixes(selections))
		return "the X server has no XFIXES extension";
	if (!intern_atoms(selections))
		return "the X server has gone";
	selections->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = CONNECTION };
	if (selections->epoll_fd == -1 ||
		epoll_ctl(selections->epoll_fd, EPOLL_CTL_ADD,
			xcb_get_file_descriptor(selections->connection), &event) == -1)
		return strerror(errno);
	selections->window = vp_selections_create_window(selections);
	watch_selections(selections);
	return NULL;
}

struct vp_selections *vp_selections_create(const char *display,
	const struct vp_selections_listener *listener, void *data, char *error, size_t size)
{
	struct vp_selections *selections = calloc(1, sizeof(*selections));
	if (selections == NULL) {
		snprintf(error, size, "there is no memory");
		return NULL;
	}
	selections->listener = listener;
	selections->data = data;
	selections->epoll_fd = -1;
	const char *problem = open_display(selections, display);
	if (problem == NULL) {
		xcb_flush(selections->connection);
		return selections;
	}
	snprintf(error, size, "%s", problem);
	vp_selections_destroy(selections);
	return NULL;
}

void vp_selections_destroy(struct vp_selections *selections)
{
	if (selections == NULL)
		return;
	/* The server takes windows and selections back. */
	vp_selection_give_stop(selections);
	vp_selection_fetch_stop(selections);
	xcb_disconnect(selections->connection);
	free(selections->event);
	if (selections->epoll_fd != -1)
		close(selections->epoll_fd);
	free(selections);
}

void vp_selections_announce(struct vp_selections *selections)
{
	selections->announced = true;
	vp_selection_watch_announce(selections);
}

static void handle_silence(struct vp_selections *selections, void *data, uint32_t argument)
{
	(void)selections;
	(void)data;
	(void)argument;
}

void vp_selections_silence(struct vp_selections *selections)
{
	selections->announced = false;
	for (size_t i = 0; i < VP_SELECTION_COUNT; i++)
		vp_selections_offer(selections, (enum vp_selection)i, 0, 0);
	vp_selection_give_stop(selections);
	vp_selection_fetch_stop(selections);
	/* Any request with a reply serves. */
	xcb_get_input_focus_cookie_t cookie = xcb_get_input_focus(selections->connection);
	vp_selections_expect(selections, cookie.sequence, handle_silence, 0);
}

bool vp_selections_settled(const struct vp_selections *selections)
{
	return selections->lost || selections->reply_count == 0;
}
