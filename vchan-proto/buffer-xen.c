#include "buffer-xen.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <xengnttab.h>
#include <xentoollog.h>

#include "buffer-memfd.h"
#include "codec.h"

enum { PAGE_BYTES = 4096, REFERENCE_BYTES = 4 };

_Static_assert(VP_BUFFER_BYTES_MAX / PAGE_BYTES * REFERENCE_BYTES <= VP_HANDLE_MAX,
	"the references of every buffer fit into its message");

struct buffer_xen {
	struct vp_buffer base;
	struct vp_buffer *local; /* what this side's display server sees */
	struct vp_grants *grants; /* NULL once they are destroyed, as is pages */
	LIST_ENTRY(buffer_xen) entry;
	uint8_t *pages;
	uint32_t page_count;
	uint8_t *references; /* on the agent's side */
};

struct vp_grants {
	uint32_t domain;
	xengntshr_handle *granting; /* one of these two is NULL */
	xengnttab_handle *mapping;
	xentoollog_logger_stdiostream *logger;
	LIST_HEAD(, buffer_xen) buffers;
};

static const struct vp_buffer_impl impl;

static struct buffer_xen *buffer_xen(struct vp_buffer *buffer)
{
	assert(buffer->impl == &impl);
	return (struct buffer_xen *)buffer;
}

static struct xentoollog_logger *quiet(struct vp_grants *grants)
{
	return (struct xentoollog_logger *)grants->logger;
}

struct vp_grants *vp_grants_create(uint32_t domain, bool agent)
{
	struct vp_grants *grants = calloc(1, sizeof(*grants));
	if (grants == NULL)
		return NULL;
	grants->domain = domain;
	LIST_INIT(&grants->buffers);
	/* The library would print each failure, which are the caller's to tell. */
	grants->logger = xtl_createlogger_stdiostream(stderr, XTL_CRITICAL, 0);
	if (grants->logger != NULL && agent)
		grants->granting = xengntshr_open(quiet(grants), 0);
	else if (grants->logger != NULL)
		grants->mapping = xengnttab_open(quiet(grants), 0);
	if (grants->granting != NULL || grants->mapping != NULL)
		return grants;
	int saved = errno;
	vp_grants_destroy(grants);
	errno = saved;
	return NULL;
}

static void end_access(struct buffer_xen *buffer)
{
	struct vp_grants *grants = buffer->grants;
	if (grants == NULL)
		return;
	if (grants->granting != NULL)
		xengntshr_unshare(grants->granting, buffer->pages, buffer->page_count);
	else
		xengnttab_unmap(grants->mapping, buffer->pages, buffer->page_count);
	LIST_REMOVE(buffer, entry);
	buffer->pages = NULL;
	buffer->grants = NULL;
}

void vp_grants_destroy(struct vp_grants *grants)
{
	if (grants == NULL)
		return;
	while (!LIST_EMPTY(&grants->buffers))
		end_access(LIST_FIRST(&grants->buffers));
	if (grants->granting != NULL)
		xengntshr_close(grants->granting);
	if (grants->mapping != NULL)
		xengnttab_close(grants->mapping);
	if (grants->logger != NULL)
		xtl_logger_destroy(quiet(grants));
	free(grants);
}

static uint32_t count_pages(size_t size)
{
	return (uint32_t)((size + PAGE_BYTES - 1) / PAGE_BYTES);
}

/* A buffer with local memory, which it takes over, and no pages yet. NULL with errno. */
static struct buffer_xen *wrap(struct vp_buffer *local)
{
	struct buffer_xen *buffer = local != NULL ? calloc(1, sizeof(*buffer)) : NULL;
	if (buffer == NULL) {
		vp_buffer_destroy(local);
		return NULL;
	}
	buffer->base = *local;
	buffer->base.impl = &impl;
	buffer->base.memory = VP_MEMORY_GRANTS;
	buffer->local = local;
	buffer->page_count = count_pages(local->size);
	return buffer;
}

static struct vp_buffer *adopt(struct vp_grants *grants, struct buffer_xen *buffer, uint8_t *pages)
{
	buffer->pages = pages;
	buffer->grants = grants;
	LIST_INSERT_HEAD(&grants->buffers, buffer, entry);
	return &buffer->base;
}

