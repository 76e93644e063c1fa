#define G_LOG_DOMAIN "hc-control"

#include "control.h"

#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "applications.h"
#include "core.h"
#include "crossing.h"
#include "files.h"
#include "link.h"
#include "presenter.h"
#include "relay.h"
#include "screenshot.h"
#include "silence.h"

enum {
	FD_LISTEN,
	FD_LINK,
	FD_PRESENTER,
	FD_SESSION,
	FD_CROSSING,
};
G_STATIC_ASSERT(FD_CROSSING + 1 == HC_CONTROL_FDS);

struct hc_control {
	int listen_fd;
	char *display;
	bool (*confine)(bool xen);
	bool confined;
	uint64_t instance;
	struct hc_applications *applications;
	struct hc_link *link; /* NULL without a broker */
	bool link_broken; /* to be destroyed once its messages are handled */
	struct hc_presenter *presenter; /* NULL until configured, as is core */
	struct hc_core *core;
	struct hc_label label;
	bool session_ready;
	bool more; /* streams have more to send at once */
	GArray *opens; /* of uint32_t: requests of the guest that wait for the broker */
	struct hc_files files;
	struct hc_crossing *crossing;
	struct hc_silence silence; /* of the guest, while the session is ready */
	int64_t lonely_since; /* milliseconds, -1 not lonely */
	bool ended;
	int status;
};

static void end(struct hc_control *control, int status)
{
	if (!control->ended)
		control->status = status;
	control->ended = true;
}

/* To the broker, if there is one. */
static void tell_with_fd(void *data, const struct hc_link_message *message, int fd)
{
	struct hc_control *control = data;
	if (control->link == NULL || control->link_broken ||
		hc_link_send(control->link, message, fd))
		return;
	g_message("the broker does not listen: %s", g_strerror(errno));
	control->link_broken = true;
}

static void tell(struct hc_control *control, const struct hc_link_message *message)
{
	tell_with_fd(control, message, -1);
}

static bool has_broker(const struct hc_control *control)
{
	return control->link != NULL && !control->link_broken;
}

/* What the guest has answered, asks for, or says of files */

/* False if it is nothing that passes as it is. */
static bool pass_to_guest(struct hc_control *control, const struct hc_link_message *message)
{
	struct vp_message told;
	hc_files_note_answer(&control->files, message);
	if (!hc_relay_to_guest(message, &told))
		return false;
	if (control->session_ready)
		vp_session_send(hc_core_session(control->core), &told);
	return true;
}

/* Nobody will answer what the guest has asked for. */
static void refuse_files(struct hc_control *control)
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
		tell(control, &told);
	if (!has_broker(control))
		refuse_files(control);
}

