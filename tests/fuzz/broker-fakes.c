#include "broker-fakes.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gio.h>

#include "desk-process.h"
#include "display.h"
#include "driver.h"
#include "fuzz.h"
#include "policy-watch.h"
#include "tree-process.h"
#include "view-process.h"
#include "xen-host.h"

enum { PID = 200, MESSAGES_MAX = 64, US_PER_MS = 1000 };

static const char *const names[FAKE_VIEWS] = { "personal", "work" };

static int index_of(const char *vm)
{
	for (int i = 0; i < FAKE_VIEWS; i++) {
		if (strcmp(vm, names[i]) == 0)
			return i;
	}
	return -1;
}

/* The clock, in place of GLib's */

static gint64 clock_us = G_USEC_PER_SEC * G_GINT64_CONSTANT(1000);

gint64 g_get_monotonic_time(void)
{
	return clock_us;
}

void fake_clock_advance(int64_t ms)
{
	clock_us += ms * US_PER_MS;
}

/* Ids that the broker chooses, too, are to be met. */
guint32 g_random_int(void)
{
	return 0;
}

gint32 g_random_int_range(gint32 begin, gint32 end)
{
	(void)end;
	return begin;
}

/* Ends of links */

static struct hc_link *open_peer(struct fake_peer *peer, enum hc_link_direction broker_receives,
	enum hc_link_direction peer_receives)
{
	struct hc_link *link;
	int ends[2];

