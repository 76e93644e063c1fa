#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "codec.h"

enum {
	OPCODE_BYTES = 2,
	/* One is legal; room for a few more, so that they are seen, and closed. */
	DESCRIPTORS_MAX = 4,
};

struct packet {
	size_t len;
	int fd; /* -1 none */
	uint8_t data[];
};

struct hc_link {
	int fd;
	enum hc_link_direction receives;
	uint16_t peer_version; /* as far as it is known */
	GQueue queue; /* of struct packet, owner */
	size_t queued; /* bytes */
	uint8_t in[HC_LINK_PACKET_MAX];
	uint8_t out[HC_LINK_PACKET_MAX];
};

#define PUT_FIELD(type, name, min, max, doc) vp_put_##type(w, m->name, min, max);
#define GET_FIELD(type, name, min, max, doc) vp_get_##type(r, &m->name, min, max);

#define CODEC(op, UP, low, dir, since, doc) \
	static void put_##low(struct vp_writer *w, const struct hc_link_##low *m) \
	{ \
		HC_LINK_##UP(PUT_FIELD) \
	} \
	static void get_##low(struct vp_reader *r, struct hc_link_##low *m) \
	{ \
		HC_LINK_##UP(GET_FIELD) \
	}
HC_LINK_ALL_MESSAGES(CODEC)

static int op_direction(uint16_t op)
{
#define DIRECTION(opcode, UP, low, dir, since, doc) \
	case opcode: \
		return HC_LINK_##dir;
	switch (op) {
		HC_LINK_ALL_MESSAGES(DIRECTION)
	default:
		return 0;
	}
#undef DIRECTION
}

