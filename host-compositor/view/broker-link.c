#define G_LOG_DOMAIN "hc-control"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control-private.h"
#include "crash.h"

static void give_up_link(struct hc_control *control)
{
	g_message("the broker does not listen: %s", g_strerror(errno));
	control->link_broken = true;
}

void hc_control_tell_with_fd(void *data, const struct hc_link_message *message, int fd)
{
	struct hc_control *control = data;
	if (hc_control_has_broker(control) && !hc_link_send(control->link, message, fd))
		give_up_link(control);
}

bool hc_control_hand_on(struct hc_control *control, const struct hc_link_message *message, int fd)
{
	if (!hc_control_has_broker(control) || hc_link_send(control->link, message, fd))
		return true;
	if (errno == ETOOMANYREFS)
		return false;
	give_up_link(control);
	return true;
}

void hc_control_tell(struct hc_control *control, const struct hc_link_message *message)
{
	hc_control_tell_with_fd(control, message, -1);
}

bool hc_control_has_broker(const struct hc_control *control)
{
	return control->link != NULL && !control->link_broken;
}

/* Says nothing itself, which would come back here. */
bool hc_control_log(struct hc_control *control, const char *line)
{
	if (!hc_control_has_broker(control) ||
		!hc_link_understands(control->link, HC_LINK_OP_LOGGED))
		return false;
	g_autofree char *text = g_utf8_make_valid(line, -1);
	return hc_link_send(control->link,
		HC_LINK_MESSAGE(LOGGED, logged, .line = vp_text_from(text, VP_REASON_MAX)), -1);
}

/* In a signal handler. */
static void post_last_words(int fd, const char *text, size_t len)
{
	hc_link_post(fd, HC_LINK_MESSAGE(CRASHED, crashed,
				 .words = { .data = (const uint8_t *)text, .len = (uint32_t)len }));
}

void hc_control_lose_broker(struct hc_control *control)
{
	vp_crash_report_to(-1, NULL);
	if (control->core != NULL)
		hc_core_forget_covers(control->core);
	hc_crossing_end_broker(control->crossing);
	hc_control_refuse_files(control);
	hc_control_refuse_opens(control);
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
		if (hc_control_handle_broker(control, &message, fd))
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
	hc_control_tell(control,
		HC_LINK_MESSAGE(WINDOWS_CHANGED, windows_changed, .managed = stats.windows));
}

void hc_control_accept_broker(struct hc_control *control)
{
	int fd = accept4(control->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	struct hc_link *link = same_user(fd) ? hc_link_create(fd, HC_LINK_TO_VIEW) : NULL;
	if (link == NULL) {
		close(fd);
		return;
	}
	hc_control_lose_broker(control);
	control->link = link;
	vp_crash_report_to(fd, post_last_words);
	hc_control_tell(control, HC_LINK_MESSAGE(READY, ready, .pid = (uint32_t)getpid(),
					 .connected = control->session_ready,
					 .name = vp_text_from(control->label.name, VP_NAME_MAX)));
	if (control->core != NULL)
		tell_windows(control);
	hc_crossing_begin_broker(control->crossing);
	if (control->session_ready)
		hc_control_ask_for_applications(control, 0);
}

void hc_control_dispatch_link(struct hc_control *control, short events)
{
	if (control->link == NULL)
		return;
	if ((events & POLLOUT) != 0 && !hc_link_flush(control->link))
		control->link_broken = true;
	if ((events & ~POLLOUT) != 0)
		receive_link_messages(control);
}
