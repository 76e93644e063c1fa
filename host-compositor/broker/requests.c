#define G_LOG_DOMAIN "hc-requests"

#include "requests.h"

#include <unistd.h>

#include <gio/gio.h>

#include "rows.h"
#include "safe-text.h"

enum { ANSWER_MS = 5000 };

struct request {
	uint32_t serial;
	enum hc_request_kind kind;
	int64_t deadline;
	GPtrArray *rows;
	void (*done)(void *data, const struct hc_answer *answer, const GError *error);
	void *data;
};

struct hc_requests {
	char *vm;
	GPtrArray *all; /* of struct request, oldest first */
	uint32_t last_serial;
};

static void request_free(void *data)
{
	struct request *request = data;

	g_ptr_array_unref(request->rows);
	g_free(request);
}

struct hc_requests *hc_requests_create(const char *vm)
{
	struct hc_requests *requests = g_new0(struct hc_requests, 1);

	requests->vm = g_strdup(vm);
	requests->all = g_ptr_array_new_with_free_func(request_free);
	return requests;
}

void hc_requests_destroy(struct hc_requests *requests)
{
	if (!requests)
		return;
	hc_requests_fail_all(requests, "the broker ends");
	g_ptr_array_unref(requests->all);
	g_free(requests->vm);
	g_free(requests);
}

uint32_t hc_requests_add(struct hc_requests *requests, enum hc_request_kind kind, int64_t now,
	void (*done)(void *data, const struct hc_answer *answer, const GError *error), void *data)
{
	struct request *request = g_new0(struct request, 1);

	request->serial = ++requests->last_serial;
	request->kind = kind;
	request->deadline = now + ANSWER_MS;
	request->rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref);
	request->done = done;
	request->data = data;
	g_ptr_array_add(requests->all, request);
	return request->serial;
}

static struct request *find(const struct hc_requests *requests, enum hc_request_kind kind,
	uint32_t serial, guint *index)
{
	for (guint i = 0; i < requests->all->len; i++) {
		struct request *request = g_ptr_array_index(requests->all, i);

		if (request->serial == serial && request->kind == kind) {
			*index = i;
			return request;
		}
	}
	return NULL;
}

static void finish(struct hc_requests *requests, guint index, const struct hc_answer *answer,
	const char *reason)
{
	struct request *request = g_ptr_array_steal_index(requests->all, index);
	g_autoptr(GError) error = NULL;

	if (reason)
		error = g_error_new(G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", requests->vm, reason);
	request->done(request->data, answer, error);
	request_free(request);
}

static void add_row(struct hc_requests *requests, enum hc_request_kind kind, uint32_t serial,
	guint limit, GVariant *row)
{
	guint index;
	struct request *request = find(requests, kind, serial, &index);

	g_variant_ref_sink(row);
	if (request && request->rows->len < limit)
		g_ptr_array_add(request->rows, g_variant_ref(row));
	g_variant_unref(row);
}

static void complete(struct hc_requests *requests, enum hc_request_kind kind, uint32_t serial,
	const struct hc_link_message *message, int fd)
{
	struct hc_answer answer = { .fd = fd };
	g_autofree char *reason = NULL;
	guint index;
	struct request *request = find(requests, kind, serial, &index);

	if (!request) {
		g_debug("%s: an answer that comes late or was not asked for", requests->vm);
		return;
	}
	answer.rows = request->rows;
	if (kind == HC_REQUEST_STATS)
		answer.stats = message->stats;
	if (kind == HC_REQUEST_SCREENSHOT) {
		answer.screenshot = message->screenshot;
		if (message->screenshot.width == 0 || message->screenshot.height == 0 || fd < 0)
			reason = message->screenshot.error.len > 0
					 ? hc_safe_text(message->screenshot.error)
					 : g_strdup("there is nothing to take a picture of");
	}
	finish(requests, index, &answer, reason);
}

bool hc_requests_handle_message(
	struct hc_requests *requests, const struct hc_link_message *message, int fd)
{
	switch ((int)message->op) {
	case HC_LINK_OP_WINDOW:
		if (!message->window.mapped)
			return true;
		add_row(requests, HC_REQUEST_WINDOWS, message->window.serial, VP_WINDOWS_MAX,
			hc_row_window(requests->vm, &message->window));
		return true;
	case HC_LINK_OP_WINDOWS_END:
		complete(requests, HC_REQUEST_WINDOWS, message->windows_end.serial, message, -1);
		return true;
	case HC_LINK_OP_STATS:
		complete(requests, HC_REQUEST_STATS, message->stats.serial, message, -1);
		return true;
	case HC_LINK_OP_SCREENSHOT:
		complete(requests, HC_REQUEST_SCREENSHOT, message->screenshot.serial, message, fd);
		return true;
	default:
		return false;
	}
}

void hc_requests_handle_applications(struct hc_requests *requests, uint32_t serial)
{
	complete(requests, HC_REQUEST_APPLICATIONS, serial, NULL, -1);
}

void hc_requests_fail(struct hc_requests *requests, enum hc_request_kind kind, const char *reason)
{
	guint i = 0;

	while (i < requests->all->len) {
		const struct request *request = g_ptr_array_index(requests->all, i);

		if (request->kind == kind)
			finish(requests, i, NULL, reason);
		else
			i++;
	}
}

void hc_requests_fail_all(struct hc_requests *requests, const char *reason)
{
	while (requests->all->len > 0)
		finish(requests, 0, NULL, reason);
}

int64_t hc_requests_deadline(const struct hc_requests *requests)
{
	/* All wait equally long, so that the oldest is the next to expire. */
	const struct request *oldest;

	if (requests->all->len == 0)
		return -1;
	oldest = g_ptr_array_index(requests->all, 0);
	return oldest->deadline;
}

void hc_requests_expire(struct hc_requests *requests, int64_t now)
{
	int64_t deadline;

	while ((deadline = hc_requests_deadline(requests)) >= 0 && now >= deadline)
		finish(requests, 0, NULL, "its view did not answer in time");
}
