#define G_LOG_DOMAIN "hc-crossing"

#include "crossing.h"

#include <errno.h>
#include <glib.h>

#include "clipboard.h"
#include "streams.h"

struct hc_crossing {
	const struct hc_crossing_listener *listener;
	void *data;
	struct vp_session *session; /* NULL: none that is ready */
	bool broker;
	int64_t now; /* of the last dispatch */
	struct vp_streams *streams;
	struct hc_clipboard clipboard;
};

static void tell_broker(struct hc_crossing *crossing, const struct hc_link_message *message)
{
	if (crossing->broker)
		crossing->listener->tell_broker(crossing->data, message);
}

static void tell_guest(struct hc_crossing *crossing, const struct vp_message *message)
{
	if (crossing->session != NULL)
		vp_session_send(crossing->session, message);
}

static void tell_ended(struct hc_crossing *crossing, uint32_t stream, enum vp_stream_status status,
	uint64_t bytes, struct vp_text message)
{
	tell_broker(
		crossing, HC_LINK_MESSAGE(STREAM_ENDED, stream_ended, .stream = stream,
				  .status = (uint8_t)status, .bytes = bytes, .message = message));
}

static void handle_ended(void *data, uint32_t stream, enum vp_stream_status status, uint64_t bytes,
	struct vp_text message)
{
	tell_ended(data, stream, status, bytes, message);
}

static const struct vp_streams_listener streams_listener = { .ended = handle_ended };

struct hc_crossing *hc_crossing_create(const struct hc_crossing_listener *listener, void *data)
{
	struct vp_streams *streams;
	struct hc_crossing *crossing = g_new0(struct hc_crossing, 1);
	crossing->listener = listener;
	crossing->data = data;
	streams = vp_streams_create(&streams_listener, crossing);
	crossing->streams = streams;
	if (streams != NULL)
		return crossing;
	g_free(crossing);
	return NULL;
}

void hc_crossing_destroy(struct hc_crossing *crossing)
{
	if (crossing == NULL)
		return;
	vp_streams_destroy(crossing->streams);
	g_free(crossing);
}

void hc_crossing_begin_session(struct hc_crossing *crossing, struct vp_session *session)
{
	crossing->session = session;
	vp_streams_begin(crossing->streams, session);
}

void hc_crossing_end_session(struct hc_crossing *crossing, const char *text)
{
	crossing->session = NULL;
	crossing->clipboard = (struct hc_clipboard){ 0 };
	vp_streams_end(crossing->streams, text);
}

static void refuse_paste(struct hc_crossing *crossing, uint32_t request)
{
	tell_guest(crossing, VP_MESSAGE(CLIPBOARD_ANSWER, clipboard_answer, .request = request));
}

static void refuse_pastes(struct hc_crossing *crossing)
{
	uint32_t request;
	while (hc_clipboard_take_wanted(&crossing->clipboard, &request))
		refuse_paste(crossing, request);
}

void hc_crossing_begin_broker(struct hc_crossing *crossing)
{
	crossing->broker = true;
	hc_clipboard_recall(&crossing->clipboard);
}

void hc_crossing_end_broker(struct hc_crossing *crossing)
{
	crossing->broker = false;
	refuse_pastes(crossing);
	for (uint8_t selection = 0; selection < HC_CLIPBOARD_SELECTIONS; selection++)
		tell_guest(crossing,
			VP_MESSAGE(CLIPBOARD_OFFER, clipboard_offer, .selection = selection));
	vp_streams_cancel_all(
		crossing->streams, VP_STREAM_FAILED, "the primary's broker has ended");
}

bool hc_crossing_handle_stream(struct hc_crossing *crossing, const struct vp_message *message)
{
	return vp_streams_handle_message(crossing->streams, message);
}

static void handle_wanted(struct hc_crossing *crossing, const struct vp_clipboard_wanted *wanted)
{
	struct hc_link_message told;
	if (!crossing->broker ||
		!hc_clipboard_note_wanted(&crossing->clipboard, wanted, crossing->now, &told))
		refuse_paste(crossing, wanted->request);
	else
		tell_broker(crossing, &told);
}

bool hc_crossing_handle_guest(struct hc_crossing *crossing, const struct vp_message *message)
{
	if (message->op == VP_OP_CLIPBOARD_OFFERED)
		hc_clipboard_note_offered(&crossing->clipboard, &message->clipboard_offered);
	else if (message->op == VP_OP_CLIPBOARD_WANTED)
		handle_wanted(crossing, &message->clipboard_wanted);
	else
		return false;
	return true;
}

static void open_stream(
	struct hc_crossing *crossing, const struct hc_link_stream_open *open, int fd)
{
	bool opened = open->to_guest != 0 ? vp_streams_send(crossing->streams, open->stream, fd)
					  : vp_streams_receive(crossing->streams, open->stream, fd);
	if (!opened)
		tell_ended(crossing, open->stream, VP_STREAM_FAILED, 0,
			vp_text_from(errno == ENOTCONN ? "the VM's agent is not connected"
						       : g_strerror(errno),
				VP_REASON_MAX));
}

bool hc_crossing_handle_broker(
	struct hc_crossing *crossing, const struct hc_link_message *message, int fd)
{
	struct vp_message told;
	bool pass;
	if (message->op == HC_LINK_OP_STREAM_OPEN)
		open_stream(crossing, &message->stream_open, fd);
	else if (message->op == HC_LINK_OP_STREAM_CANCEL)
		vp_streams_cancel(crossing->streams, message->stream_cancel.stream,
			(enum vp_stream_status)message->stream_cancel.status,
			message->stream_cancel.message);
	else if (!hc_clipboard_to_guest(&crossing->clipboard, message, &told, &pass))
		return false;
	else if (pass)
		tell_guest(crossing, &told);
	return true;
}

int hc_crossing_get_fd(const struct hc_crossing *crossing)
{
	return vp_streams_get_fd(crossing->streams);
}

int64_t hc_crossing_deadline(const struct hc_crossing *crossing)
{
	return crossing->broker ? hc_clipboard_deadline(&crossing->clipboard) : -1;
}

void hc_crossing_dispatch(struct hc_crossing *crossing, int64_t now)
{
	struct hc_link_message told;
	crossing->now = now;
	vp_streams_dispatch(crossing->streams);
	for (uint8_t selection = 0; crossing->broker && selection < HC_CLIPBOARD_SELECTIONS;
		selection++)
		if (hc_clipboard_take_offered(&crossing->clipboard, selection, now, &told))
			tell_broker(crossing, &told);
}

bool hc_crossing_flush(struct hc_crossing *crossing)
{
	if (!vp_streams_flush(crossing->streams))
		return false;
	vp_session_flush(crossing->session);
	return true;
}
