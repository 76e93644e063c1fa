#define G_LOG_DOMAIN "hc-launches"

#include "launches.h"

#include <string.h>

#include <gio/gio.h>

#include "safe-text.h"

enum { ANSWER_MS = 30000 };

enum launch_state { LAUNCH_QUEUED, LAUNCH_SENT, LAUNCH_RUNNING, LAUNCH_ENDED };

struct waiter {
	void (*ended)(void *data, int32_t status, const GError *error);
	void *data;
};

struct launch {
	uint32_t id;
	enum launch_state state;
	char *application; /* NULL once sent, like the arguments and */
	GBytes *arguments;
	char *startup; /* id */
	int64_t deadline; /* while queued or sent */
	int32_t status; /* once ended */
	void (*launched)(void *data, uint32_t launch, int32_t pid, const GError *error);
	void *data;
	GArray *waiters; /* NULL: none */
};

struct hc_launches {
	char *vm;
	GPtrArray *all; /* of struct launch, oldest first */
	uint32_t last_id;
};

/* Many launches that are over are remembered, but not what was asked for. */
static void drop_request(struct launch *launch)
{
	g_clear_pointer(&launch->application, g_free);
	g_clear_pointer(&launch->arguments, g_bytes_unref);
	g_clear_pointer(&launch->startup, g_free);
}

static void launch_free(void *data)
{
	struct launch *launch = data;

	drop_request(launch);
	g_clear_pointer(&launch->waiters, g_array_unref);
	g_free(launch);
}

static guint waiter_count(const struct launch *launch)
{
	return launch->waiters ? launch->waiters->len : 0;
}

/* Calls back whoever waits, and forgets them. */
static void tell_waiters(struct launch *launch, int32_t status, const GError *error)
{
	g_autoptr(GArray) waiters = g_steal_pointer(&launch->waiters);

	for (guint i = 0; waiters && i < waiters->len; i++) {
		const struct waiter *waiter = &g_array_index(waiters, struct waiter, i);

		waiter->ended(waiter->data, status, error);
	}
}

struct hc_launches *hc_launches_create(const char *vm)
{
	struct hc_launches *launches = g_new0(struct hc_launches, 1);

	launches->vm = g_strdup(vm);
	launches->all = g_ptr_array_new_with_free_func(launch_free);
	/* An agent that outlived an earlier broker may still report that one's launches. */
	launches->last_id = g_random_int() & INT32_MAX;
	return launches;
}

void hc_launches_destroy(struct hc_launches *launches)
{
	if (!launches)
		return;
	hc_launches_fail_all(launches, "the broker ends");
	g_ptr_array_unref(launches->all);
	g_free(launches->vm);
	g_free(launches);
}

static struct launch *find(const struct hc_launches *launches, uint32_t id)
{
	for (guint i = 0; i < launches->all->len; i++) {
		struct launch *launch = g_ptr_array_index(launches->all, i);

		if (launch->id == id)
			return launch;
	}
	return NULL;
}

static GError *make_error(const struct hc_launches *launches, int code, const char *reason)
{
	return g_error_new(G_IO_ERROR, code, "%s: %s", launches->vm, reason);
}

/* Forgets the oldest launch that nobody waits for, when there are too many. */
static bool make_room(struct hc_launches *launches)
{
	if (launches->all->len < VP_LAUNCHES_MAX)
		return true;
	for (guint i = 0; i < launches->all->len; i++) {
		const struct launch *launch = g_ptr_array_index(launches->all, i);

		if (launch->state >= LAUNCH_RUNNING && waiter_count(launch) == 0) {
			g_ptr_array_remove_index(launches->all, i);
			return true;
		}
	}
	return false;
}

void hc_launches_add(struct hc_launches *launches, const char *application,
	const uint8_t *arguments, size_t len, const char *startup, int64_t now,
	void (*launched)(void *data, uint32_t launch, int32_t pid, const GError *error), void *data)
{
	g_autoptr(GError) error = NULL;
	struct launch *launch;

	if (strlen(application) > VP_NAME_MAX || len > VP_ARGUMENTS_MAX)
		error = make_error(
			launches, G_IO_ERROR_FAILED, "the command is too long for the agent");
	else if (!make_room(launches))
		error = make_error(
			launches, G_IO_ERROR_FAILED, "too many applications are being waited for");
	if (error) {
		launched(data, 0, 0, error);
		return;
	}
	launch = g_new0(struct launch, 1);
	launches->last_id = launches->last_id == UINT32_MAX ? 1 : launches->last_id + 1;
	launch->id = launches->last_id;
	launch->application = g_strdup(application);
	launch->arguments = g_bytes_new(arguments, len);
	launch->startup = g_strdup(startup);
	launch->deadline = now + ANSWER_MS;
	launch->launched = launched;
	launch->data = data;
	g_ptr_array_add(launches->all, launch);
}

/* Ends a launch that may not even have begun, and tells everyone. The launch is freed. */
static void fail(struct hc_launches *launches, struct launch *launch, int code, const char *reason)
{
	g_autoptr(GError) error = make_error(launches, code, reason);
	guint index = 0;

	g_ptr_array_find(launches->all, launch, &index);
	g_ptr_array_steal_index(launches->all, index);
	if (launch->state <= LAUNCH_SENT)
		launch->launched(launch->data, launch->id, 0, error);
	tell_waiters(launch, 0, error);
	launch_free(launch);
}

