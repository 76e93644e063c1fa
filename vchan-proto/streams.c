#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
	QUEUE_BYTES = 2 * VP_STREAM_DATA_MAX, /* of the bulk channel, so that others have room */
	ACK_BYTES = VP_STREAM_WINDOW / 4,
	HELD_BYTES = VP_STREAM_DATA_MAX, /* at first */
	EVENTS_PER_DISPATCH = VP_STREAMS_MAX,
};

struct stream {
	uint32_t id; /* 0: this place is free */
	int fd;
	bool sends;
	bool ready; /* the descriptor has not said that it would block */
	bool begun; /* something has been sent */
	bool complete; /* all has come, and some is held */
	uint32_t window; /* bytes that may still come or go */
	uint32_t passed; /* bytes that have been written and not acknowledged */
	uint64_t bytes;
	uint8_t *held; /* what has come and could not be written yet */
	size_t held_capacity;
	size_t held_start;
	size_t held_len;
};

struct vp_streams {
	const struct vp_streams_listener *listener;
	void *data;
	struct vp_session *session; /* NULL: none, and no streams */
	int epoll_fd;
	size_t open; /* places that are taken */
	size_t next; /* whose turn it is to send */
	struct stream streams[VP_STREAMS_MAX];
	uint8_t buffer[VP_STREAM_DATA_MAX];
};

static const struct vp_text no_message = { "", 0 };

static struct vp_text text_from(const char *text)
{
	return vp_text_from(text, VP_REASON_MAX);
}

struct vp_streams *vp_streams_create(const struct vp_streams_listener *listener, void *data)
{
	struct vp_streams *streams = calloc(1, sizeof(*streams));
	if (streams == NULL)
		return NULL;
	streams->listener = listener;
	streams->data = data;
	streams->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (streams->epoll_fd != -1)
		return streams;
	int error = errno;
	free(streams);
	errno = error;
	return NULL;
}

/* The place is free afterwards; the descriptor is the caller's. */
static int release(struct vp_streams *streams, struct stream *stream)
{
	int fd = stream->fd;
	free(stream->held);
	streams->open--;
	*stream = (struct stream){ 0 };
	return fd;
}

static void finish(struct vp_streams *streams, struct stream *stream, enum vp_stream_status status,
	struct vp_text message)
{
	uint32_t id = stream->id;
	uint64_t bytes = stream->bytes;
	int fd = release(streams, stream);
	if (status == VP_STREAM_DONE)
		close(fd);
	streams->listener->ended(streams->data, id, status, bytes, message);
	if (status != VP_STREAM_DONE)
		close(fd);
}

void vp_streams_destroy(struct vp_streams *streams)
{
	if (streams == NULL)
		return;
	for (size_t i = 0; i < VP_STREAMS_MAX; i++)
		if (streams->streams[i].id != 0)
			close(release(streams, &streams->streams[i]));
	close(streams->epoll_fd);
	free(streams);
}

void vp_streams_begin(struct vp_streams *streams, struct vp_session *session)
{
	streams->session = session;
}

void vp_streams_end(struct vp_streams *streams, const char *text)
{
	streams->session = NULL;
	for (size_t i = 0; i < VP_STREAMS_MAX; i++)
		if (streams->streams[i].id != 0)
			finish(streams, &streams->streams[i], VP_STREAM_FAILED, text_from(text));
}

/* The stream of an id, or a free place for 0; NULL none. */
static struct stream *find(struct vp_streams *streams, uint32_t id)
{
	for (size_t i = 0; i < VP_STREAMS_MAX; i++)
		if (streams->streams[i].id == id)
			return &streams->streams[i];
	return NULL;
}

static struct stream *find_way(struct vp_streams *streams, uint32_t id, bool sends)
{
	struct stream *stream = find(streams, id);
	return stream != NULL && stream->sends == sends ? stream : NULL;
}

/* By edge: a descriptor that would not be used now need not be taken out, and one whose other end
 * is closed says so once. */
