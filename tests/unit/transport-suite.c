#include "transport-suite.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

void ends_disconnect(struct ends *ends)
{
	vp_transport_destroy(ends->agent);
	vp_transport_destroy(ends->view);
}

static bool signalled(struct vp_transport *transport)
{
	struct pollfd poll_fd = { .fd = vp_transport_get_fd(transport), .events = POLLIN };
	return poll(&poll_fd, 1, 0) == 1;
}

/* Takes notice, as a main loop does. */
static bool wakes(struct vp_transport *transport)
{
	return signalled(transport) && vp_transport_dispatch(transport);
}

void ends_check_bytes_pass(struct ends *ends)
{
	uint8_t data[16];
	CU_ASSERT(!signalled(ends->view) && !signalled(ends->agent));
	CU_ASSERT_EQUAL(vp_transport_read(ends->view, data, sizeof(data)), 0);
	CU_ASSERT_EQUAL(vp_transport_write(ends->agent, (const uint8_t *)"hello", 5, 0), 5);
	CU_ASSERT(!signalled(ends->agent));
	CU_ASSERT(wakes(ends->view));
	CU_ASSERT_EQUAL(vp_transport_read(ends->view, data, 3), 3);
	CU_ASSERT(wakes(ends->view));
	CU_ASSERT_EQUAL(vp_transport_read(ends->view, data + 3, sizeof(data) - 3), 2);
	CU_ASSERT(memcmp(data, "hello", 5) == 0);
	CU_ASSERT(!signalled(ends->view));
	ends_disconnect(ends);
}

/* Reads all that has come and compares it with the pattern; how much. */
static size_t drain(struct vp_transport *transport, size_t at)
{
	uint8_t data[4096];
	size_t total = 0;
	ssize_t n;
	vp_transport_dispatch(transport);
	while ((n = vp_transport_read(transport, data, sizeof(data))) > 0) {
		for (size_t i = 0; i < (size_t)n; i++)
			CU_ASSERT_FATAL(data[i] == (uint8_t)((at + total + i) % 251));
		total += (size_t)n;
	}
	CU_ASSERT_EQUAL(n, 0);
	return total;
}

void ends_check_short_writes(struct ends *ends)
{
	enum { TOTAL = 1000000 };
	uint8_t *data = malloc(TOTAL);
	CU_ASSERT_FATAL(data != NULL);
	for (size_t i = 0; i < TOTAL; i++)
		data[i] = (uint8_t)(i % 251);
	size_t written = 0;
	size_t read = 0;
	unsigned int waits = 0;
	while (written < TOTAL) {
		ssize_t n = vp_transport_write(ends->agent, data + written, TOTAL - written, 0);
		CU_ASSERT_FATAL(n >= 0);
		written += (size_t)n;
		if (written < TOTAL) {
			waits++;
			CU_ASSERT_EQUAL(vp_transport_write(ends->agent, data, 1, 0), 0);
			CU_ASSERT(!signalled(ends->agent));
		}
		read += drain(ends->view, read);
		CU_ASSERT_EQUAL(wakes(ends->agent), written < TOTAL);
	}
	CU_ASSERT(waits > 0);
	CU_ASSERT_EQUAL(read, TOTAL);
	CU_ASSERT(!signalled(ends->agent));
	free(data);
	ends_disconnect(ends);
}

void ends_check_peer_closed(struct ends *ends)
{
	uint8_t data[16];
	CU_ASSERT_EQUAL(vp_transport_write(ends->agent, (const uint8_t *)"last", 4, 0), 4);
	CU_ASSERT_EQUAL(vp_transport_write(ends->view, (const uint8_t *)"unread", 6, 0), 6);
	vp_transport_destroy(ends->agent);
	ends->agent = NULL;
	CU_ASSERT(signalled(ends->view));
	CU_ASSERT_EQUAL(vp_transport_write(ends->view, data, 1, 0), -1);
	CU_ASSERT_EQUAL(errno, EPIPE);
	CU_ASSERT(!vp_transport_dispatch(ends->view));
	CU_ASSERT_EQUAL(vp_transport_read(ends->view, data, sizeof(data)), 4);
	CU_ASSERT(memcmp(data, "last", 4) == 0);
	CU_ASSERT(signalled(ends->view));
	CU_ASSERT_EQUAL(vp_transport_read(ends->view, data, sizeof(data)), -1);
	CU_ASSERT_EQUAL(errno, EPIPE);
	ends_disconnect(ends);
}

struct vp_buffer_create ends_share(struct ends *ends, struct vp_buffer *buffer)
{
	struct vp_buffer_create message = {
		.buffer = 1,
		.width = buffer->width,
		.height = buffer->height,
		.stride = buffer->stride,
		.format = (uint8_t)buffer->format,
		.memory = (uint8_t)buffer->memory,
		.size = (uint32_t)buffer->size,
	};
	CU_ASSERT(vp_transport_buffer_share(ends->agent, buffer, &message.handle));
	return message;
}

void ends_carry(struct ends *ends, size_t buffers)
{
	uint8_t byte = 0;
	CU_ASSERT_EQUAL(vp_transport_write(ends->agent, &byte, 1, buffers), 1);
	CU_ASSERT_EQUAL(vp_transport_read(ends->view, &byte, 1), 1);
}

struct vp_rects ends_whole(const struct vp_buffer *buffer)
{
	static uint8_t encoded[VP_RECT_BYTES];
	struct vp_rect rect = { 0, 0, (uint16_t)buffer->width, (uint16_t)buffer->height };
	return vp_rects_put(encoded, &rect, 1);
}

void ends_check_buffer_shared(struct ends *ends)
{
	struct vp_buffer *made;
	struct vp_buffer *mapped;
	CU_ASSERT_FATAL(vp_transport_buffer_alloc(ends->agent, 30, 20, VP_FORMAT_ARGB8888, &made));
	CU_ASSERT(made->stride == 120 && made->size == 2400 && made->fd != -1);
	uint8_t *pixels = vp_buffer_data(made);
	CU_ASSERT_FATAL(pixels != NULL);
	CU_ASSERT_EQUAL(pixels[2399], 0);
	struct vp_buffer_create message = ends_share(ends, made);
	ends_carry(ends, 1);
	CU_ASSERT_FATAL(vp_transport_buffer_map(ends->view, &message, &mapped));
	CU_ASSERT(mapped->id == 1 && mapped->width == 30 && mapped->height == 20);
	CU_ASSERT_EQUAL(mapped->format, VP_FORMAT_ARGB8888);
	pixels[2399] = 77;
	size_t copied = vp_buffer_sync(made, ends_whole(made));
	CU_ASSERT(copied == 0 || copied == 2400);
	CU_ASSERT_EQUAL(vp_buffer_sync(mapped, ends_whole(mapped)), copied);
	vp_buffer_destroy(made);
	/* It outlives the connection. */
	ends_disconnect(ends);
	pixels = vp_buffer_data(mapped);
	CU_ASSERT_FATAL(pixels != NULL);
	CU_ASSERT_EQUAL(pixels[2399], 77);
	CU_ASSERT_PTR_EQUAL(vp_buffer_data(mapped), pixels);
	CU_ASSERT_EQUAL(fcntl(mapped->fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	vp_buffer_destroy(mapped);
}