void hc_launches_wait(struct hc_launches *launches, uint32_t id,
	void (*ended)(void *data, int32_t status, const GError *error), void *data)
{
	struct waiter waiter = { .ended = ended, .data = data };
	struct launch *launch = find(launches, id);

	if (!launch) {
		g_autoptr(GError) error =
			make_error(launches, G_IO_ERROR_FAILED, "no such launch is known");

		ended(data, 0, error);
	} else if (launch->state == LAUNCH_ENDED) {
		ended(data, launch->status, NULL);
	} else {
		if (!launch->waiters)
			launch->waiters = g_array_new(FALSE, FALSE, sizeof(struct waiter));
		g_array_append_val(launch->waiters, waiter);
	}
}

void hc_launches_forget_waiter(struct hc_launches *launches, const void *data)
{
	for (guint i = 0; i < launches->all->len; i++) {
		const struct launch *launch = g_ptr_array_index(launches->all, i);

		for (guint j = waiter_count(launch); j-- > 0;) {
			if (g_array_index(launch->waiters, struct waiter, j).data == data)
				g_array_remove_index_fast(launch->waiters, j);
		}
	}
}

void hc_launches_send(struct hc_launches *launches, int64_t now,
	void (*send)(void *data, const struct hc_link_message *message), void *data)
{
	for (guint i = 0; i < launches->all->len; i++) {
		struct launch *launch = g_ptr_array_index(launches->all, i);
		size_t len;
		const uint8_t *arguments;

		if (launch->state != LAUNCH_QUEUED)
			continue;
		arguments = g_bytes_get_data(launch->arguments, &len);
		launch->state = LAUNCH_SENT;
		launch->deadline = now + ANSWER_MS;
		send(data, HC_LINK_MESSAGE(LAUNCH, launch, .launch = launch->id,
				   .application = vp_text_from(launch->application, VP_NAME_MAX),
				   .arguments = { .data = arguments, .len = len },
				   .startup = vp_text_from(launch->startup, VP_NAME_MAX)));
		drop_request(launch);
	}
}

void hc_launches_handle_launched(
	struct hc_launches *launches, const struct hc_link_launched *message)
{
	struct launch *launch = find(launches, message->launch);

	if (!launch || launch->state != LAUNCH_SENT) {
		g_debug("%s: an answer to a launch that was not asked for", launches->vm);
		return;
	}
	if (message->pid == 0) {
		g_autofree char *reason = message->error.len > 0
						  ? hc_safe_text(message->error)
						  : g_strdup("it could not be started");

		fail(launches, launch, G_IO_ERROR_NOT_FOUND, reason);
		return;
	}
	launch->state = LAUNCH_RUNNING;
	launch->launched(launch->data, launch->id, (int32_t)message->pid, NULL);
}

void hc_launches_handle_exited(struct hc_launches *launches, const struct hc_link_exited *message)
{
	struct launch *launch = find(launches, message->launch);

	if (!launch || launch->state != LAUNCH_RUNNING)
		return;
	launch->state = LAUNCH_ENDED;
	launch->status = (int32_t)message->status;
	tell_waiters(launch, launch->status, NULL);
}

static void fail_from(struct hc_launches *launches, enum launch_state first, const char *reason)
{
	guint i = 0;

	while (i < launches->all->len) {
		struct launch *launch = g_ptr_array_index(launches->all, i);

		if (launch->state >= first && launch->state != LAUNCH_ENDED)
			fail(launches, launch, G_IO_ERROR_FAILED, reason);
		else
			i++;
	}
}

void hc_launches_forget_sent(struct hc_launches *launches, const char *reason)
{
	fail_from(launches, LAUNCH_SENT, reason);
}

void hc_launches_fail_all(struct hc_launches *launches, const char *reason)
{
	fail_from(launches, LAUNCH_QUEUED, reason);
}

bool hc_launches_pending(const struct hc_launches *launches)
{
	return hc_launches_deadline(launches) >= 0;
}

int64_t hc_launches_deadline(const struct hc_launches *launches)
{
	int64_t deadline = -1;

	for (guint i = 0; i < launches->all->len; i++) {
		const struct launch *launch = g_ptr_array_index(launches->all, i);

		if (launch->state <= LAUNCH_SENT && (deadline < 0 || launch->deadline < deadline))
			deadline = launch->deadline;
	}
	return deadline;
}

static void expire(struct hc_launches *launches, struct launch *launch, const char *reason)
{
	g_autofree char *text = g_strdup_printf("its agent did not answer in time: %s",
		reason ? reason : "'oriel vm stop' and start it again");

	fail(launches, launch, G_IO_ERROR_FAILED, text);
}

void hc_launches_expire(struct hc_launches *launches, int64_t now, const char *reason)
{
	guint i = 0;

	while (i < launches->all->len) {
		struct launch *launch = g_ptr_array_index(launches->all, i);

		if (launch->state <= LAUNCH_SENT && now >= launch->deadline)
			expire(launches, launch, reason);
		else
			i++;
	}
}