	fuzz_require(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	peer->link = hc_link_create(ends[1], peer_receives);
	for (int i = 0; i < FAKE_FILES; i++)
		peer->files[i] = -1;
	link = hc_link_create(ends[0], broker_receives);
	hc_link_greet(link);
	fake_peer_read(peer);
	return link;
}

static void keep_file(struct fake_peer *peer, int fd)
{
	int *place = &peer->files[peer->next_file++ % FAKE_FILES];

	if (*place >= 0)
		close(*place);
	*place = fd;
}

static void close_peer(struct fake_peer *peer)
{
	for (int i = 0; peer->link && i < FAKE_FILES; i++) {
		if (peer->files[i] >= 0)
			close(peer->files[i]);
	}
	hc_link_destroy(peer->link);
	peer->link = NULL;
}

void fake_peer_read(struct fake_peer *peer)
{
	struct hc_link_message message;
	int result;
	int fd;

	while (peer->link && (result = hc_link_receive(peer->link, &message, &fd)) != 0) {
		if (result < 0) {
			fuzz_require(errno == EPIPE);
			return;
		}
		if (fd >= 0)
			keep_file(peer, fd);
	}
}

/* What the broker sends has to be what its peer takes. */
static void send_or_stop(struct hc_link *link, const struct hc_link_message *message, int fd)
{
	fuzz_require(hc_link_send(link, message, fd) || errno != EINVAL);
}

/* Views */

struct hc_view_process {
	const struct hc_view_process_listener *listener;
	void *data;
	struct fake_peer peer;
	struct hc_link *link; /* the broker's end; NULL: there is no process */
	bool greeted;
	bool stopping;
	bool dying;
	int idle_fd; /* to be polled */
};

static struct hc_view_process *views[FAKE_VIEWS];

struct hc_view_process *hc_view_process_create(const char *program, const char *directory,
	const struct hc_view_process_listener *listener, void *data)
{
	struct hc_view_process *view = g_new0(struct hc_view_process, 1);
	g_autofree char *vm = g_path_get_basename(directory);
	int index = index_of(vm);

	(void)program;
	view->listener = listener;
	view->data = data;
	view->idle_fd = eventfd(0, EFD_CLOEXEC);
	if (index >= 0)
		views[index] = view;
	return view;
}

static void close_view(struct hc_view_process *view)
{
	close_peer(&view->peer);
	hc_link_destroy(view->link);
	view->link = NULL;
	view->stopping = false;
	view->dying = false;
}

void hc_view_process_destroy(struct hc_view_process *view)
{
	if (!view)
		return;
	for (int i = 0; i < FAKE_VIEWS; i++) {
		if (views[i] == view)
			views[i] = NULL;
	}
	close_view(view);
	close(view->idle_fd);
	g_free(view);
}

bool hc_view_process_start(struct hc_view_process *view, int64_t now, GError **error)
{
	(void)now;
	(void)error;
	view->link = open_peer(&view->peer, HC_LINK_TO_BROKER, HC_LINK_TO_VIEW);
	view->greeted = false;
	return true;
}

bool hc_view_process_adopt(struct hc_view_process *view, int64_t now)
{
	(void)now;
	(void)view;
	return false;
}

void hc_view_process_end_predecessor(struct hc_view_process *view)
{
	(void)view;
}

void hc_view_process_stop(struct hc_view_process *view, int64_t now)
{
	(void)now;
	view->stopping = view->link != NULL;
}

bool hc_view_process_alive(const struct hc_view_process *view)
{
	return view->link != NULL;
}

int32_t hc_view_process_pid(const struct hc_view_process *view)
{
	return view->link ? PID : 0;
}

void hc_view_process_send(
	struct hc_view_process *view, const struct hc_link_message *message, int fd)
{
	if (view->link && !view->stopping)
		send_or_stop(view->link, message, fd);
}

int hc_view_process_get_fd(const struct hc_view_process *view)
{
	return view->idle_fd;
}

int64_t hc_view_process_deadline(const struct hc_view_process *view)
{
	(void)view;
	return -1;
}

static void greet(struct hc_view_process *view)
{
	view->greeted = true;
	view->listener->message(
		view->data, HC_LINK_MESSAGE(READY, ready, .pid = PID, .name = { "", 0 }), -1);
}

/* As view-process.c, it takes one greeting. */
static void receive(struct hc_view_process *view)
{
	struct hc_link_message message;
	int fd;

	for (int i = 0; i < MESSAGES_MAX && view->link; i++) {
		int result = hc_link_receive(view->link, &message, &fd);

		if (result == 0)
			return;
		fuzz_require(result > 0);
		if (view->stopping) {
			if (fd >= 0)
				close(fd);
		} else if (message.op == HC_LINK_OP_READY) {
			view->dying = true;
			return;
		} else if (view->listener->message(view->data, &message, fd)) {
			view->dying = true;
			return;
		}
	}
}

void hc_view_process_dispatch(struct hc_view_process *view, int64_t now)
{
	(void)now;
	if (!view->link)
		return;
	hc_link_flush(view->link);
	if (!view->greeted)
		greet(view);
	receive(view);
	if (view->stopping) {
		close_view(view);
	} else if (view->dying) {
		close_view(view);
		view->listener->lost(view->data, "it was killed");
	}
}

struct fake_peer *fake_view_peer(unsigned int index)
{
	return views[index] && views[index]->link ? &views[index]->peer : NULL;
}

void fake_view_end(unsigned int index)
{
	if (views[index])
		views[index]->dying = true;
}

/* The desk */

struct hc_desk_process {
	struct hc_asker asker;
	const struct hc_desk_process_listener *listener;
	void *data;
	struct fake_peer peer;
	struct hc_link *link; /* the broker's end; NULL: there is no process */
	uint32_t question; /* that is open, 0 none */
	bool dying;
	int idle_fd;
};

static struct hc_desk_process *desk_process;

static struct hc_desk_process *from_asker(struct hc_asker *asker)
{
	return (struct hc_desk_process *)asker;
}

static void start_desk(struct hc_desk_process *desk)
{
	if (desk->link)
		return;
	desk->link = open_peer(&desk->peer, HC_LINK_FROM_DESK, HC_LINK_TO_DESK);
	desk->listener->ready(desk->data);
}

static bool ask(
	struct hc_asker *asker, int64_t now, const struct hc_question *question, int64_t left_ms)
{
	struct hc_desk_process *desk = from_asker(asker);