static struct vp_buffer *discard(struct buffer_xen *buffer, uint32_t *references, int failure)
{
	if (buffer != NULL)
		vp_buffer_destroy(&buffer->base);
	free(references);
	errno = failure;
	return NULL;
}

struct vp_buffer *vp_buffer_xen_create(
	struct vp_grants *grants, uint32_t width, uint32_t height, enum vp_format format)
{
	struct buffer_xen *buffer = wrap(vp_buffer_memfd_create(width, height, format));
	if (buffer == NULL)
		return NULL;
	uint32_t *references = calloc(buffer->page_count, sizeof(*references));
	buffer->references = malloc((size_t)buffer->page_count * REFERENCE_BYTES);
	if (references == NULL || buffer->references == NULL ||
		vp_buffer_data(buffer->local) == NULL)
		return discard(buffer, references, ENOMEM);
	uint8_t *pages = xengntshr_share_pages(
		grants->granting, grants->domain, (int)buffer->page_count, references, 0);
	if (pages == NULL)
		return discard(buffer, references, errno);
	/* A child would keep them granted. */
	madvise(pages, (size_t)buffer->page_count * PAGE_BYTES, MADV_DONTFORK);
	for (uint32_t i = 0; i < buffer->page_count; i++)
		vp_store_le(buffer->references + (size_t)i * REFERENCE_BYTES, references[i],
			REFERENCE_BYTES);
	free(references);
	return adopt(grants, buffer, pages);
}

struct vp_bytes vp_buffer_xen_references(struct vp_buffer *base)
{
	struct buffer_xen *buffer = buffer_xen(base);
	return (struct vp_bytes){ buffer->references,
		(size_t)buffer->page_count * REFERENCE_BYTES };
}

static uint32_t *copy_references(const struct vp_buffer_create *message, uint32_t page_count)
{
	if (message->handle.len != (size_t)page_count * REFERENCE_BYTES) {
		errno = EPROTO;
		return NULL;
	}
	uint32_t *references = calloc(page_count, sizeof(*references));
	for (uint32_t i = 0; references != NULL && i < page_count; i++)
		references[i] = (uint32_t)vp_load_le(
			message->handle.data + (size_t)i * REFERENCE_BYTES, REFERENCE_BYTES);
	return references;
}

/* The hypervisor refuses references that the domain has not granted to this one. A page that is
 * named twice is mapped twice, to no harm. */
struct vp_buffer *vp_buffer_xen_map(
	struct vp_grants *grants, const struct vp_buffer_create *message)
{
	if (!vp_buffer_shape_valid(
		    message->width, message->height, message->stride, message->size)) {
		errno = EPROTO;
		return NULL;
	}
	uint32_t *references = copy_references(message, count_pages(message->size));
	if (references == NULL)
		return NULL;
	struct buffer_xen *buffer = wrap(vp_buffer_memfd_create_as(message));
	if (buffer == NULL || vp_buffer_data(buffer->local) == NULL)
		return discard(buffer, references, ENOMEM);
	uint8_t *pages = xengnttab_map_domain_grant_refs(
		grants->mapping, buffer->page_count, grants->domain, references, PROT_READ);
	if (pages == NULL)
		return discard(buffer, references, EPROTO);
	free(references);
	return adopt(grants, buffer, pages);
}

static uint8_t *get_data(struct vp_buffer *base)
{
	return vp_buffer_data(buffer_xen(base)->local);
}

static size_t sync_pages(struct vp_buffer *base, struct vp_rects rects)
{
	struct buffer_xen *buffer = buffer_xen(base);
	if (buffer->grants == NULL)
		return 0;
	uint8_t *local = vp_buffer_data(buffer->local);
	return buffer->grants->granting != NULL ? vp_buffer_copy(base, buffer->pages, local, rects)
						: vp_buffer_copy(base, local, buffer->pages, rects);
}

static void destroy(struct vp_buffer *base)
{
	struct buffer_xen *buffer = buffer_xen(base);
	end_access(buffer);
	vp_buffer_destroy(buffer->local);
	free(buffer->references);
	free(buffer);
}

static const struct vp_buffer_impl impl = {
	.data = get_data,
	.sync = sync_pages,
	.destroy = destroy,
};
