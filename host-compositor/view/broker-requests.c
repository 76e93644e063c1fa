#define G_LOG_DOMAIN "hc-control"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control-private.h"

enum { MS_PER_SECOND = 1000 };

bool hc_control_configure(struct hc_control *control, const struct hc_label *label)
{
	control->label = *label;
	control->presenter = hc_presenter_x11_create(control->display);
	if (control->presenter != NULL)
		control->core = hc_core_create(
			control->presenter, label, &hc_control_core_listener, control);
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
	hc_expiry_init(&control->expiry,
		configure->ttl < 0 ? -1 : (int64_t)configure->ttl * MS_PER_SECOND);
	if (!hc_control_configure(control, &label))
		hc_control_end(control, EXIT_FAILURE);
	else
		hc_core_set_input_quantum(control->core, configure->quantum);
	return true;
}

static bool enter_sandbox(struct hc_control *control, bool xen)
{
	if (!control->confined)
		control->confined = control->confine(xen);
	if (!control->confined)
		hc_control_end(control, EXIT_FAILURE);
	return control->confined;
}

static const char no_memory[] = "the view is out of memory";

/* The broker, which wants the new session, would take the end of the one before for its end. */
static bool begin_session(struct hc_control *control, struct vp_transport *transport)
{
	control->replacing = true;
	bool begun = hc_core_connect(control->core, transport, control->instance);
	control->replacing = false;
	return begun;
}

static bool handle_connect(struct hc_control *control, int fd)
{
	struct vp_transport *transport = vp_transport_unix_create(fd);
	if (transport == NULL) {
		close(fd);
		return false;
	}
	if (!enter_sandbox(control, false))
		vp_transport_destroy(transport);
	else if (!begin_session(control, transport))
		hc_control_lose_session(control, VP_BYE_LIMIT, no_memory);
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
	if (begin_session(control, transport))
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
		hc_control_lose_session(control, VP_BYE_LOST, error);
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
	hc_control_tell(control, HC_LINK_MESSAGE(LAUNCHED, launched, .launch = launch->launch,
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

static void set_leave_keys(struct hc_control *control, const struct hc_link_leave_keys *message)
{
	g_autofree char *key = g_strndup(message->key.data, message->key.len);
	g_autofree char *shown = g_strndup(message->shown.data, message->shown.len);

	hc_presenter_leave_keys(control->presenter, message->modifiers, key, shown);
}

bool hc_control_handle_broker(
	struct hc_control *control, const struct hc_link_message *message, int fd)
{
	if (message->op == HC_LINK_OP_HELLO) /* which the link has noted */
		return true;
	if (message->op == HC_LINK_OP_CONFIGURE)
		return handle_configure(control, &message->configure);
	if (message->op == HC_LINK_OP_QUIT) {
		hc_control_end(control, EXIT_SUCCESS);
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
		hc_control_set_paused(control, message->paused.paused != 0);
		break;
	case HC_LINK_OP_LAUNCH:
		handle_launch(control, &message->launch);
		break;
	case HC_LINK_OP_APPLICATIONS_REQUEST:
		if (control->session_ready)
			hc_control_ask_for_applications(
				control, message->applications_request.serial);
		break;
	case HC_LINK_OP_APPLICATION_ICONS_REQUEST:
		handle_icons_request(control, &message->application_icons_request);
		break;
	case HC_LINK_OP_WINDOWS_REQUEST:
		hc_control_report_windows(control, message->windows_request.serial);
		break;
	case HC_LINK_OP_STATS_REQUEST:
		hc_control_report_stats(control, message->stats_request.serial);
		break;
	case HC_LINK_OP_SCREENSHOT_REQUEST:
		hc_control_report_screenshot(control, &message->screenshot_request);
		break;
	case HC_LINK_OP_COVER_ANSWER:
		hc_core_answer_cover(control->core, message->cover_answer.window,
			message->cover_answer.states, message->cover_answer.allowed);
		break;
	case HC_LINK_OP_OPEN_ANSWER:
		hc_control_answer_open(control, message->open_answer.request,
			message->open_answer.opened != 0, message->open_answer.message);
		break;
	case HC_LINK_OP_FORGET:
		hc_core_forget_windows(control->core);
		break;
	default:
		return hc_crossing_handle_broker(control->crossing, message, fd) ||
		       hc_control_pass_to_guest(control, message);
	}
	return true;
}
