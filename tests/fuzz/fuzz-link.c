/*
 * A packet of a link between the broker and a view or the desk: the input's first byte says to
 * which side, and with how many descriptors, the rest is the packet. What is received must be sent
 * as the same bytes, and no descriptor may be left open.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "link.h"

enum { DIRECTIONS = 4, DESCRIPTORS_MAX = 3 };

/* The two ends of the link of each direction of messages. */
static struct {
	struct hc_link *receiver;
	struct hc_link *sender;
} links[DIRECTIONS];

static int some_file;

static struct hc_link *create_link(int fd, int direction)
{
	struct hc_link *link = hc_link_create(fd, (enum hc_link_direction)(direction + 1));

	fuzz_require(link != NULL);
	return link;
}

/* Who sends to the broker says all that there is. */
static void tell_version(int direction)
{
	struct hc_link_message message;
	int fd;

	hc_link_greet(links[direction].receiver);
	fuzz_require(hc_link_receive(links[direction].sender, &message, &fd) == 1);
}

void fuzz_prepare(void)
{
	/* Of the messages that the other end gets. */
	static const int opposite[] = { HC_LINK_TO_BROKER - 1, HC_LINK_TO_VIEW - 1,
		HC_LINK_FROM_DESK - 1, HC_LINK_TO_DESK - 1 };

	some_file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	for (int i = 0; i < DIRECTIONS; i++) {
		int ends[2];

		fuzz_require(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
		links[i].receiver = create_link(ends[0], i);
		links[i].sender = create_link(ends[1], opposite[i]);
	}
	tell_version(HC_LINK_TO_BROKER - 1);
	tell_version(HC_LINK_FROM_DESK - 1);
}

static bool send_packet(int fd, const uint8_t *data, size_t size, size_t descriptors)
{
	struct iovec part = { (void *)(uintptr_t)data, size };
	union {
		struct cmsghdr header; /* for its alignment */
		uint8_t bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
	} control = { 0 };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };

	if (descriptors > 0) {
		struct cmsghdr *rights = &control.header;

		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(descriptors * sizeof(int));
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(descriptors * sizeof(int));
		for (size_t i = 0; i < descriptors; i++)
			memcpy(CMSG_DATA(rights) + i * sizeof(int), &some_file, sizeof(int));
	}
	return sendmsg(fd, &header, MSG_NOSIGNAL) >= 0;
}

/* The lowest descriptor that is free tells whether one has been left. */
static int next_descriptor(void)
{
	int fd = dup(some_file);

	close(fd);
	return fd;
}

static void check_same(int direction, const struct hc_link_message *message, int fd,
	const uint8_t *data, size_t size)
{
	static uint8_t again[HC_LINK_PACKET_MAX];

	fuzz_require(hc_link_send(links[direction].sender, message, fd));
	fuzz_require(recv(hc_link_get_fd(links[direction].receiver), again, sizeof(again), 0) ==
		     (ssize_t)size);
	fuzz_require(memcmp(again, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hc_link_message message;
	int free_fd = next_descriptor();
	int fd = -1;

	if (size < 2)
		return 0;
	int direction = data[0] % DIRECTIONS;
	size_t descriptors = data[0] / DIRECTIONS % (DESCRIPTORS_MAX + 1);
	if (!send_packet(hc_link_get_fd(links[direction].sender), data + 1, size - 1, descriptors))
		return 0;
	int result = hc_link_receive(links[direction].receiver, &message, &fd);
	fuzz_require(result == 1 || result == -1);
	if (result == 1)
		check_same(direction, &message, fd, data + 1, size - 1);
	if (fd >= 0)
		close(fd);
	fuzz_require(next_descriptor() == free_fd);
	return 0;
}