static void answer_open(
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

/* Nobody will answer what the guest has asked for. */
static void refuse_opens(struct hc_control *control)
{
	const char *reason = "the primary's broker (orield) has ended; try again";
	while (control->opens->len > 0)
		answer_open(control, g_array_index(control->opens, uint32_t, 0), false,
			vp_text_from(reason, VP_REASON_MAX));
}

static void handle_open_request(struct hc_control *control, const struct vp_open_request *request)
{
	g_array_append_val(control->opens, request->request);
	if (control->opens->len > VP_OPENS_MAX)
		answer_open(control, request->request, false,
			vp_text_from("too much waits to be opened", VP_REASON_MAX));
	else
		tell(control,
			HC_LINK_MESSAGE(OPEN_REQUEST, open_request, .request = request->request,
				.target = request->target, .url = request->url));
	if (!has_broker(control))
		refuse_opens(control);
}

static void handle_applications_message(
	struct hc_control *control, const struct vp_message *message)
{
	const char *problem = hc_applications_handle_message(control->applications, message);
	if (problem != NULL)
		vp_session_fail(
			hc_core_session(control->core), VP_BYE_PROTOCOL_ERROR, "%s", problem);
}

static void handle_guest_message(void *data, const struct vp_message *message)
{
	struct hc_control *control = data;
	switch ((int)message->op) {
	case VP_OP_LAUNCHED:
		if (message->launched.pid == 0)
			hc_presenter_launch_ended(control->presenter, message->launched.launch);
		tell(control,
			HC_LINK_MESSAGE(LAUNCHED, launched, .launch = message->launched.launch,
				.pid = message->launched.pid, .error = message->launched.error));
		break;
	case VP_OP_EXITED:
		hc_presenter_launch_ended(control->presenter, message->exited.launch);
		tell(control, HC_LINK_MESSAGE(EXITED, exited, .launch = message->exited.launch,
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
	tell(data, message);
}

static const struct hc_crossing_listener crossing_listener = {
	.tell_broker = tell_of_crossing,
};

static uint64_t count_inputs(const struct hc_control *control)
{
	struct hc_core_stats stats;
	hc_core_get_stats(control->core, &stats);
	return stats.inputs;
}

/* The guest's list, and those that are to follow. */
static void ask_for_applications(struct hc_control *control, uint32_t serial)
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
	tell(control, HC_LINK_MESSAGE(SESSION_READY, session_ready, .agent = agent));
	ask_for_applications(control, 0);
}

static void handle_session_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	struct hc_control *control = data;
	g_message("the session with the guest has ended: %s", text);
	control->session_ready = false;
	hc_crossing_end_session(control->crossing, text);
	control->files.count = 0;
	g_array_set_size(control->opens, 0);
	hc_applications_forget(control->applications);
	tell(control, HC_LINK_MESSAGE(SESSION_CLOSED, session_closed, .reason = (uint16_t)reason,
			      .message = vp_text_from(text, VP_REASON_MAX)));
}

static void handle_windows_changed(void *data, size_t managed)
{
	tell(data, HC_LINK_MESSAGE(WINDOWS_CHANGED, windows_changed, .managed = (uint32_t)managed));
}

/* Without a broker there is nobody who could allow it. */
static void handle_cover_asked(void *data, uint32_t window, uint32_t states)
{
	struct hc_control *control = data;
	tell(control,
		HC_LINK_MESSAGE(COVER_REQUEST, cover_request, .window = window, .states = states));
	if (!has_broker(control))
		hc_core_answer_cover(control->core, window, states, false);
}

static void handle_display_lost(void *data)
{
	g_warning("the X server has closed the connection; the view ends, and orield starts it "
		  "again once it can");
	end(data, EXIT_FAILURE);
}

static const struct hc_core_listener core_listener = {
	.message = handle_guest_message,
	.stream = handle_guest_stream,
	.session_ready = handle_session_ready,
	.session_closed = handle_session_closed,
	.windows_changed = handle_windows_changed,
	.cover_asked = handle_cover_asked,
	.display_lost = handle_display_lost,
};

/* Whether the guest answers */

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
		tell(control, HC_LINK_MESSAGE(GUEST_SILENT, guest_silent,
				      .silent = event == HC_SILENCE_BEGINS));
		break;
	}
}

static void watch_silence(struct hc_control *control, int64_t now)
{
	struct vp_session_stats stats;
	if (!control->session_ready)
		return;
	vp_session_get_stats(hc_core_session(control->core), &stats);
	handle_silence(control, hc_silence_observe(&control->silence, count_inputs(control),
					stats.messages_received, now));
}

static void set_leave_keys(struct hc_control *control, const struct hc_link_leave_keys *message)
{
	g_autofree char *key = g_strndup(message->key.data, message->key.len);
	g_autofree char *shown = g_strndup(message->shown.data, message->shown.len);

	hc_presenter_leave_keys(control->presenter, message->modifiers, key, shown);
}

static void set_paused(struct hc_control *control, bool paused)
{
	hc_core_set_paused(control->core, paused);
	if (control->session_ready)
		handle_silence(control, hc_silence_stand(&control->silence, paused));
}

/* What the broker asks */

bool hc_control_configure(struct hc_control *control, const struct hc_label *label)
{
	control->label = *label;
	control->presenter = hc_presenter_x11_create(control->display);
	if (control->presenter != NULL)
		control->core = hc_core_create(control->presenter, label, &core_listener, control);
	return control->core != NULL;
}

