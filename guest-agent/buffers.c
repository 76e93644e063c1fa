#define G_LOG_DOMAIN "ga-buffers"

#include "buffers.h"

#include <errno.h>
#include <glib.h>

/* Pages that the kernel of a Xen domain lets its programs grant. */
#define GRANT_LIMIT "/sys/module/xen_gntalloc/parameters/limit"

enum {
	SPARE_MAX = 8,
	SPARE_BYTES_MAX = 16 << 20, /* some menus and dialogs */
};

struct ga_buffers {
	struct ga_capture *capture;
	struct vp_session *session; /* NULL: none */
	GHashTable *retired; /* id: struct vp_buffer, owned; the primary still has them */
	GQueue spare; /* struct vp_buffer, owned and attached; the one that was kept last first */
	size_t spare_bytes;
	uint64_t bytes; /* of all that the primary has */
	uint32_t count;
	bool local; /* this session's come without a descriptor */
	bool starved; /* one could not be had */
	bool refused; /* by the system or the display server, which tell nobody when they would not
		       */
	bool told; /* that some are not shared */
};

static void destroy_buffer(void *buffer)
{
	vp_buffer_destroy(buffer);
}

struct ga_buffers *ga_buffers_create(struct ga_capture *capture)
{
	struct ga_buffers *buffers = g_new0(struct ga_buffers, 1);
	buffers->capture = capture;
	buffers->retired = g_hash_table_new_full(NULL, NULL, NULL, destroy_buffer);
	g_queue_init(&buffers->spare);
	return buffers;
}

void ga_buffers_destroy(struct ga_buffers *buffers)
{
	if (buffers == NULL)
		return;
	ga_buffers_end(buffers);
	g_hash_table_destroy(buffers->retired);
	g_free(buffers);
}

void ga_buffers_begin(struct ga_buffers *buffers, struct vp_session *session)
{
	buffers->session = session;
}

void ga_buffers_end(struct ga_buffers *buffers)
{
	struct vp_buffer *spare;
	while ((spare = g_queue_pop_head(&buffers->spare)) != NULL)
		ga_buffers_drop(buffers, spare);
	g_hash_table_remove_all(buffers->retired);
	buffers->session = NULL;
	buffers->spare_bytes = 0;
	buffers->bytes = 0;
	buffers->count = 0;
	buffers->local = false;
	buffers->starved = false;
	buffers->refused = false;
	buffers->told = false;
}

void ga_buffers_drop(struct ga_buffers *buffers, struct vp_buffer *buffer)
{
	if (buffer == NULL)
		return;
	ga_capture_buffer_detach(buffers->capture, buffer);
	vp_buffer_destroy(buffer);
}

/* The primary unmaps it in its own time; until then the memory stays. */
static void send_destroy(struct ga_buffers *buffers, struct vp_buffer *buffer)
{
	g_hash_table_insert(buffers->retired, GUINT_TO_POINTER(buffer->id), buffer);
	vp_session_send(buffers->session, VP_MESSAGE(BUFFER_DESTROY, buffer_destroy, buffer->id));
}

void ga_buffers_retire(struct ga_buffers *buffers, struct vp_buffer *buffer)
{
	if (buffer == NULL)
		return;
	ga_capture_buffer_detach(buffers->capture, buffer);
	send_destroy(buffers, buffer);
}

static void retire_oldest_spare(struct ga_buffers *buffers)
{
	struct vp_buffer *oldest = g_queue_pop_tail(&buffers->spare);
	buffers->spare_bytes -= oldest->size;
	ga_buffers_retire(buffers, oldest);
}

static void retire_spares(struct ga_buffers *buffers)
{
	while (!g_queue_is_empty(&buffers->spare))
		retire_oldest_spare(buffers);
}

/* One that is not shared is not worth it: there may be pages for the next window. */
void ga_buffers_keep(struct ga_buffers *buffers, struct vp_buffer *buffer)
{
	if (buffer == NULL)
		return;
	if (buffer->memory == VP_MEMORY_INLINE || buffer->size > SPARE_BYTES_MAX) {
		ga_buffers_retire(buffers, buffer);
		return;
	}
	g_queue_push_head(&buffers->spare, buffer);
	buffers->spare_bytes += buffer->size;
	while (buffers->spare.length > SPARE_MAX || buffers->spare_bytes > SPARE_BYTES_MAX)
		retire_oldest_spare(buffers);
}

