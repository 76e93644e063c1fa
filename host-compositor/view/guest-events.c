#define G_LOG_DOMAIN "hc-control"

#include <stdlib.h>

#include "control-private.h"
#include "relay.h"

bool hc_control_pass_to_guest(struct hc_control *control, const struct hc_link_message *message)
{
	struct vp_message told;
	hc_files_note_answer(&control->files, message);
	if (!hc_relay_to_guest(message, &told))
		return false;
	/* What the application shows for it may come to the user. */
	if (told.op == VP_OP_NOTIFY_ACTION)
		hc_presenter_user_acted(control->presenter, 0, "");
	if (control->session_ready)
		vp_session_send(hc_core_session(control->core), &told);
	return true;
}

void hc_control_refuse_files(struct hc_control *control)
{
	uint32_t request;
	while ((request = hc_files_take_offer(&control->files)) != 0 && control->session_ready)
		vp_session_send(hc_core_session(control->core),
			VP_MESSAGE(FILES_ANSWER, files_answer, .request = request,
				.status = VP_STREAM_FAILED,
				.message = vp_text_from("the primary's broker has ended: try again",
					VP_REASON_MAX)));
}

static void pass_to_broker(struct hc_control *control, const struct vp_message *message)
{
	struct hc_link_message told;
	if (hc_crossing_handle_guest(control->crossing, message))
		return;
	if (hc_files_admit(&control->files, message) && hc_relay_to_broker(message, &told))
		hc_control_tell(control, &told);
	if (!hc_control_has_broker(control))
		hc_control_refuse_files(control);
}

void hc_control_answer_open(
	struct hc_control *control, uint32_t request, bool opened, struct vp_text message)
{
	for (guint i = 0; i < control->opens->len; i++) {
		if (g_array_index(control->opens, uint32_t, i) != request)
			continue;
		g_array_remove_index_fast(control->opens, i);
		vp_session_send(hc_core_session(control->core),
			VP_MESSAGE(OPEN_ANSWER, open_answer, .request = request, .opened = opened,
				.message = message));
		return;
	}
}

void hc_control_refuse_opens(struct hc_control *control)
{
	const char *reason = "the primary's broker (orield) has ended; try again";
	while (control->opens->len > 0)
		hc_control_answer_open(control, g_array_index(control->opens, uint32_t, 0), false,
			vp_text_from(reason, VP_REASON_MAX));
}

static void handle_open_request(struct hc_control *control, const struct vp_open_request *request)
{
	g_array_append_val(control->opens, request->request);
	if (control->opens->len > VP_OPENS_MAX)
		hc_control_answer_open(control, request->request, false,
			vp_text_from("too much waits to be opened", VP_REASON_MAX));
	else
		hc_control_tell(control,
			HC_LINK_MESSAGE(OPEN_REQUEST, open_request, .request = request->request,
				.target = request->target, .url = request->url));
	if (!hc_control_has_broker(control))
		hc_control_refuse_opens(control);
}

static void handle_applications_message(
	struct hc_control *control, const struct vp_message *message)
{
	enum vp_bye_reason reason;
	const char *problem =
		hc_applications_handle_message(control->applications, message, &reason);
	if (problem != NULL)
		vp_session_fail(hc_core_session(control->core), reason, "%s", problem);
}

static void handle_guest_message(void *data, const struct vp_message *message)
{
	struct hc_control *control = data;
	switch ((int)message->op) {
	case VP_OP_LAUNCHED:
		if (message->launched.pid == 0)
			hc_presenter_launch_ended(control->presenter, message->launched.launch);
		hc_control_tell(control,
			HC_LINK_MESSAGE(LAUNCHED, launched, .launch = message->launched.launch,
				.pid = message->launched.pid, .error = message->launched.error));
		break;
	case VP_OP_EXITED:
		hc_presenter_launch_ended(control->presenter, message->exited.launch);
		hc_control_tell(
			control, HC_LINK_MESSAGE(EXITED, exited, .launch = message->exited.launch,
					 .status = message->exited.status));
		break;
	case VP_OP_OPEN_REQUEST:
		handle_open_request(control, &message->open_request);
		break;
	default:
		pass_to_broker(control, message);
		handle_applications_message(control, message);
		break;
	}
}

static bool handle_guest_stream(void *data, const struct vp_message *message)
{
	struct hc_control *control = data;
	return hc_crossing_handle_stream(control->crossing, message);
}

static void tell_of_crossing(void *data, const struct hc_link_message *message)
{
	hc_control_tell(data, message);
}