static bool handle_configure(struct hc_control *control, const struct hc_link_configure *configure)
{
	struct hc_label label = {
		.colour = configure->colour,
		.border = configure->border,
		.popup_border = configure->popup_border,
	};
	memcpy(label.name, configure->name.data, configure->name.len);
	if (control->core != NULL)
		return strcmp(label.name, control->label.name) == 0;
	if (!hc_control_configure(control, &label))
		end(control, EXIT_FAILURE);
	return true;
}

static bool enter_sandbox(struct hc_control *control, bool xen)
{
	if (!control->confined)
		control->confined = control->confine(xen);
	if (!control->confined)
		end(control, EXIT_FAILURE);
	return control->confined;
}

static const char no_memory[] = "the view is out of memory";

static bool handle_connect(struct hc_control *control, int fd)
{
	struct vp_transport *transport = vp_transport_unix_create(fd);
	if (transport == NULL) {
		close(fd);
		return false;
	}
	if (!enter_sandbox(control, false))
		vp_transport_destroy(transport);
	else if (!hc_core_connect(control->core, transport, control->instance))
		handle_session_closed(control, VP_BYE_LIMIT, no_memory);
	return true;
}

bool hc_control_connect_xen(
	struct hc_control *control, uint32_t domain, uint32_t instance, char *error, size_t size)
{
	if (!enter_sandbox(control, true)) {
		g_strlcpy(error, "the view cannot enter its sandbox", size);
		return false;
	}
	struct vp_transport *transport = vp_transport_xen_connect(domain, instance, error, size);
	if (transport == NULL)
		return false;
	if (hc_core_connect(control->core, transport, control->instance))
		return true;
	g_strlcpy(error, no_memory, size);
	return false;
}

static void handle_connect_xen(
	struct hc_control *control, const struct hc_link_connect_xen *connect)
{
	char error[VP_REASON_MAX];
	if (!hc_control_connect_xen(
		    control, connect->domain, connect->instance, error, sizeof(error)))
		handle_session_closed(control, VP_BYE_LOST, error);
}

static void handle_disconnect(
	struct hc_control *control, const struct hc_link_disconnect *disconnect)
{
	char reason[VP_REASON_MAX + 1] = "";
	memcpy(reason, disconnect->reason.data, disconnect->reason.len);
	hc_core_disconnect(control->core, reason);
}

static void handle_launch(struct hc_control *control, const struct hc_link_launch *launch)
{
	const struct vp_message *message = VP_MESSAGE(LAUNCH, launch, .launch = launch->launch,
		.application = launch->application, .arguments = launch->arguments);
	if (control->session_ready && vp_session_send(hc_core_session(control->core), message)) {
		g_autofree char *startup = g_strndup(launch->startup.data, launch->startup.len);
		hc_presenter_user_acted(control->presenter, launch->launch, startup);
		return;
	}
	const char *text = "the VM's agent is not connected; try again in a moment";
	tell(control, HC_LINK_MESSAGE(LAUNCHED, launched, .launch = launch->launch,
			      .error = vp_text_from(text, VP_REASON_MAX)));
}

static void handle_icons_request(
	struct hc_control *control, const struct hc_link_application_icons_request *request)
{
	if (!control->session_ready)
		return;
	hc_applications_expect_icons(control->applications, request->serial);
	vp_session_send(hc_core_session(control->core),
		VP_MESSAGE(APPLICATION_ICONS_REQUEST, application_icons_request,
			.serial = request->serial, .application = request->application,
			.action = request->action));
}

struct window_listing {
	struct hc_control *control;
	uint32_t serial;
};

static int32_t clamp_position(int32_t position)
{
	return CLAMP(position, -VP_POSITION_MAX, VP_POSITION_MAX);
}

