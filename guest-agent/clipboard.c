#define G_LOG_DOMAIN "ga-clipboard"

#include "clipboard.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <unistd.h>

#include "selections.h"

/* The stream that answers a paste. */
struct paste {
	uint32_t stream;
	uint32_t request;
};

struct ga_clipboard {
	struct vp_selections *selections; /* NULL once the X server has gone */
	struct vp_streams *streams;
	bool (*tell)(void *data, const struct vp_message *message);
	void *data;
	GArray *pastes; /* of struct paste, whose streams go on */
};

/* For people; the other side's words come from the caller. */
static struct vp_text text_from(const char *text)
{
	return vp_text_from(text, VP_REASON_MAX);
}

static void handle_offered(void *data, enum vp_selection selection, uint32_t offer, uint32_t types)
{
	struct ga_clipboard *clipboard = data;
	clipboard->tell(clipboard->data,
		VP_MESSAGE(CLIPBOARD_OFFERED, clipboard_offered, .selection = (uint8_t)selection,
			.offer = offer, .types = types));
}

static void handle_wanted(void *data, uint32_t request, enum vp_selection selection, uint32_t offer,
	enum vp_clipboard_type type)
{
	struct ga_clipboard *clipboard = data;
	clipboard->tell(clipboard->data,
		VP_MESSAGE(CLIPBOARD_WANTED, clipboard_wanted, .request = request,
			.selection = (uint8_t)selection, .offer = offer, .type = type));
}

/* Its pipe is closed afterwards, which would look like the end of the content. */
static void handle_fetched(void *data, uint32_t stream, enum vp_stream_status status,
	uint64_t bytes, const char *message)
{
	struct ga_clipboard *clipboard = data;
	(void)bytes;
	if (status != VP_STREAM_DONE)
		vp_streams_cancel(clipboard->streams, stream, status, text_from(message));
}

/* The capture tells of it, and ends the agent. */
static void handle_lost(void *data)
{
	(void)data;
}

static const struct vp_selections_listener selections_listener = {
	.offered = handle_offered,
	.wanted = handle_wanted,
	.fetched = handle_fetched,
	.lost = handle_lost,
};

struct ga_clipboard *ga_clipboard_create(const char *display, struct vp_streams *streams,
	bool (*tell)(void *data, const struct vp_message *message), void *data)
{
	char error[VP_REASON_MAX];
	struct ga_clipboard *clipboard = g_new0(struct ga_clipboard, 1);
	clipboard->streams = streams;
	clipboard->tell = tell;
	clipboard->data = data;
	clipboard->pastes = g_array_new(FALSE, FALSE, sizeof(struct paste));
	clipboard->selections = vp_selections_create(
		display, &selections_listener, clipboard, error, sizeof(error));
	if (clipboard->selections != NULL)
		return clipboard;
	g_warning("nothing can be copied and pasted: %s", error);
	ga_clipboard_destroy(clipboard);
	return NULL;
}

void ga_clipboard_destroy(struct ga_clipboard *clipboard)
{
	if (clipboard == NULL)
		return;
	vp_selections_destroy(clipboard->selections);
	g_array_unref(clipboard->pastes);
	g_free(clipboard);
}

void ga_clipboard_primary_came(struct ga_clipboard *clipboard)
{
	if (clipboard != NULL)
		vp_selections_announce(clipboard->selections);
}

void ga_clipboard_primary_left(struct ga_clipboard *clipboard)
{
	if (clipboard == NULL)
		return;
	vp_selections_silence(clipboard->selections);
	g_array_set_size(clipboard->pastes, 0);
}

static void refuse_fetch(struct ga_clipboard *clipboard, uint32_t stream, const char *reason)
{
	clipboard->tell(
		clipboard->data, VP_MESSAGE(STREAM_END, stream_end, .stream = stream,
					 .status = VP_STREAM_FAILED, .message = text_from(reason)));
}