	(void)now;
	(void)left_ms;
	start_desk(desk);
	desk->question = question->id;
	return true;
}

static void withdraw(struct hc_asker *asker, uint32_t id)
{
	struct hc_desk_process *desk = from_asker(asker);

	if (desk->question == id)
		desk->question = 0;
}

static const struct hc_asker_impl asker_impl = { .ask = ask, .withdraw = withdraw };

struct hc_desk_process *hc_desk_process_create(
	const char *program, const struct hc_desk_process_listener *listener, void *data)
{
	struct hc_desk_process *desk = g_new0(struct hc_desk_process, 1);

	(void)program;
	desk->asker.impl = &asker_impl;
	desk->listener = listener;
	desk->data = data;
	desk->idle_fd = eventfd(0, EFD_CLOEXEC);
	desk_process = desk;
	return desk;
}

static void close_desk(struct hc_desk_process *desk)
{
	close_peer(&desk->peer);
	hc_link_destroy(desk->link);
	desk->link = NULL;
	desk->question = 0;
	desk->dying = false;
}

void hc_desk_process_destroy(struct hc_desk_process *desk)
{
	if (!desk)
		return;
	close_desk(desk);
	close(desk->idle_fd);
	g_free(desk);
	desk_process = NULL;
}

struct hc_asker *hc_desk_process_asker(struct hc_desk_process *desk)
{
	return &desk->asker;
}

void hc_desk_process_want(struct hc_desk_process *desk, int64_t now, bool wanted)
{
	(void)now;
	if (wanted)
		start_desk(desk);
}

void hc_desk_process_send(
	struct hc_desk_process *desk, const struct hc_link_message *message, int fd)
{
	if (desk->link)
		send_or_stop(desk->link, message, fd);
}

int32_t hc_desk_process_pid(const struct hc_desk_process *desk)
{
	return desk->link ? PID + 1 : 0;
}

int hc_desk_process_get_fd(const struct hc_desk_process *desk)
{
	return desk->idle_fd;
}

int64_t hc_desk_process_deadline(const struct hc_desk_process *desk)
{
	(void)desk;
	return -1;
}

static void handle_answer(struct hc_desk_process *desk, const struct hc_link_message *message)
{
	static const enum hc_reply replies[] = { HC_REPLY_DENY, HC_REPLY_ALLOW_ONCE,
		HC_REPLY_ALLOW_A_WHILE };
	uint32_t id = message->question_answered.id;

	if (desk->question != id)
		return;
	desk->question = 0;
	desk->listener->answered(desk->data, id, replies[message->question_answered.answer]);
}

/* As desk-process.c, it takes one greeting. */
void hc_desk_process_dispatch(struct hc_desk_process *desk, int64_t now)
{
	struct hc_link_message message;
	int fd;

	(void)now;
	while (desk->link && !desk->dying && hc_link_receive(desk->link, &message, &fd) > 0) {
		if (message.op == HC_LINK_OP_DESK_READY)
			desk->dying = true;
		else if (message.op == HC_LINK_OP_QUESTION_ANSWERED)
			handle_answer(desk, &message);
		else
			desk->listener->message(desk->data, &message, fd);
	}
	if (!desk->dying)
		return;
	close_desk(desk);
	desk->listener->lost(desk->data);
}

struct fake_peer *fake_desk_peer(void)
{
	return desk_process && desk_process->link ? &desk_process->peer : NULL;
}

void fake_desk_end(void)
{
	if (desk_process && desk_process->link)
		desk_process->dying = true;
}

uint32_t fake_desk_question(void)
{
	return desk_process ? desk_process->question : 0;
}

/* Guests */

struct change {
	int index;
	enum fake_change change;
};

struct fake_driver {
	struct hv_driver base;
	const struct hv_driver_listener *listener;
	void *data;
	GArray *changes; /* of struct change, that are to be told */
	int idle_fd;
};

static bool up[FAKE_VIEWS];
static struct fake_driver *local_driver;

static void add_change(int index, enum fake_change change)
{
	const struct change added = { index, change };

	if (local_driver && index >= 0)
		g_array_append_val(local_driver->changes, added);
}

void fake_guest_change(unsigned int index, enum fake_change change)
{
	if (up[index] == (change == FAKE_RUN) && change == FAKE_RUN)
		change = FAKE_REACHABLE;
	if (up[index] || change == FAKE_RUN)
		add_change((int)index, change);
}

void fake_broker_begin(void)
{
	for (int i = 0; i < FAKE_VIEWS; i++)
		up[i] = true;
}

static struct fake_driver *fake_from(struct hv_driver *driver)
{
	return (struct fake_driver *)driver;
}

static int driver_get_fd(struct hv_driver *driver)
{
	return fake_from(driver)->idle_fd;
}

static void tell(struct fake_driver *driver, const struct change *change)
{
	static const enum hv_state states[] = { HV_STATE_RUNNING, HV_STATE_STOPPED, HV_STATE_FAILED,
		HV_STATE_PAUSED };
	const char *vm = names[change->index];

	if (change->change == FAKE_REACHABLE) {
		driver->listener->reachable(driver->data, vm);
		return;
	}
	up[change->index] = change->change == FAKE_RUN || change->change == FAKE_PAUSE;
	driver->listener->state_changed(
		driver->data, vm, states[change->change], up[change->index] ? "" : "it ended");
}

static void driver_dispatch(struct hv_driver *base)
{
	struct fake_driver *driver = fake_from(base);

	while (driver->changes->len > 0) {
		struct change change = g_array_index(driver->changes, struct change, 0);

		g_array_remove_index(driver->changes, 0);
		tell(driver, &change);
	}
}

static int64_t driver_deadline(struct hv_driver *driver)
{
	(void)driver;
	return -1;
}

static bool driver_adopt(struct hv_driver *driver, const struct hv_vm_config *config)
{
	int index = index_of(config->name);

	(void)driver;
	return index >= 0 && up[index];
}

static bool driver_start(struct hv_driver *driver, const struct hv_vm_config *config,
	const struct hv_screen *screen, const char *image, GError **error)
{
	(void)driver;
	(void)screen;
	(void)image;
	(void)error;
	add_change(index_of(config->name), FAKE_RUN);
	return true;
}

static void driver_stop(struct hv_driver *driver, const char *vm)
{
	(void)driver;
	add_change(index_of(vm), FAKE_STOP);
}

static bool driver_connect(
	struct hv_driver *driver, const char *vm, struct hv_endpoint *endpoint, GError **error)
{
	(void)driver;
	(void)vm;
	(void)error;
	*endpoint = (struct hv_endpoint){ .fd = eventfd(0, EFD_CLOEXEC) };
	return true;
}

static bool driver_status(struct hv_driver *driver, const char *vm, struct hv_vm_status *status)
{
	(void)driver;
	(void)vm;
	(void)status;
	return true;
}

static void driver_destroy(struct hv_driver *base)
{
	struct fake_driver *driver = fake_from(base);

	if (local_driver == driver)
		local_driver = NULL;
	g_array_unref(driver->changes);
	close(driver->idle_fd);
	g_free(driver);
}

static const struct hv_driver_impl driver_impl = {
	.get_fd = driver_get_fd,
	.dispatch = driver_dispatch,
	.deadline = driver_deadline,
	.start_ms = HV_START_MS,
	.adopt = driver_adopt,
	.start = driver_start,
	.stop = driver_stop,
	.connect = driver_connect,
	.status = driver_status,
	.destroy = driver_destroy,
};

static struct fake_driver *create_driver(const struct hv_driver_listener *listener, void *data)
{
	struct fake_driver *driver = g_new0(struct fake_driver, 1);