static bool watch(struct vp_streams *streams, uint32_t id, int fd, bool sends)
{
	struct epoll_event event = {
		.events = (sends ? EPOLLIN : EPOLLOUT) | EPOLLET,
		.data.u32 = id,
	};
	int flags = fcntl(fd, F_GETFL);
	return flags != -1 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) != -1 &&
	       epoll_ctl(streams->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* 0, or the error. */
static int open_stream(struct vp_streams *streams, uint32_t id, int fd, bool sends)
{
	if (streams->session == NULL)
		return ENOTCONN;
	if (id == 0 || find(streams, id) != NULL)
		return EEXIST;
	struct stream *stream = find(streams, 0);
	if (stream == NULL)
		return ENOSPC;
	if (!watch(streams, id, fd, sends))
		return errno;
	*stream = (struct stream){
		.id = id,
		.fd = fd,
		.sends = sends,
		.ready = true,
		.window = VP_STREAM_WINDOW,
	};
	streams->open++;
	return 0;
}

static bool open_or_close(struct vp_streams *streams, uint32_t id, int fd, bool sends)
{
	int error = open_stream(streams, id, fd, sends);
	if (error == 0)
		return true;
	close(fd);
	errno = error;
	return false;
}

bool vp_streams_send(struct vp_streams *streams, uint32_t id, int fd)
{
	return open_or_close(streams, id, fd, true);
}

bool vp_streams_receive(struct vp_streams *streams, uint32_t id, int fd)
{
	return open_or_close(streams, id, fd, false);
}

/* To the peer, and here. The session may end by it, and all streams with it. */
static void end_early(struct vp_streams *streams, struct stream *stream,
	enum vp_stream_status status, struct vp_text message)
{
	uint32_t id = stream->id;
	bool sends = stream->sends;
	finish(streams, stream, status, message);
	if (streams->session == NULL)
		return;
	if (sends)
		vp_session_send(
			streams->session, VP_MESSAGE(STREAM_END, stream_end, .stream = id,
						  .status = (uint8_t)status, .message = message));
	else
		vp_session_send(
			streams->session, VP_MESSAGE(STREAM_CANCEL, stream_cancel, .stream = id,
						  .status = (uint8_t)status, .message = message));
}

void vp_streams_cancel(struct vp_streams *streams, uint32_t id, enum vp_stream_status status,
	struct vp_text message)
{
	struct stream *stream = id != 0 ? find(streams, id) : NULL;
	if (stream != NULL)
		end_early(streams, stream, status, message);
}

void vp_streams_cancel_all(
	struct vp_streams *streams, enum vp_stream_status status, const char *text)
{
	for (size_t i = 0; i < VP_STREAMS_MAX; i++)
		if (streams->streams[i].id != 0)
			end_early(streams, &streams->streams[i], status, text_from(text));
}

/* Receiving */

/* Writes what the descriptor takes now. -1: it takes nothing any more. */
static ssize_t write_some(struct stream *stream, const uint8_t *data, size_t len)
{
	size_t written = 0;
	while (stream->ready && written < len) {
		ssize_t n = write(stream->fd, data + written, len - written);
		if (n >= 0)
			written += (size_t)n;
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			stream->ready = false;
		else if (errno != EINTR)
			return -1;
	}
	return (ssize_t)written;
}

/* False if the session has ended by it. */
static bool acknowledge(struct vp_streams *streams, struct stream *stream, size_t written)
{
	stream->bytes += written;
	stream->passed += (uint32_t)written;
	if (stream->passed < ACK_BYTES)
		return true;
	uint32_t passed = stream->passed;
	stream->window += passed;
	stream->passed = 0;
	return vp_session_send(streams->session,
		VP_MESSAGE(STREAM_ACK, stream_ack, .stream = stream->id, .bytes = passed));
}

static bool hold(struct stream *stream, const uint8_t *data, size_t len)
{
	if (len == 0)
		return true;
	if (stream->held_start > 0) {
		memmove(stream->held, stream->held + stream->held_start, stream->held_len);
		stream->held_start = 0;
	}
	size_t wanted = stream->held_capacity > 0 ? stream->held_capacity : HELD_BYTES;
	while (wanted < stream->held_len + len)
		wanted *= 2;
	if (wanted != stream->held_capacity) {
		uint8_t *held = realloc(stream->held, wanted);
		if (held == NULL)
			return false;
		stream->held = held;
		stream->held_capacity = wanted;
	}
	memcpy(stream->held + stream->held_len, data, len);
	stream->held_len += len;
	return true;
}

static void give_up(struct vp_streams *streams, struct stream *stream)
{
	end_early(streams, stream, VP_STREAM_CANCELLED,
		text_from("whoever was to receive it has gone"));
}

static void write_held(struct vp_streams *streams, struct stream *stream)
{
	if (stream->held_len == 0)
		return;
	ssize_t written = write_some(stream, stream->held + stream->held_start, stream->held_len);
	if (written == -1) {
		give_up(streams, stream);
		return;
	}
	stream->held_start += (size_t)written;
	stream->held_len -= (size_t)written;
	if (acknowledge(streams, stream, (size_t)written) && stream->complete &&
		stream->held_len == 0)
		finish(streams, stream, VP_STREAM_DONE, no_message);
}

static bool handle_data(struct vp_streams *streams, const struct vp_stream_data *message)
{
	struct stream *stream = find_way(streams, message->stream, false);
	struct vp_bytes data = message->data;
	if (stream == NULL || stream->complete)
		return true;
	if (data.len > stream->window) {
		vp_session_fail(streams->session, VP_BYE_PROTOCOL_ERROR,
			"stream %u goes beyond its window", message->stream);
		return false;
	}
	stream->window -= (uint32_t)data.len;
	ssize_t written = stream->held_len == 0 ? write_some(stream, data.data, data.len) : 0;
	if (written == -1)
		give_up(streams, stream);
	else if (!hold(stream, data.data + written, data.len - (size_t)written))
		end_early(
			streams, stream, VP_STREAM_FAILED, text_from("there is no memory for it"));
	else
		acknowledge(streams, stream, (size_t)written);
	return true;
}

static void handle_end(struct vp_streams *streams, const struct vp_stream_end *message)
{
	struct stream *stream = find_way(streams, message->stream, false);
	if (stream == NULL || stream->complete)
		return;
	if (message->status == VP_STREAM_DONE && stream->held_len > 0)
		stream->complete = true;
	else
		finish(streams, stream, (enum vp_stream_status)message->status, message->message);
}

/* Sending */

static bool handle_ack(struct vp_streams *streams, const struct vp_stream_ack *message)
{
	struct stream *stream = find_way(streams, message->stream, true);
	if (stream == NULL)
		return true;
	if (message->bytes > VP_STREAM_WINDOW - stream->window) {
		vp_session_fail(streams->session, VP_BYE_PROTOCOL_ERROR,
			"stream_ack exceeds what was sent of stream %u", message->stream);
		return false;
	}
	stream->window += message->bytes;
	return true;
}

static void handle_cancel(struct vp_streams *streams, const struct vp_stream_cancel *message)
{
	struct stream *stream = find_way(streams, message->stream, true);
	if (stream != NULL)
		finish(streams, stream, (enum vp_stream_status)message->status, message->message);
}

bool vp_streams_handle_message(struct vp_streams *streams, const struct vp_message *message)
{
	switch ((int)message->op) {
	case VP_OP_STREAM_DATA:
		return handle_data(streams, &message->stream_data);
	case VP_OP_STREAM_ACK:
		return handle_ack(streams, &message->stream_ack);
	case VP_OP_STREAM_END:
		handle_end(streams, &message->stream_end);
		return true;
	case VP_OP_STREAM_CANCEL:
		handle_cancel(streams, &message->stream_cancel);
		return true;
	default:
		return true;
	}
}

/* The bulk channel is overtaken by the one that tells of the stream, unless credit for that lacks.
 */
static bool may_send(const struct vp_streams *streams, const struct stream *stream)
{
	return stream->id != 0 && stream->sends && stream->ready && stream->window > 0 &&
	       vp_session_queued(streams->session, VP_CHANNEL_BULK) < QUEUE_BYTES &&
	       (stream->begun || vp_session_queued(streams->session, VP_CHANNEL_LAUNCH) == 0);
}

static void send_end(struct vp_streams *streams, struct stream *stream)
{
	uint32_t id = stream->id;
	finish(streams, stream, VP_STREAM_DONE, no_message);
	if (streams->session != NULL)
		vp_session_send(streams->session,
			VP_MESSAGE(STREAM_END, stream_end, .stream = id, .status = VP_STREAM_DONE));
}

/* True if something has been queued. */
static bool send_some(struct vp_streams *streams, struct stream *stream)
{
	size_t most = stream->window < VP_STREAM_DATA_MAX ? stream->window : VP_STREAM_DATA_MAX;
	ssize_t n;
	do
		n = read(stream->fd, streams->buffer, most);
	while (n == -1 && errno == EINTR);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		stream->ready = false;
		return false;
	}
	if (n == -1) {
		end_early(streams, stream, VP_STREAM_FAILED, text_from("it could not be read"));
	} else if (n == 0) {
		send_end(streams, stream);
	} else {
		stream->begun = true;
		stream->window -= (uint32_t)n;
		stream->bytes += (size_t)n;
		struct vp_bytes data = { streams->buffer, (size_t)n };
		vp_session_send(streams->session,
			VP_MESSAGE(STREAM_DATA, stream_data, .stream = stream->id, .data = data));
	}
	return true;
}

