#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport-suite.h"

static void connect_unix(struct ends *ends)
{
	int sockets[2];
	CU_ASSERT_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
	ends->agent = vp_transport_unix_create(sockets[0]);
	ends->view = vp_transport_unix_create(sockets[1]);
	CU_ASSERT_FATAL(ends->agent != NULL && ends->view != NULL);
}

static void connect_memory(struct ends *ends)
{
	enum { CAPACITY = 5000 };
	CU_ASSERT_FATAL(vp_transport_memory_create(CAPACITY, &ends->agent, &ends->view));
}

static void test_bytes_pass(void)
{
	struct ends ends;
	connect_unix(&ends);
	ends_check_bytes_pass(&ends);
	connect_memory(&ends);
	ends_check_bytes_pass(&ends);
}

static void test_short_writes(void)
{
	struct ends ends;
	connect_unix(&ends);
	ends_check_short_writes(&ends);
	connect_memory(&ends);
	ends_check_short_writes(&ends);
}

static void test_peer_closed(void)
{
	struct ends ends;
	connect_unix(&ends);
	ends_check_peer_closed(&ends);
	connect_memory(&ends);
	ends_check_peer_closed(&ends);
}

static void test_buffer_shared(void)
{
	struct ends ends;
	connect_unix(&ends);
	ends_check_buffer_shared(&ends);
	connect_memory(&ends);
	ends_check_buffer_shared(&ends);
}

static bool allocates(struct ends *ends, uint32_t width, uint32_t height)
{
	struct vp_buffer *buffer = NULL;
	if (!vp_transport_buffer_alloc(ends->agent, width, height, VP_FORMAT_XRGB8888, &buffer)) {
		CU_ASSERT(errno == EINVAL && buffer == NULL);
		return false;
	}
	vp_buffer_destroy(buffer);
	return true;
}

static void test_buffer_sizes(void)
{
	struct ends ends;
	connect_unix(&ends);
	CU_ASSERT(allocates(&ends, 1, 1));
	CU_ASSERT(allocates(&ends, VP_SIZE_MAX, 1));
	CU_ASSERT(allocates(&ends, 8192, 8192));
	CU_ASSERT(!allocates(&ends, 8192, 8193));
	CU_ASSERT(!allocates(&ends, 0, 1));
	CU_ASSERT(!allocates(&ends, 1, 0));
	CU_ASSERT(!allocates(&ends, VP_SIZE_MAX + 1, 1));
	CU_ASSERT(!allocates(&ends, UINT32_MAX, UINT32_MAX));
	ends_disconnect(&ends);
	vp_buffer_destroy(NULL);
	vp_transport_destroy(NULL);
}

static void test_shapes(void)
{
	CU_ASSERT(vp_buffer_shape_valid(10, 10, 40, 400));
	CU_ASSERT(vp_buffer_shape_valid(10, 10, 44, 440));
	CU_ASSERT(vp_buffer_shape_valid(10, 10, 40, 4096));
	CU_ASSERT(!vp_buffer_shape_valid(10, 10, 36, 4096));
	CU_ASSERT(!vp_buffer_shape_valid(10, 10, 41, 4096));
	CU_ASSERT(!vp_buffer_shape_valid(10, 10, 40, 399));
	CU_ASSERT(!vp_buffer_shape_valid(0, 10, 40, 400));
	CU_ASSERT(!vp_buffer_shape_valid(10, 0, 40, 400));
	CU_ASSERT(!vp_buffer_shape_valid(1, 1, 4, (size_t)VP_BUFFER_BYTES_MAX + 1));
	CU_ASSERT(!vp_buffer_shape_valid(
		VP_SIZE_MAX, VP_SIZE_MAX, UINT32_MAX - 3, VP_BUFFER_BYTES_MAX));
}

/* A descriptor made by hand arrives with one byte; does the view map it as size bytes of 10 lines?
 */