static void list_window(void *data, const struct hc_window_info *info)
{
	const struct window_listing *listing = data;
	const struct hc_rect *content = &info->report.content;
	tell(listing->control,
		HC_LINK_MESSAGE(WINDOW, window, .serial = listing->serial, .window = info->window,
			.native = info->native, .content = info->report.content_id,
			.toplevel = info->report.toplevel_id, .popup = info->popup,
			.mapped = info->mapped, .x = clamp_position(content->x),
			.y = clamp_position(content->y), .width = MIN(content->width, VP_SIZE_MAX),
			.height = MIN(content->height, VP_SIZE_MAX),
			.state = info->report.state & VP_STATE_ALL, .frames = info->frames,
			.bytes_copied = info->bytes_copied,
			.bytes_copied_by_agent = info->bytes_copied_by_agent,
			.bytes_copied_by_view = info->bytes_copied_by_view,
			.title = vp_text_from(info->title, VP_TITLE_MAX),
			.app_id = vp_text_from(info->app_id, VP_CLASS_MAX)));
}

static void handle_windows_request(struct hc_control *control, uint32_t serial)
{
	struct window_listing listing = { control, serial };
	hc_core_windows(control->core, list_window, &listing);
	tell(control, HC_LINK_MESSAGE(WINDOWS_END, windows_end, .serial = serial));
}

static void handle_stats_request(struct hc_control *control, uint32_t serial)
{
	struct hc_core_stats core;
	struct vp_session_stats session = { 0 };
	hc_core_get_stats(control->core, &core);
	if (hc_core_session(control->core) != NULL)
		vp_session_get_stats(hc_core_session(control->core), &session);
	tell(control, HC_LINK_MESSAGE(STATS, stats, .serial = serial, .frames = core.frames,
			      .bytes_copied = core.bytes_copied,
			      .bytes_copied_by_agent = core.bytes_copied_by_agent,
			      .bytes_copied_by_view = core.bytes_copied_by_view,
			      .bytes_sent = session.bytes_sent,
			      .bytes_received = session.bytes_received, .windows = core.windows));
}

static void handle_screenshot_request(
	struct hc_control *control, const struct hc_link_screenshot_request *request)
{
	struct hc_screenshot picture;
	const char *error =
		hc_screenshot_take(control->core, &control->label, request->window, &picture);
	if (error != NULL) {
		tell(control, HC_LINK_MESSAGE(SCREENSHOT, screenshot, .serial = request->serial,
				      .error = vp_text_from(error, VP_REASON_MAX)));
		return;
	}
	tell_with_fd(control,
		HC_LINK_MESSAGE(SCREENSHOT, screenshot, .serial = request->serial,
			.width = picture.width, .height = picture.height, .stride = picture.stride),
		picture.fd);
	close(picture.fd);
}

/* False if the broker may not say this now. fd is the callee's. */
static bool handle_link_message(
	struct hc_control *control, const struct hc_link_message *message, int fd)
{
	if (message->op == HC_LINK_OP_CONFIGURE)
		return handle_configure(control, &message->configure);
	if (message->op == HC_LINK_OP_QUIT) {
		end(control, EXIT_SUCCESS);
		return true;
	}
	if (control->core == NULL) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	switch ((int)message->op) {
	case HC_LINK_OP_CONNECT:
		return handle_connect(control, fd);
	case HC_LINK_OP_CONNECT_XEN:
		handle_connect_xen(control, &message->connect_xen);
		break;
	case HC_LINK_OP_DISCONNECT:
		handle_disconnect(control, &message->disconnect);
		break;
	case HC_LINK_OP_LEAVE_KEYS:
		set_leave_keys(control, &message->leave_keys);
		break;
	case HC_LINK_OP_PAUSED:
		set_paused(control, message->paused.paused != 0);
		break;
	case HC_LINK_OP_LAUNCH:
		handle_launch(control, &message->launch);
		break;
	case HC_LINK_OP_APPLICATIONS_REQUEST:
		if (control->session_ready)
			ask_for_applications(control, message->applications_request.serial);
		break;
	case HC_LINK_OP_APPLICATION_ICONS_REQUEST:
		handle_icons_request(control, &message->application_icons_request);
		break;
	case HC_LINK_OP_WINDOWS_REQUEST:
		handle_windows_request(control, message->windows_request.serial);
		break;
	case HC_LINK_OP_STATS_REQUEST:
		handle_stats_request(control, message->stats_request.serial);
		break;
	case HC_LINK_OP_SCREENSHOT_REQUEST:
		handle_screenshot_request(control, &message->screenshot_request);
		break;
	case HC_LINK_OP_COVER_ANSWER:
		hc_core_answer_cover(control->core, message->cover_answer.window,
			message->cover_answer.states, message->cover_answer.allowed);
		break;
	case HC_LINK_OP_OPEN_ANSWER:
		answer_open(control, message->open_answer.request, message->open_answer.opened != 0,
			message->open_answer.message);
		break;
	case HC_LINK_OP_FORGET:
		hc_core_forget_windows(control->core);
		break;
	default:
		return hc_crossing_handle_broker(control->crossing, message, fd) ||
		       pass_to_guest(control, message);
	}
	return true;
}

