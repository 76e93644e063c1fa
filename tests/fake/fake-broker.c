#include "fake-broker.h"

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <gio/gio.h>

#include "display.h"
#include "view-process.h"

enum { SAID_MAX = 16 };

struct hc_view_process {
	const struct hc_view_process_listener *listener;
	void *data;
};

static const struct hv_driver_impl fake_driver_impl;

struct fake_guest fake_guest;
struct fake_view fake_view;
bool fake_display_missing;
bool fake_display_silent;

static struct hc_link_message said[SAID_MAX];
static size_t said_count;
static bool dying;
static void (*ask_done)(
	void *data, int64_t now, const struct hv_screen *screen, const GError *error);
static void *ask_data;

void fake_broker_reset(void)
{
	g_free(fake_guest.image);
	fake_guest = (struct fake_guest){ .base.impl = &fake_driver_impl };
	fake_view = (struct fake_view){ 0 };
	fake_display_missing = false;
	fake_display_silent = false;
	ask_done = NULL;
	said_count = 0;
	dying = false;
}

void fake_view_say(const struct hc_link_message *message)
{
	if (said_count < SAID_MAX)
		said[said_count++] = *message;
}

void fake_view_die(void)
{
	dying = true;
}

size_t fake_view_count(enum hc_link_op op)
{
	size_t count = 0;

	for (size_t i = 0; i < fake_view.sent_count; i++)
		count += fake_view.sent[i] == op;
	return count;
}

/* The primary's display. */

void fake_display_answer(int64_t now)
{
	static const struct hv_screen screen = { .width = 1920, .height = 1080, .dpi = 96 };
	g_autoptr(GError) error =
		g_error_new(G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "there is no screen");

	if (ask_done)
		ask_done(ask_data, now, fake_display_missing ? NULL : &screen,
			fake_display_missing ? error : NULL);
}

void hc_display_ask(struct hc_display *display, int64_t now,
	void (*done)(void *data, int64_t now, const struct hv_screen *screen, const GError *error),
	void *data)
{
	(void)display;
	ask_done = done;
	ask_data = data;
	if (!fake_display_silent)
		fake_display_answer(now);
}

void hc_display_forget(struct hc_display *display, const void *data)
{
	(void)display;
	if (ask_data == data)
		ask_done = NULL;
}

/* The view process. */

struct hc_view_process *hc_view_process_create(const char *program, const char *directory,
	const struct hc_view_process_listener *listener, void *data)
{
	struct hc_view_process *view = g_new0(struct hc_view_process, 1);

	(void)program;
	(void)directory;
	view->listener = listener;
	view->data = data;
	return view;
}

void hc_view_process_destroy(struct hc_view_process *view)
{
	fake_view.alive = false;
	g_free(view);
}

bool hc_view_process_start(struct hc_view_process *view, int64_t now, GError **error)
{
	(void)now;
	(void)view;
	if (fake_view.refuses_start) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "no such program");
		return false;
	}
	fake_view.starts++;
	fake_view.alive = true;
	fake_view.stopping = false;
	return true;
}

bool hc_view_process_adopt(struct hc_view_process *view, int64_t now)
{
	(void)now;
	(void)view;
	fake_view.alive = fake_view.adoptable;
	return fake_view.adoptable;
}

void hc_view_process_end_predecessor(struct hc_view_process *view)
{
	(void)view;
	fake_view.has_predecessor = false;
}

void hc_view_process_stop(struct hc_view_process *view, int64_t now)
{
	(void)view;
	(void)now;
	fake_view.has_predecessor = false;
	fake_view.stopping = fake_view.alive;
}

bool hc_view_process_alive(const struct hc_view_process *view)
{
	(void)view;
	return fake_view.alive;
}

int32_t hc_view_process_pid(const struct hc_view_process *view)
{
	(void)view;
	return fake_view.alive ? 200 : 0;
}

void hc_view_process_send(
	struct hc_view_process *view, const struct hc_link_message *message, int fd)
{
	(void)view;
	(void)fd;
	if (fake_view.sent_count < G_N_ELEMENTS(fake_view.sent))
		fake_view.sent[fake_view.sent_count++] = message->op;
	if (message->op == HC_LINK_OP_LAUNCH)
		fake_view.serial = message->launch.launch;
	if (message->op == HC_LINK_OP_COVER_ANSWER)
		fake_view.cover_allowed = message->cover_answer.allowed;
	if (message->op == HC_LINK_OP_WINDOWS_REQUEST)
		fake_view.serial = message->windows_request.serial;
}

int hc_view_process_get_fd(const struct hc_view_process *view)
{
	(void)view;
	return -1;
}

int64_t hc_view_process_deadline(const struct hc_view_process *view)
{
	(void)view;
	return -1;
}

void hc_view_process_dispatch(struct hc_view_process *view, int64_t now)
{
	size_t count = said_count;
	const char *wrong = NULL;

	(void)now;
	said_count = 0;
	for (size_t i = 0; i < count && !wrong; i++)
		wrong = view->listener->message(view->data, &said[i], -1);
	if (fake_view.stopping) {
		fake_view.alive = false;
		fake_view.stopping = false;
	}
	if (dying || wrong) {
		dying = false;
		fake_view.alive = false;
		view->listener->lost(view->data, wrong ? wrong : "it was killed");
	}
}

/* The driver. */

static bool adopt_guest(struct hv_driver *driver, const struct hv_vm_config *config)
{
	(void)driver;
	(void)config;
	return fake_guest.adoptable;
}

static bool start_guest(struct hv_driver *driver, const struct hv_vm_config *config,
	const struct hv_screen *screen, const char *image, GError **error)
{
	(void)driver;
	(void)config;
	(void)screen;
	g_free(fake_guest.image);
	fake_guest.image = g_strdup(image);
	fake_guest.starts++;
	if (fake_guest.refuses_start)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "the program Xvfb is missing");
	return !fake_guest.refuses_start;
}

static void stop_guest(struct hv_driver *driver, const char *vm)
{
	(void)driver;
	(void)vm;
	fake_guest.stops++;
}

static bool connect_guest(
	struct hv_driver *driver, const char *vm, struct hv_endpoint *endpoint, GError **error)
{
	(void)driver;
	(void)vm;
	fake_guest.connects++;
	if (fake_guest.agent_away) {
		g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_AWAY, "no agent yet");
		return false;
	}
	if (fake_guest.refuses_connect) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED, "nobody listens");
		return false;
	}
	*endpoint = (struct hv_endpoint){ .fd = -1, .domain = fake_guest.domain };
	if (fake_guest.domain == 0)
		endpoint->fd = eventfd(0, EFD_CLOEXEC);
	return true;
}

static bool get_status(struct hv_driver *driver, const char *vm, struct hv_vm_status *status)
{
	(void)driver;
	(void)vm;
	fake_guest.looks++;
	*status = (struct hv_vm_status){ .state = fake_guest.paused ? HV_STATE_PAUSED
								    : HV_STATE_RUNNING };
	return true;
}

static void tune(struct hv_driver *driver, const struct hv_vm_config *config)
{
	(void)driver;
	(void)config;
	fake_guest.tunes++;
}

static const struct hv_driver_impl fake_driver_impl = {
	.start_ms = HV_START_MS + HV_STOP_MS,
	.adopt = adopt_guest,
	.start = start_guest,
	.stop = stop_guest,
	.connect = connect_guest,
	.status = get_status,
	.tune = tune,
};