/* Rows as long as a new buffer's: both servers take half as long again to copy rows that lie
 * farther apart, with every frame. */
static struct vp_buffer *take_spare(
	struct ga_buffers *buffers, struct ga_extent size, bool growing, enum vp_format format)
{
	uint32_t width = ga_extent_for(size, growing).width;
	for (GList *link = buffers->spare.head; link != NULL; link = link->next) {
		struct vp_buffer *spare = link->data;
		struct ga_extent extent = { spare->width, spare->height };
		if (spare->format != format || spare->width != width ||
			!ga_extent_serves(extent, size))
			continue;
		g_queue_delete_link(&buffers->spare, link);
		buffers->spare_bytes -= spare->size;
		return spare;
	}
	return NULL;
}

/* The primary ends a session whose buffers are beyond these bounds. */
static bool has_room(const struct ga_buffers *buffers, struct ga_extent extent)
{
	uint64_t size = (uint64_t)extent.width * extent.height * VP_PIXEL_BYTES;
	uint64_t limit = buffers->local ? VP_LOCAL_BYTES_MAX : VP_SHARED_BYTES_MAX;
	return buffers->count < VP_BUFFERS_MAX && buffers->bytes + size <= limit;
}

static void tell_if_not_shared(struct ga_buffers *buffers, const struct vp_buffer *buffer)
{
	if (buffers->told || buffer->memory != VP_MEMORY_INLINE)
		return;
	buffers->told = true;
	g_autofree char *limit = NULL;
	g_file_get_contents(GRANT_LIMIT, &limit, NULL, NULL);
	g_warning("there are no more pages to share with the primary, so that the pixels of some "
		  "windows are sent as messages, which is slower; raise the limit, now %s, in %s",
		limit != NULL ? g_strstrip(limit) : "unknown", GRANT_LIMIT);
}

/* False with errno. */
static bool create(struct ga_buffers *buffers, struct ga_extent extent, enum vp_format format,
	struct vp_buffer **buffer)
{
	if (!has_room(buffers, extent)) {
		errno = ENOSPC;
		return false;
	}
	struct vp_buffer *created;
	if (!vp_session_buffer_create(
		    buffers->session, extent.width, extent.height, format, &created)) {
		buffers->refused = true;
		return false;
	}
	buffers->bytes += created->size;
	buffers->count++;
	buffers->local = created->memory != VP_MEMORY_DESCRIPTOR;
	*buffer = created;
	return true;
}

struct vp_buffer *ga_buffers_take(
	struct ga_buffers *buffers, struct ga_extent size, bool growing, enum vp_format format)
{
	struct vp_buffer *buffer = take_spare(buffers, size, growing, format);
	if (buffer != NULL)
		return buffer;
	if (!create(buffers, ga_extent_for(size, growing), format, &buffer)) {
		if (!buffers->starved)
			g_warning("no memory for the pixels of a window of %u x %u: %s; it stays "
				  "as it is until there is some",
				size.width, size.height, g_strerror(errno));
		buffers->starved = true;
		retire_spares(buffers);
		return NULL;
	}
	if (buffer->memory == VP_MEMORY_INLINE)
		retire_spares(buffers);
	tell_if_not_shared(buffers, buffer);
	if (ga_capture_buffer_attach(buffers->capture, buffer))
		return buffer;
	buffers->refused = true;
	send_destroy(buffers, buffer);
	return NULL;
}

bool ga_buffers_refused(const struct ga_buffers *buffers)
{
	return buffers->refused;
}

void ga_buffers_clear_refused(struct ga_buffers *buffers)
{
	buffers->refused = false;
}

bool ga_buffers_handle_released(struct ga_buffers *buffers, uint32_t id)
{
	const struct vp_buffer *released =
		g_hash_table_lookup(buffers->retired, GUINT_TO_POINTER(id));
	if (released == NULL)
		return false;
	buffers->bytes -= released->size;
	buffers->count--;
	g_hash_table_remove(buffers->retired, GUINT_TO_POINTER(id));
	bool again = buffers->starved;
	buffers->starved = false;
	return again;
}