const struct hc_crossing_listener hc_control_crossing_listener = {
	.tell_broker = tell_of_crossing,
};

static uint64_t count_inputs(const struct hc_control *control)
{
	struct hc_core_stats stats;
	hc_core_get_stats(control->core, &stats);
	return stats.inputs;
}

void hc_control_ask_for_applications(struct hc_control *control, uint32_t serial)
{
	vp_session_send(hc_core_session(control->core),
		VP_MESSAGE(APPLICATIONS_REQUEST, applications_request, .serial = serial,
			.languages = hc_applications_languages()));
}

static void handle_session_ready(void *data, uint64_t agent)
{
	struct hc_control *control = data;
	control->session_ready = true;
	hc_crossing_begin_session(control->crossing, hc_core_session(control->core));
	hc_silence_init(&control->silence, count_inputs(control));
	hc_control_tell(control, HC_LINK_MESSAGE(SESSION_READY, session_ready, .agent = agent));
	hc_control_ask_for_applications(control, 0);
}

void hc_control_lose_session(void *data, enum vp_bye_reason reason, const char *text)
{
	struct hc_control *control = data;
	g_message("the session with the guest has ended: %s", text);
	control->session_ready = false;
	hc_crossing_end_session(control->crossing, text);
	control->files.count = 0;
	g_array_set_size(control->opens, 0);
	hc_applications_forget(control->applications);
	if (control->replacing)
		return;
	hc_control_tell(
		control, HC_LINK_MESSAGE(SESSION_CLOSED, session_closed, .reason = (uint16_t)reason,
				 .message = vp_text_from(text, VP_REASON_MAX)));
}

static void handle_windows_changed(void *data, size_t managed)
{
	hc_control_tell(data,
		HC_LINK_MESSAGE(WINDOWS_CHANGED, windows_changed, .managed = (uint32_t)managed));
}

/* Without a broker there is nobody who could allow it. */
static void handle_cover_asked(void *data, uint32_t window, uint32_t states)
{
	struct hc_control *control = data;
	hc_control_tell(control,
		HC_LINK_MESSAGE(COVER_REQUEST, cover_request, .window = window, .states = states));
	if (!hc_control_has_broker(control))
		hc_core_answer_cover(control->core, window, states, false);
}

static void handle_display_lost(void *data)
{
	g_warning("the X server has closed the connection; the view ends, and orield starts it "
		  "again once it can");
	hc_control_end(data, EXIT_FAILURE);
}

const struct hc_core_listener hc_control_core_listener = {
	.message = handle_guest_message,
	.stream = handle_guest_stream,
	.session_ready = handle_session_ready,
	.session_closed = hc_control_lose_session,
	.windows_changed = handle_windows_changed,
	.cover_asked = handle_cover_asked,
	.display_lost = handle_display_lost,
};

/* Whether the guest answers */

void hc_control_watch_expiry(struct hc_control *control, int64_t now)
{
	if (!hc_expiry_observe(&control->expiry, hc_core_windows_wait(control->core), now))
		return;
	size_t managed = hc_core_forget_windows(control->core);
	g_message("the guest has not come back in time; its windows go");
	hc_control_tell(control,
		HC_LINK_MESSAGE(WINDOWS_EXPIRED, windows_expired, .managed = (uint32_t)managed));
	hc_expiry_observe(&control->expiry, false, now);
}

static void handle_silence(struct hc_control *control, enum hc_silence_event event)
{
	switch (event) {
	case HC_SILENCE_NONE:
		break;
	case HC_SILENCE_PING:
		/* fails if one is still to be answered, which is as good */
		(void)vp_session_ping(hc_core_session(control->core), 0);
		break;
	case HC_SILENCE_BEGINS:
	case HC_SILENCE_ENDS:
		hc_control_tell(control, HC_LINK_MESSAGE(GUEST_SILENT, guest_silent,
						 .silent = event == HC_SILENCE_BEGINS));
		break;
	}
}

void hc_control_watch_silence(struct hc_control *control, int64_t now)
{
	struct vp_session_stats stats;
	if (!control->session_ready)
		return;
	vp_session_get_stats(hc_core_session(control->core), &stats);
	handle_silence(control, hc_silence_observe(&control->silence, count_inputs(control),
					stats.messages_received, now));
}

void hc_control_set_paused(struct hc_control *control, bool paused)
{
	hc_core_set_paused(control->core, paused);
	if (control->session_ready)
		handle_silence(control, hc_silence_stand(&control->silence, paused));
}