static void lose_broker(struct hc_control *control)
{
	if (control->core != NULL)
		hc_core_forget_covers(control->core);
	hc_crossing_end_broker(control->crossing);
	refuse_files(control);
	refuse_opens(control);
	hc_applications_lose_broker(control->applications);
	hc_link_destroy(control->link);
	control->link = NULL;
	control->link_broken = false;
}

static void receive_link_messages(struct hc_control *control)
{
	struct hc_link_message message;
	int fd = -1;
	int received = 0;
	while (!control->ended && !control->link_broken &&
		(received = hc_link_receive(control->link, &message, &fd)) > 0) {
		if (handle_link_message(control, &message, fd))
			continue;
		g_warning("the broker has sent message 0x%02x out of turn; its link is closed",
			message.op);
		control->link_broken = true;
	}
	if (received >= 0)
		return;
	if (errno == EPROTO)
		g_warning("the broker has sent a malformed packet; its link is closed");
	control->link_broken = true;
}

static bool same_user(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.uid == getuid();
}

/* A new broker has not seen them come. */
static void tell_windows(struct hc_control *control)
{
	struct hc_core_stats stats;
	hc_core_get_stats(control->core, &stats);
	tell(control, HC_LINK_MESSAGE(WINDOWS_CHANGED, windows_changed, .managed = stats.windows));
}

