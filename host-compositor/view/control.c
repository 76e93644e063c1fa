#define G_LOG_DOMAIN "hc-control"

#include "control-private.h"

#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "deadline.h"
#include "poll-group.h"
#include "presenter.h"

enum {
	FD_SELDOM,
	FD_LINK,
	FD_PRESENTER,
	FD_SESSION,
};
G_STATIC_ASSERT(FD_SESSION + 1 == HC_CONTROL_FDS);

/* What is behind FD_SELDOM. */
enum {
	SELDOM_QUIT,
	SELDOM_LISTEN,
	SELDOM_CROSSING,
	SELDOM_COUNT,
};

void hc_control_end(struct hc_control *control, int status)
{
	if (!control->ended)
		control->status = status;
	control->ended = true;
}

/* Windows that wait for their guest are to wait their time. */
static bool lonely(const struct hc_control *control)
{
	return control->link == NULL && control->expiry.deadline < 0 &&
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
		hc_control_end(control, EXIT_SUCCESS);
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

/* False with errno. */
static bool watch_seldom(struct hc_control *control, int listen_fd, int quit_fd)
{
	const int fds[SELDOM_COUNT] = {
		[SELDOM_QUIT] = quit_fd,
		[SELDOM_LISTEN] = listen_fd,
		[SELDOM_CROSSING] = hc_crossing_get_fd(control->crossing),
	};
	control->seldom_fd = vp_poll_group_create(fds, SELDOM_COUNT);
	return control->seldom_fd != -1;
}

struct hc_control *hc_control_create(
	int listen_fd, int quit_fd, const char *display, bool (*confine)(bool xen), int64_t now)
{
	struct hc_control *control = g_new0(struct hc_control, 1);
	control->crossing = hc_crossing_create(&hc_control_crossing_listener, control);
	if (control->crossing == NULL || !watch_seldom(control, listen_fd, quit_fd)) {
		hc_crossing_destroy(control->crossing);
		g_free(control);
		return NULL;
	}
	control->listen_fd = listen_fd;
	control->opens = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	control->applications = hc_applications_create(hc_control_tell_with_fd, control);
	control->display = g_strdup(display);
	control->confine = confine;
	control->instance = random_instance();
	control->lonely_since = now;
	hc_expiry_init(&control->expiry, -1);
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
	close(control->seldom_fd);
	if (control->listen_fd >= 0)
		close(control->listen_fd);
	g_array_unref(control->opens);
	g_free(control->display);
	g_free(control);
}

void hc_control_prepare(struct hc_control *control, struct pollfd *fds)
{
	fds[FD_SELDOM] = (struct pollfd){ control->seldom_fd, POLLIN, 0 };
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
		(struct pollfd){ control->core != NULL ? hc_core_get_fd(control->core) : -1, POLLIN,
			0 };
}

int64_t hc_control_deadline(struct hc_control *control)
{
	int64_t deadline = -1;
	if (control->core != NULL)
		deadline = vp_earlier(
			hc_presenter_deadline(control->presenter), hc_core_deadline(control->core));
	if (control->lonely_since >= 0)
		deadline = vp_earlier(deadline, control->lonely_since + HC_CONTROL_LONELY_MS);
	if (control->session_ready)
		deadline = vp_earlier(deadline, control->silence.deadline);
	deadline = vp_earlier(deadline, control->expiry.deadline);
	deadline = vp_earlier(deadline, hc_crossing_deadline(control->crossing));
	return control->more ? 0 : deadline;
}

/* The user's side first: what was typed before a guest came back is none of its. */
static void dispatch_core(
	struct hc_control *control, const struct pollfd *fds, bool crossing, int64_t now)
{
	hc_core_advance(control->core, now);
	int64_t deadline = hc_presenter_deadline(control->presenter);
	if (fds[FD_PRESENTER].revents != 0 || (deadline >= 0 && now >= deadline))
		hc_presenter_dispatch(control->presenter);
	if (hc_core_get_fd(control->core) == fds[FD_SESSION].fd && fds[FD_SESSION].revents != 0)
		hc_core_read(control->core);
	hc_control_watch_silence(control, now);
	hc_control_watch_expiry(control, now);
	if (crossing || hc_crossing_deadline(control->crossing) >= 0)
		hc_crossing_dispatch(control->crossing, now);
}

static void flush_core(struct hc_control *control)
{
	struct vp_session *session = hc_core_session(control->core);
	if (session != NULL)
		vp_session_flush(session);
	control->more = hc_crossing_flush(control->crossing) || control->link_broken;
	hc_presenter_flush(control->presenter);
}

void hc_control_dispatch(struct hc_control *control, const struct pollfd *fds, int64_t now)
{
	uint32_t seldom = fds[FD_SELDOM].revents != 0 ? vp_poll_group_ready(control->seldom_fd) : 0;
	if ((seldom & 1U << SELDOM_QUIT) != 0) {
		hc_control_end(control, EXIT_SUCCESS);
		return;
	}
	hc_control_dispatch_link(control, fds[FD_LINK].revents);
	if ((seldom & 1U << SELDOM_LISTEN) != 0)
		hc_control_accept_broker(control);
	if (control->core != NULL && !control->ended)
		dispatch_core(control, fds, (seldom & 1U << SELDOM_CROSSING) != 0, now);
	if (control->link_broken)
		hc_control_lose_broker(control);
	/* What the guest is told of a broker that has gone, too. */
	if (control->core != NULL && !control->ended)
		flush_core(control);
	watch_loneliness(control, now);
}

bool hc_control_ended(const struct hc_control *control, int *status)
{
	if (control->ended)
		*status = control->status;
	return control->ended;
}