static bool maps(int fd, uint32_t size)
{
	int sockets[2];
	struct vp_buffer *buffer = NULL;
	CU_ASSERT_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
	struct vp_transport *view = vp_transport_unix_create(sockets[1]);
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .header = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	uint8_t byte = 0;
	struct iovec bytes = { &byte, 1 };
	struct msghdr message = { .msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	CU_ASSERT_EQUAL(sendmsg(sockets[0], &message, 0), 1);
	CU_ASSERT_EQUAL(vp_transport_read(view, &byte, 1), 1);
	struct vp_buffer_create create = { 1, 0, 10, 10, 40, 0, size, { NULL, 0 } };
	bool mapped = vp_transport_buffer_map(view, &create, &buffer);
	if (!mapped)
		CU_ASSERT(errno == EPROTO && buffer == NULL);
	vp_buffer_destroy(buffer);
	vp_transport_destroy(view);
	close(sockets[0]);
	close(fd);
	return mapped;
}

static int memory(off_t size, int seals)
{
	int fd = memfd_create("unit", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CU_ASSERT_FATAL(fd != -1 && ftruncate(fd, size) == 0);
	CU_ASSERT_FATAL(seals == 0 || fcntl(fd, F_ADD_SEALS, seals) == 0);
	return fd;
}

static void test_hostile_descriptors(void)
{
	enum { ALL = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };
	int pipes[2];
	CU_ASSERT(maps(memory(400, ALL), 400));
	CU_ASSERT(maps(memory(4096, ALL), 400));
	CU_ASSERT(!maps(memory(399, ALL), 400));
	CU_ASSERT(!maps(memory(0, ALL), 400));
	CU_ASSERT(!maps(memory(400, 0), 400));
	CU_ASSERT(!maps(memory(400, F_SEAL_SHRINK), 400));
	CU_ASSERT(!maps(memory(400, F_SEAL_SHRINK | F_SEAL_GROW), 400));
	CU_ASSERT(!maps(memory(400, ALL), 399));
	CU_ASSERT(!maps(open("/dev/zero", O_RDWR | O_CLOEXEC), 400));
	CU_ASSERT(!maps(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), 400));
	CU_ASSERT_FATAL(pipe2(pipes, O_CLOEXEC) == 0);
	CU_ASSERT(!maps(pipes[0], 400));
	close(pipes[1]);
}

static void test_no_descriptor(void)
{
	struct ends ends;
	struct vp_buffer *buffer = NULL;
	struct vp_buffer_create create = { 1, 0, 10, 10, 40, 0, 400, { NULL, 0 } };
	connect_unix(&ends);
	CU_ASSERT(!vp_transport_buffer_map(ends.view, &create, &buffer));
	CU_ASSERT_EQUAL(errno, EPROTO);
	ends_disconnect(&ends);
	connect_memory(&ends);
	CU_ASSERT(!vp_transport_buffer_map(ends.view, &create, &buffer));
	CU_ASSERT_EQUAL(errno, EPROTO);
	ends_disconnect(&ends);
}

static void test_descriptor_bound(void)
{
	struct ends ends;
	struct vp_buffer *buffer;
	uint8_t byte = 0;
	connect_unix(&ends);
	CU_ASSERT_FATAL(vp_transport_buffer_alloc(ends.agent, 1, 1, VP_FORMAT_XRGB8888, &buffer));
	for (int i = 0; i <= VP_PENDING_DESCRIPTORS_MAX; i++)
		ends_share(&ends, buffer);
	CU_ASSERT_EQUAL(
		vp_transport_write(ends.agent, &byte, 1, VP_PENDING_DESCRIPTORS_MAX + 1), -1);
	CU_ASSERT_EQUAL(errno, EINVAL);
	ends_carry(&ends, VP_PENDING_DESCRIPTORS_MAX);
	CU_ASSERT_EQUAL(vp_transport_write(ends.agent, &byte, 1, 1), 1);
	CU_ASSERT_EQUAL(vp_transport_read(ends.view, &byte, 1), -1);
	CU_ASSERT_EQUAL(errno, EPROTO);
	vp_buffer_destroy(buffer);
	ends_disconnect(&ends);
}

static void test_share_bound(void)
{
	struct ends ends;
	struct vp_buffer *buffer;
	struct vp_bytes handle;
	int shared = 0;
	connect_unix(&ends);
	CU_ASSERT_FATAL(vp_transport_buffer_alloc(ends.agent, 1, 1, VP_FORMAT_XRGB8888, &buffer));
	while (vp_transport_buffer_share(ends.agent, buffer, &handle))
		shared++;
	CU_ASSERT(errno == ENOSPC || errno == EMFILE);
	CU_ASSERT(shared <= VP_BUFFERS_MAX);
	vp_buffer_destroy(buffer);
	ends_disconnect(&ends);
}

static void test_view_cannot_write(void)
{
	struct ends ends;
	struct vp_buffer *made;
	struct vp_buffer *mapped;
	connect_unix(&ends);
	CU_ASSERT_FATAL(vp_transport_buffer_alloc(ends.agent, 10, 10, VP_FORMAT_XRGB8888, &made));
	struct vp_buffer_create message = ends_share(&ends, made);
	ends_carry(&ends, 1);
	CU_ASSERT_FATAL(vp_transport_buffer_map(ends.view, &message, &mapped));
	uint8_t *pixels = vp_buffer_data(mapped);
	int pipes[2];
	CU_ASSERT_FATAL(pipe2(pipes, O_CLOEXEC) == 0);
	CU_ASSERT_EQUAL(write(pipes[1], "x", 1), 1);
	/* The kernel tells of the protection without a signal. */
	CU_ASSERT_EQUAL(read(pipes[0], pixels, 1), -1);
	CU_ASSERT_EQUAL(errno, EFAULT);
	close(pipes[0]);
	close(pipes[1]);
	vp_buffer_destroy(made);
	vp_buffer_destroy(mapped);
	ends_disconnect(&ends);
}

static void test_not_a_socket(void)
{
	CU_ASSERT_PTR_NULL(vp_transport_unix_create(-1));
	CU_ASSERT_EQUAL(errno, EBADF);
}

static const struct unit_test tests[] = {
	{ "bytes pass, and the descriptor signals while some are unread", test_bytes_pass },
	{ "after a short write the descriptor signals when there is room", test_short_writes },
	{ "what a closed peer has sent can still be read", test_peer_closed },
	{ "a buffer's pixels are shared, and outlive buffer and connection", test_buffer_shared },
	{ "buffers beyond the limits are not made", test_buffer_sizes },
	{ "a shape must hold its pixels and keep within the limits", test_shapes },
	{ "a descriptor that is unsealed, too small or no memory is refused",
		test_hostile_descriptors },
	{ "a buffer without descriptor is refused", test_no_descriptor },
	{ "too many descriptors break the stream", test_descriptor_bound },
	{ "shared buffers that wait are bounded", test_share_bound },
	{ "the view cannot write to a mapped buffer", test_view_cannot_write },
	{ "what is not a descriptor makes no transport", test_not_a_socket },
};

UNIT_MAIN("transport", tests)