static void accept_broker(struct hc_control *control)
{
	int fd = accept4(control->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	struct hc_link *link = same_user(fd) ? hc_link_create(fd, HC_LINK_TO_VIEW) : NULL;
	if (link == NULL) {
		close(fd);
		return;
	}
	lose_broker(control);
	control->link = link;
	tell(control, HC_LINK_MESSAGE(READY, ready, .pid = (uint32_t)getpid(),
			      .connected = control->session_ready,
			      .name = vp_text_from(control->label.name, VP_NAME_MAX)));
	if (control->core != NULL)
		tell_windows(control);
	hc_crossing_begin_broker(control->crossing);
	if (control->session_ready)
		ask_for_applications(control, 0);
}

static void dispatch_link(struct hc_control *control, short events)
{
	if (control->link == NULL)
		return;
	if ((events & POLLOUT) != 0 && !hc_link_flush(control->link))
		control->link_broken = true;
	if ((events & ~POLLOUT) != 0)
		receive_link_messages(control);
}

static bool lonely(const struct hc_control *control)
{
	return control->link == NULL &&
	       (control->core == NULL || hc_core_session(control->core) == NULL);
}

static void watch_loneliness(struct hc_control *control, int64_t now)
{
	if (!lonely(control)) {
		control->lonely_since = -1;
	} else if (control->lonely_since < 0) {
		control->lonely_since = now;
	} else if (now >= control->lonely_since + HC_CONTROL_LONELY_MS) {
		g_message("there is neither a broker nor a guest any more; the view ends");
		end(control, EXIT_SUCCESS);
	}
}

static uint64_t random_instance(void)
{
	uint64_t instance = 0;
	/* At most 256 bytes come at once or not at all. */
	if (getrandom(&instance, sizeof(instance), 0) < 0)
		instance = (uint64_t)g_get_real_time();
	return MAX(instance, 1);
}

struct hc_control *hc_control_create(
	int listen_fd, const char *display, bool (*confine)(bool xen), int64_t now)
{
	struct hc_control *control = g_new0(struct hc_control, 1);
	control->crossing = hc_crossing_create(&crossing_listener, control);
	if (control->crossing == NULL) {
		g_free(control);
		return NULL;
	}
	control->listen_fd = listen_fd;
	control->opens = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	control->applications = hc_applications_create(tell_with_fd, control);
	control->display = g_strdup(display);
	control->confine = confine;
	control->instance = random_instance();
	control->lonely_since = now;
	return control;
}

void hc_control_destroy(struct hc_control *control)
{
	if (control == NULL)
		return;
	hc_core_destroy(control->core);
	hc_crossing_destroy(control->crossing);
	hc_presenter_destroy(control->presenter);
	hc_applications_destroy(control->applications);
	hc_link_destroy(control->link);
	if (control->listen_fd >= 0)
		close(control->listen_fd);
	g_array_unref(control->opens);
	g_free(control->display);
	g_free(control);
}

void hc_control_prepare(struct hc_control *control, struct pollfd *fds)
{
	struct vp_session *session = control->core != NULL ? hc_core_session(control->core) : NULL;
	fds[FD_LISTEN] = (struct pollfd){ control->listen_fd, POLLIN, 0 };
	fds[FD_LINK] = (struct pollfd){ -1, POLLIN, 0 };
	if (control->link != NULL) {
		fds[FD_LINK].fd = hc_link_get_fd(control->link);
		fds[FD_LINK].events =
			hc_link_wants_output(control->link) ? POLLIN | POLLOUT : POLLIN;
	}
	fds[FD_PRESENTER] = (struct pollfd){
		control->core != NULL ? hc_presenter_get_fd(control->presenter) : -1, POLLIN, 0
	};
	fds[FD_SESSION] =
		(struct pollfd){ session != NULL ? vp_session_get_fd(session) : -1, POLLIN, 0 };
	fds[FD_CROSSING] = (struct pollfd){ hc_crossing_get_fd(control->crossing), POLLIN, 0 };
}

/* -1 is never. */
static int64_t earlier(int64_t a, int64_t b)
{
	return a < 0 || b < 0 ? MAX(a, b) : MIN(a, b);
}

int64_t hc_control_deadline(struct hc_control *control)
{
	int64_t deadline = control->core != NULL ? hc_presenter_deadline(control->presenter) : -1;
	if (control->lonely_since >= 0)
		deadline = earlier(deadline, control->lonely_since + HC_CONTROL_LONELY_MS);
	if (control->session_ready)
		deadline = earlier(deadline, control->silence.deadline);
	deadline = earlier(deadline, hc_crossing_deadline(control->crossing));
	return control->more ? 0 : deadline;
}

static void dispatch_core(struct hc_control *control, const struct pollfd *fds, int64_t now)
{
	struct vp_session *session = hc_core_session(control->core);
	if (session != NULL && vp_session_get_fd(session) == fds[FD_SESSION].fd &&
		fds[FD_SESSION].revents != 0)
		vp_session_dispatch(session);
	int64_t deadline = hc_presenter_deadline(control->presenter);
	if (fds[FD_PRESENTER].revents != 0 || (deadline >= 0 && now >= deadline))
		hc_presenter_dispatch(control->presenter);
	watch_silence(control, now);
	if (fds[FD_CROSSING].revents != 0 || hc_crossing_deadline(control->crossing) >= 0)
		hc_crossing_dispatch(control->crossing, now);
	session = hc_core_session(control->core);
	if (session != NULL)
		vp_session_flush(session);
	control->more = hc_crossing_flush(control->crossing);
	hc_presenter_flush(control->presenter);
}

void hc_control_dispatch(struct hc_control *control, const struct pollfd *fds, int64_t now)
{
	dispatch_link(control, fds[FD_LINK].revents);
	if (fds[FD_LISTEN].revents != 0)
		accept_broker(control);
	if (control->core != NULL && !control->ended)
		dispatch_core(control, fds, now);
	if (control->link_broken)
		lose_broker(control);
	watch_loneliness(control, now);
}

void hc_control_quit(struct hc_control *control)
{
	end(control, EXIT_SUCCESS);
}

bool hc_control_ended(const struct hc_control *control, int *status)
{
	if (control->ended)
		*status = control->status;
	return control->ended;
}