/* One message of each stream in turn, until there is nothing to send or no room. */
bool vp_streams_flush(struct vp_streams *streams)
{
	bool any = false;
	size_t idle = 0;
	while (streams->session != NULL && streams->open > 0 && idle < VP_STREAMS_MAX) {
		struct stream *stream = &streams->streams[streams->next];
		streams->next = (streams->next + 1) % VP_STREAMS_MAX;
		if (may_send(streams, stream) && send_some(streams, stream)) {
			any = true;
			idle = 0;
		} else {
			idle++;
		}
	}
	return any && streams->session != NULL;
}

int vp_streams_get_fd(const struct vp_streams *streams)
{
	return streams->epoll_fd;
}

static void handle_event(struct vp_streams *streams, const struct epoll_event *event)
{
	struct stream *stream = find(streams, event->data.u32);
	if (stream == NULL)
		return;
	stream->ready = true;
	if (stream->sends)
		return;
	if ((event->events & (EPOLLERR | EPOLLHUP)) != 0)
		give_up(streams, stream);
	else
		write_held(streams, stream);
}

void vp_streams_dispatch(struct vp_streams *streams)
{
	struct epoll_event events[EVENTS_PER_DISPATCH];
	int count = epoll_wait(streams->epoll_fd, events, EVENTS_PER_DISPATCH, 0);
	for (int i = 0; i < count && streams->session != NULL; i++)
		handle_event(streams, &events[i]);
}