	driver->base.impl = &driver_impl;
	driver->listener = listener;
	driver->data = data;
	driver->changes = g_array_new(FALSE, FALSE, sizeof(struct change));
	driver->idle_fd = eventfd(0, EFD_CLOEXEC);
	return driver;
}

struct hv_driver *hv_driver_local_create(const struct hv_driver_listener *listener, void *data)
{
	local_driver = create_driver(listener, data);
	return &local_driver->base;
}

struct hv_driver *hv_driver_xen_create(
	const struct hv_driver_listener *listener, void *data, hv_xen_open open)
{
	(void)open;
	return &create_driver(listener, data)->base;
}

/* The primary's display */

struct hc_display {
	int idle_fd;
};

struct hc_display *hc_display_create(const char *program)
{
	struct hc_display *display = g_new0(struct hc_display, 1);

	(void)program;
	display->idle_fd = eventfd(0, EFD_CLOEXEC);
	return display;
}

void hc_display_destroy(struct hc_display *display)
{
	if (!display)
		return;
	close(display->idle_fd);
	g_free(display);
}

void hc_display_ask(struct hc_display *display, int64_t now,
	void (*done)(void *data, int64_t now, const struct hv_screen *screen, const GError *error),
	void *data)
{
	static const struct hv_screen screen = { .width = 1920, .height = 1080, .dpi = 96 };

	(void)display;
	done(data, now, &screen, NULL);
}

void hc_display_forget(struct hc_display *display, const void *data)
{
	(void)display;
	(void)data;
}

int hc_display_get_fd(const struct hc_display *display)
{
	return display->idle_fd;
}

int64_t hc_display_deadline(const struct hc_display *display)
{
	(void)display;
	return -1;
}

void hc_display_dispatch(struct hc_display *display, int64_t now)
{
	(void)display;
	(void)now;
}

/* What would watch, start or open something */

struct hc_policy_watch *hc_policy_watch_create(void (*changed)(void *data), void *data)
{
	(void)changed;
	(void)data;
	return NULL;
}

void hc_policy_watch_destroy(struct hc_policy_watch *watch)
{
	(void)watch;
}

bool hc_policy_watch_set(
	struct hc_policy_watch *watch, const char *const *directories, const char *const *files)
{
	(void)watch;
	(void)directories;
	(void)files;
	return false;
}

struct vp_tree_process *vp_tree_process_pack(const char *program, const char *directory,
	const char *const *paths, size_t count, const struct vp_tree_limits *limits, int fd,
	const struct vp_tree_process_listener *listener, void *data)
{
	(void)program;
	(void)directory;
	(void)paths;
	(void)count;
	(void)limits;
	(void)fd;
	(void)listener;
	(void)data;
	errno = ENOENT;
	return NULL;
}

struct vp_tree_process *vp_tree_process_unpack(const char *program,
	const struct vp_tree_place *place, const struct vp_tree_limits *limits, int fd,
	const struct vp_tree_process_listener *listener, void *data)
{
	return vp_tree_process_pack(program, place->directory, NULL, 0, limits, fd, listener, data);
}

void vp_tree_process_cancel(struct vp_tree_process *process)
{
	(void)process;
}

void vp_tree_process_destroy(struct vp_tree_process *process)
{
	(void)process;
}

int vp_tree_process_get_fd(const struct vp_tree_process *process)
{
	(void)process;
	return -1;
}

void vp_tree_process_dispatch(struct vp_tree_process *process)
{
	(void)process;
}

void g_app_info_launch_default_for_uri_async(const char *uri, GAppLaunchContext *context,
	GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, data);

	(void)context;
	fuzz_require(g_utf8_validate(uri, -1, NULL));
	g_task_return_boolean(task, TRUE);
}

gboolean g_app_info_launch_default_for_uri_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}