#define CHECK_VERSION(op, UP, low, dir, since, doc) \
	_Static_assert((since) >= 1 && (since) <= HC_LINK_VERSION, #UP ": raise HC_LINK_VERSION");
HC_LINK_ALL_MESSAGES(CHECK_VERSION)

/* Of the link that the message came with. */
static uint16_t op_version(enum hc_link_op op)
{
#define SINCE(opcode, UP, low, dir, since, doc) \
	case HC_LINK_OP_##UP: \
		return since;
	switch (op) {
		HC_LINK_ALL_MESSAGES(SINCE)
	}
#undef SINCE
	return UINT16_MAX;
}

/* Of the messages that are sent on a link that receives others. */
static int opposite(enum hc_link_direction direction)
{
	switch (direction) {
	case HC_LINK_TO_VIEW:
		return HC_LINK_TO_BROKER;
	case HC_LINK_TO_BROKER:
		return HC_LINK_TO_VIEW;
	case HC_LINK_TO_DESK:
		return HC_LINK_FROM_DESK;
	case HC_LINK_FROM_DESK:
		return HC_LINK_TO_DESK;
	}
	return 0;
}

/* The bytes of the packet, 0 if the message is invalid. */
static size_t encode(const struct hc_link_message *message, uint8_t *buffer, size_t capacity)
{
	struct vp_writer w = { buffer, capacity, true };
	vp_put_u16(&w, (uint16_t)message->op, 0, UINT16_MAX);
#define ENCODE(op, UP, low, dir, since, doc) \
	case HC_LINK_OP_##UP: \
		put_##low(&w, &message->low); \
		break;
	switch (message->op) {
		HC_LINK_ALL_MESSAGES(ENCODE)
	}
#undef ENCODE
	return w.ok ? capacity - w.left : 0;
}

static bool decode(const uint8_t *packet, size_t len, struct hc_link_message *message)
{
	struct vp_reader r = { packet, len, true };
	uint16_t op;
	vp_get_u16(&r, &op, 0, UINT16_MAX);
#define DECODE(opcode, UP, low, dir, since, doc) \
	case opcode: \
		message->op = HC_LINK_OP_##UP; \
		get_##low(&r, &message->low); \
		break;
	switch (op) {
		HC_LINK_ALL_MESSAGES(DECODE)
	default:
		return false;
	}
#undef DECODE
	return r.ok && r.left == 0;
}

static bool carries_descriptor(const struct hc_link_message *message)
{
	return message->op == HC_LINK_OP_CONNECT || message->op == HC_LINK_OP_STREAM_OPEN ||
	       message->op == HC_LINK_OP_APPLICATION_ICON || message->op == HC_LINK_OP_DESK_FETCH ||
	       (message->op == HC_LINK_OP_DESK_ANSWER && message->desk_answer.stream != 0) ||
	       (message->op == HC_LINK_OP_SCREENSHOT && message->screenshot.width != 0);
}

static void packet_free(struct packet *packet)
{
	if (packet->fd >= 0)
		close(packet->fd);
	g_free(packet);
}

static bool is_of_broker(enum hc_link_direction receives)
{
	return receives == HC_LINK_TO_BROKER || receives == HC_LINK_FROM_DESK;
}

struct hc_link *hc_link_create(int socket_fd, enum hc_link_direction receives)
{
	int flags = fcntl(socket_fd, F_GETFL);
	if (flags < 0 || fcntl(socket_fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return NULL;
	/* The longest packet must fit whatever the system's default is. */
	int room = 2 * HC_LINK_PACKET_MAX;
	if (setsockopt(socket_fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)) < 0)
		return NULL;
	struct hc_link *link = g_new0(struct hc_link, 1);
	link->fd = socket_fd;
	link->receives = receives;
	link->peer_version = is_of_broker(receives) ? HC_LINK_VERSION : 1;
	g_queue_init(&link->queue);
	return link;
}

void hc_link_destroy(struct hc_link *link)
{
	if (link == NULL)
		return;
	struct packet *packet;
	while ((packet = g_queue_pop_head(&link->queue)) != NULL)
		packet_free(packet);
	close(link->fd);
	g_free(link);
}

int hc_link_get_fd(const struct hc_link *link)
{
	return link->fd;
}

bool hc_link_wants_output(const struct hc_link *link)
{
	return link->queued > 0;
}

static bool send_packet(struct hc_link *link, const uint8_t *data, size_t len, int fd)
{
	struct iovec part = { (uint8_t *)(uintptr_t)data, len };
	union {
		struct cmsghdr header; /* for its alignment */
		uint8_t bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	if (fd >= 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = sizeof(control.bytes);
		struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
	}
	ssize_t sent;
	do
		sent = sendmsg(link->fd, &header, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent >= 0;
}

static bool enqueue(struct hc_link *link, size_t len, int fd)
{
	if (len > HC_LINK_QUEUE_MAX - link->queued) {
		errno = ENOBUFS;
		return false;
	}
	int copy = -1;
	if (fd >= 0 && (copy = fcntl(fd, F_DUPFD_CLOEXEC, 0)) < 0)
		return false;
	struct packet *packet = g_malloc(sizeof(*packet) + len);
	packet->len = len;
	packet->fd = copy;
	memcpy(packet->data, link->out, len);
	g_queue_push_tail(&link->queue, packet);
	link->queued += len;
	return true;
}

void hc_link_greet(struct hc_link *link)
{
	if (link->receives == HC_LINK_FROM_DESK)
		hc_link_send(link,
			HC_LINK_MESSAGE(DESK_HELLO, desk_hello, .version = HC_LINK_VERSION), -1);
	else
		hc_link_send(link, HC_LINK_MESSAGE(HELLO, hello, .version = HC_LINK_VERSION), -1);
}

bool hc_link_understands(const struct hc_link *link, enum hc_link_op op)
{
	return op_version(op) <= link->peer_version;
}

bool hc_link_send(struct hc_link *link, const struct hc_link_message *message, int fd)
{
	size_t len = 0;
	if (op_direction((uint16_t)message->op) == opposite(link->receives) &&
		carries_descriptor(message) == (fd >= 0))
		len = encode(message, link->out, sizeof(link->out));
	if (len == 0) {
		errno = EINVAL;
		return false;
	}
	if (!hc_link_understands(link, message->op))
		return true;
	if (link->queued > 0)
		return enqueue(link, len, fd);
	if (send_packet(link, link->out, len, fd))
		return true;
	return (errno == EAGAIN || errno == EWOULDBLOCK) && enqueue(link, len, fd);
}

void hc_link_post(int link_fd, const struct hc_link_message *message)
{
	uint8_t packet[HC_LINK_POST_MAX];
	size_t len = encode(message, packet, sizeof(packet));
	if (len > 0)
		send(link_fd, packet, len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool hc_link_flush(struct hc_link *link)
{
	struct packet *packet;
	while ((packet = g_queue_peek_head(&link->queue)) != NULL) {
		if (!send_packet(link, packet->data, packet->len, packet->fd))
			return errno == EAGAIN || errno == EWOULDBLOCK;
		g_queue_pop_head(&link->queue);
		link->queued -= packet->len;
		packet_free(packet);
	}
	return true;
}

/* Keeps the first descriptor in *fd and closes the others; the number that came. */
static size_t take_descriptors(struct msghdr *header, int *fd)
{
	size_t count = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int received;
			memcpy(&received, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (count++ == 0)
				*fd = received;
			else
				close(received);
		}
	}
	return count;
}

static void note_version(struct hc_link *link, const struct hc_link_message *message)
{
	if (message->op == HC_LINK_OP_HELLO)
		link->peer_version = message->hello.version;
	else if (message->op == HC_LINK_OP_DESK_HELLO)
		link->peer_version = message->desk_hello.version;
}

int hc_link_receive(struct hc_link *link, struct hc_link_message *message, int *fd)
{
	struct iovec part = { link->in, sizeof(link->in) };
	union {
		struct cmsghdr header; /* for its alignment */
		uint8_t bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
	} control;
	struct msghdr header = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t len;
	do
		len = recvmsg(link->fd, &header, MSG_CMSG_CLOEXEC);
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
	int received = -1;
	size_t descriptors = take_descriptors(&header, &received);
	if (len == 0 && descriptors == 0) {
		errno = EPIPE;
		return -1;
	}
	struct hc_link_message decoded;
	if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 ||
		!decode(link->in, (size_t)len, &decoded) ||
		op_direction((uint16_t)decoded.op) != (int)link->receives ||
		descriptors != (carries_descriptor(&decoded) ? 1 : 0)) {
		if (received >= 0)
			close(received);
		errno = EPROTO;
		return -1;
	}
	note_version(link, &decoded);
	*message = decoded;
	*fd = received;
	return 1;
}
