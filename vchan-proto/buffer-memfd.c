#include "buffer-memfd.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* A memory that can shrink would turn a read of it into SIGBUS, in the view or in the display
 * server. */
enum { SIZE_SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };

struct buffer_memfd {
	struct vp_buffer base;
	int protection;
	uint8_t *pixels; /* NULL until they are asked for */
};

static const struct vp_buffer_impl impl;

static struct buffer_memfd *buffer_memfd(struct vp_buffer *buffer)
{
	assert(buffer->impl == &impl);
	return (struct buffer_memfd *)buffer;
}

static void close_keeping_errno(int fd)
{
	int saved = errno;
	close(fd);
	errno = saved;
}

/* Huge pages are refused: reading a hole among them is SIGBUS when the pool is empty. */
static bool memory_sealed(int fd, size_t size)
{
	struct stat status;
	struct statfs system;
	int seals = fcntl(fd, F_GET_SEALS);
	return seals != -1 && (seals & SIZE_SEALS) == SIZE_SEALS && fstat(fd, &status) == 0 &&
	       S_ISREG(status.st_mode) && status.st_size >= 0 && (size_t)status.st_size >= size &&
	       fstatfs(fd, &system) == 0 && system.f_type == TMPFS_MAGIC;
}

static int create_memory(size_t size)
{
	int fd = memfd_create("oriel-buffer", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd == -1)
		return -1;
	if (ftruncate(fd, (off_t)size) == 0 && fcntl(fd, F_ADD_SEALS, SIZE_SEALS) == 0)
		return fd;
	close_keeping_errno(fd);
	return -1;
}

/* Takes the descriptor over, even if it fails. */
static struct vp_buffer *wrap_memory(int fd, int protection, const struct vp_buffer *shape)
{
	struct buffer_memfd *buffer = malloc(sizeof(*buffer));
	if (buffer == NULL) {
		close_keeping_errno(fd);
		return NULL;
	}
	*buffer = (struct buffer_memfd){ .base = *shape, .protection = protection };
	buffer->base.impl = &impl;
	buffer->base.fd = fd;
	return &buffer->base;
}

static struct vp_buffer *create(const struct vp_buffer *shape)
{
	if (!vp_buffer_shape_valid(shape->width, shape->height, shape->stride, shape->size)) {
		errno = EINVAL;
		return NULL;
	}
	int fd = create_memory(shape->size);
	return fd != -1 ? wrap_memory(fd, PROT_READ | PROT_WRITE, shape) : NULL;
}

struct vp_buffer *vp_buffer_memfd_create(uint32_t width, uint32_t height, enum vp_format format)
{
	if (width > VP_SIZE_MAX || height > VP_SIZE_MAX) {
		errno = EINVAL;
		return NULL;
	}
	struct vp_buffer shape = {
		.width = width,
		.height = height,
		.stride = width * VP_PIXEL_BYTES,
		.format = format,
		.size = (size_t)width * VP_PIXEL_BYTES * height,
	};
	return create(&shape);
}

static struct vp_buffer shape_of(const struct vp_buffer_create *message)
{
	return (struct vp_buffer){
		.id = message->buffer,
		.width = message->width,
		.height = message->height,
		.stride = message->stride,
		.format = (enum vp_format)message->format,
		.memory = (enum vp_memory)message->memory,
		.size = message->size,
	};
}

struct vp_buffer *vp_buffer_memfd_create_as(const struct vp_buffer_create *message)
{
	struct vp_buffer shape = shape_of(message);
	return create(&shape);
}

struct vp_buffer *vp_buffer_memfd_map(int fd, const struct vp_buffer_create *message)
{
	if (!vp_buffer_shape_valid(
		    message->width, message->height, message->stride, message->size) ||
		!memory_sealed(fd, message->size)) {
		close(fd);
		errno = EPROTO;
		return NULL;
	}
	struct vp_buffer shape = shape_of(message);
	return wrap_memory(fd, PROT_READ, &shape);
}

bool vp_buffer_memfd_alloc(struct vp_transport *transport, uint32_t width, uint32_t height,
	enum vp_format format, struct vp_buffer **buffer)
{
	(void)transport;
	struct vp_buffer *created = vp_buffer_memfd_create(width, height, format);
	if (created == NULL)
		return false;
	*buffer = created;
	return true;
}

bool vp_buffer_memfd_share(
	struct vp_buffer *buffer, struct vp_descriptors *outgoing, struct vp_bytes *handle)
{
	int fd = fcntl(buffer->fd, F_DUPFD_CLOEXEC, 0);
	if (fd == -1)
		return false;
	if (!vp_descriptors_push(outgoing, fd, VP_BUFFERS_MAX)) {
		close(fd);
		errno = ENOSPC;
		return false;
	}
	*handle = (struct vp_bytes){ NULL, 0 };
	return true;
}

bool vp_buffer_memfd_take(struct vp_descriptors *incoming, const struct vp_buffer_create *message,
	struct vp_buffer **buffer)
{
	struct vp_buffer *mapped = NULL;
	int fd = -1;
	errno = EPROTO;
	if (message->memory == VP_MEMORY_INLINE)
		mapped = vp_buffer_memfd_create_as(message);
	else if (message->memory == VP_MEMORY_DESCRIPTOR &&
		 (fd = vp_descriptors_pop(incoming)) != -1)
		mapped = vp_buffer_memfd_map(fd, message);
	if (mapped == NULL)
		return false;
	*buffer = mapped;
	return true;
}

static uint8_t *map_data(struct vp_buffer *base)
{
	struct buffer_memfd *buffer = buffer_memfd(base);
	if (buffer->pixels == NULL) {
		void *mapped = mmap(NULL, base->size, buffer->protection, MAP_SHARED, base->fd, 0);
		if (mapped == MAP_FAILED)
			return NULL;
		/* A child would keep the memory. */
		madvise(mapped, base->size, MADV_DONTFORK);
		buffer->pixels = mapped;
	}
	return buffer->pixels;
}

static void destroy(struct vp_buffer *base)
{
	struct buffer_memfd *buffer = buffer_memfd(base);
	if (buffer->pixels != NULL)
		munmap(buffer->pixels, base->size);
	close(base->fd);
	free(buffer);
}

static const struct vp_buffer_impl impl = {
	.data = map_data,
	.destroy = destroy,
};