static void handle_fetch(struct ga_clipboard *clipboard, const struct vp_clipboard_fetch *fetch)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0) {
		refuse_fetch(clipboard, fetch->stream, g_strerror(errno));
		return;
	}
	if (!vp_streams_send(clipboard->streams, fetch->stream, ends[0])) {
		refuse_fetch(clipboard, fetch->stream, g_strerror(errno));
		close(ends[1]);
		return;
	}
	if (!vp_selections_fetch(clipboard->selections, fetch->stream,
		    (enum vp_selection)fetch->selection, fetch->offer,
		    (enum vp_clipboard_type)fetch->type, fetch->max, ends[1]))
		vp_streams_cancel(clipboard->streams, fetch->stream, VP_STREAM_FAILED,
			text_from("too much is being fetched"));
}

static void refuse_answer(struct ga_clipboard *clipboard, uint32_t request, uint32_t stream)
{
	vp_selections_answer(clipboard->selections, request, -1);
	if (stream != 0)
		clipboard->tell(
			clipboard->data, VP_MESSAGE(STREAM_CANCEL, stream_cancel, .stream = stream,
						 .status = VP_STREAM_FAILED,
						 .message = text_from(g_strerror(errno))));
}

static void handle_answer(struct ga_clipboard *clipboard, const struct vp_clipboard_answer *answer)
{
	struct paste paste = { .stream = answer->stream, .request = answer->request };
	int ends[2];
	if (answer->stream == 0 || pipe2(ends, O_CLOEXEC) < 0) {
		refuse_answer(clipboard, answer->request, answer->stream);
		return;
	}
	if (!vp_streams_receive(clipboard->streams, answer->stream, ends[1])) {
		refuse_answer(clipboard, answer->request, answer->stream);
		close(ends[0]);
		return;
	}
	g_array_append_val(clipboard->pastes, paste);
	vp_selections_answer(clipboard->selections, answer->request, ends[0]);
}

void ga_clipboard_handle_message(struct ga_clipboard *clipboard, const struct vp_message *message)
{
	if (clipboard == NULL)
		return;
	const struct vp_clipboard_offer *offer = &message->clipboard_offer;
	if (message->op == VP_OP_CLIPBOARD_OFFER)
		vp_selections_offer(clipboard->selections, (enum vp_selection)offer->selection,
			offer->offer, offer->types);
	else if (message->op == VP_OP_CLIPBOARD_FETCH)
		handle_fetch(clipboard, &message->clipboard_fetch);
	else if (message->op == VP_OP_CLIPBOARD_ANSWER)
		handle_answer(clipboard, &message->clipboard_answer);
}

void ga_clipboard_handle_stream_ended(
	struct ga_clipboard *clipboard, uint32_t stream, enum vp_stream_status status)
{
	for (guint i = 0; clipboard != NULL && i < clipboard->pastes->len; i++) {
		struct paste paste = g_array_index(clipboard->pastes, struct paste, i);
		if (paste.stream != stream)
			continue;
		g_array_remove_index_fast(clipboard->pastes, i);
		if (status != VP_STREAM_DONE)
			vp_selections_break(clipboard->selections, paste.request);
		return;
	}
}

int ga_clipboard_get_fd(const struct ga_clipboard *clipboard)
{
	return clipboard != NULL ? vp_selections_get_fd(clipboard->selections) : -1;
}

int64_t ga_clipboard_deadline(const struct ga_clipboard *clipboard)
{
	return clipboard != NULL ? vp_selections_deadline(clipboard->selections) : -1;
}

void ga_clipboard_dispatch(struct ga_clipboard *clipboard)
{
	if (clipboard != NULL)
		vp_selections_dispatch(clipboard->selections);
}

void ga_clipboard_flush(struct ga_clipboard *clipboard)
{
	if (clipboard != NULL)
		vp_selections_flush(clipboard->selections);
}
