#define G_LOG_DOMAIN "ga-icon-reader"

#include "icon-reader.h"

#include <gio/gio.h>
#include <gio/gunixinputstream.h>
#include <string.h>

#include "icons/record.h"

enum {
	BATCH_MAX = 16, /* icons that one process draws */
	WAITING_MAX = 64,
	READ_BYTES = 128 * 1024,
};

struct request {
	uint32_t serial;
	char *icon;
};

struct ga_icon_reader {
	char *program;
	const struct ga_icon_reader_listener *listener;
	void *data;
	GQueue waiting; /* of struct request */
	GQueue running; /* of struct request, in the order of the process's answers */
	GInputStream *output; /* of the process, NULL: there is none */
	GCancellable *cancellable;
	bool reading;
	GByteArray *bytes; /* read, and not yet looked at */
};

static void request_free(void *data)
{
	struct request *request = data;
	g_free(request->icon);
	g_free(request);
}

struct ga_icon_reader *ga_icon_reader_create(
	const char *program, const struct ga_icon_reader_listener *listener, void *data)
{
	struct ga_icon_reader *reader = g_new0(struct ga_icon_reader, 1);
	reader->program = g_strdup(program);
	reader->listener = listener;
	reader->data = data;
	reader->bytes = g_byte_array_new();
	return reader;
}

/* The process ends when it finds that nobody reads. */
static void leave_process(struct ga_icon_reader *reader)
{
	if (reader->cancellable != NULL)
		g_cancellable_cancel(reader->cancellable);
	g_clear_object(&reader->cancellable);
	g_clear_object(&reader->output);
	reader->reading = false;
	g_byte_array_set_size(reader->bytes, 0);
}

void ga_icon_reader_cancel(struct ga_icon_reader *reader)
{
	leave_process(reader);
	g_queue_clear_full(&reader->waiting, request_free);
	g_queue_clear_full(&reader->running, request_free);
}

void ga_icon_reader_destroy(struct ga_icon_reader *reader)
{
	if (reader == NULL)
		return;
	ga_icon_reader_cancel(reader);
	g_byte_array_unref(reader->bytes);
	g_free(reader->program);
	g_free(reader);
}

bool ga_icon_reader_add(struct ga_icon_reader *reader, uint32_t serial, const char *icon)
{
	if (reader->waiting.length >= WAITING_MAX)
		return false;
	struct request *request = g_new0(struct request, 1);
	request->serial = serial;
	request->icon = g_strdup(icon);
	g_queue_push_tail(&reader->waiting, request);
	return true;
}

static void end_request(struct ga_icon_reader *reader)
{
	struct request *request = g_queue_pop_head(&reader->running);
	reader->listener->end(reader->data, request->serial);
	request_free(request);
}

static void end_process(struct ga_icon_reader *reader)
{
	leave_process(reader);
	while (reader->running.length > 0)
		end_request(reader);
}

/* The bytes of the first record, 0 if it has not come as a whole, -1 if it is none. */
static gssize take_record(struct ga_icon_reader *reader)
{
	struct ga_icon_record record;
	if (reader->bytes->len < sizeof(record))
		return 0;
	memcpy(&record, reader->bytes->data, sizeof(record));
	if (record.size > VP_ICON_SIZE_MAX || reader->running.length == 0)
		return -1;
	if (record.size == 0) {
		end_request(reader);
		return sizeof(record);
	}
	size_t len = (size_t)record.size * record.size * GA_ICON_PIXEL_BYTES;
	if (reader->bytes->len < sizeof(record) + len)
		return 0;
	const struct request *request = g_queue_peek_head(&reader->running);
	reader->listener->icon(reader->data, request->serial, record.size,
		(struct vp_bytes){ reader->bytes->data + sizeof(record), len });
	return (gssize)(sizeof(record) + len);
}

/* False if the process does not write what it should. */
static bool take_records(struct ga_icon_reader *reader)
{
	gssize taken;
	while ((taken = take_record(reader)) > 0)
		g_byte_array_remove_range(reader->bytes, 0, (guint)taken);
	return taken == 0;
}

static void handle_read(GObject *stream, GAsyncResult *result, void *data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) bytes =
		g_input_stream_read_bytes_finish(G_INPUT_STREAM(stream), result, &error);
	/* A reader that does not want it may be gone. */
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	struct ga_icon_reader *reader = data;
	reader->reading = false;
	if (bytes != NULL && g_bytes_get_size(bytes) > 0) {
		gsize len;
		const guint8 *read = g_bytes_get_data(bytes, &len);
		g_byte_array_append(reader->bytes, read, (guint)len);
		if (take_records(reader))
			return;
		g_warning("%s has written something else than icons", reader->program);
	}
	end_process(reader);
}

/* Its standard output, -1 if it cannot be started. It is nobody's child: nobody waits for it. */
static int start_process(struct ga_icon_reader *reader)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	int output = -1;
	g_ptr_array_add(words, reader->program);
	g_ptr_array_add(words, (char *)(uintptr_t) "--");
	while (reader->running.length < BATCH_MAX && reader->waiting.length > 0) {
		struct request *request = g_queue_pop_head(&reader->waiting);
		g_ptr_array_add(words, request->icon);
		g_queue_push_tail(&reader->running, request);
	}
	g_ptr_array_add(words, NULL);
	if (!g_spawn_async_with_pipes(NULL, (char **)words->pdata, NULL, G_SPAWN_DEFAULT, NULL,
		    NULL, NULL, NULL, &output, NULL, &error)) {
		g_message("applications have no icons: %s", error->message);
		return -1;
	}
	return output;
}

/* Without the program there are no icons, which is an answer, too. */
static void start(struct ga_icon_reader *reader)
{
	while (reader->output == NULL && reader->waiting.length > 0) {
		int output = start_process(reader);
		if (output != -1) {
			reader->output = g_unix_input_stream_new(output, TRUE);
			reader->cancellable = g_cancellable_new();
		} else {
			end_process(reader);
		}
	}
}

void ga_icon_reader_go_on(struct ga_icon_reader *reader)
{
	start(reader);
	if (reader->output == NULL || reader->reading)
		return;
	reader->reading = true;
	g_input_stream_read_bytes_async(reader->output, READ_BYTES, G_PRIORITY_DEFAULT,
		reader->cancellable, handle_read, reader);
}
