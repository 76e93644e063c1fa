#define G_LOG_DOMAIN "hc-dbus"

#include "dbus-launch.h"

#include <string.h>

#include <gio/gio.h>

#include "dbus.h"

/* A call of Run or Launch, until it is answered. */
struct launching {
	struct hc_broker *broker;
	GDBusMethodInvocation *invocation;
	char *vm;
	char *application;
	GByteArray *arguments; /* each ended by NUL */
	char *alternative; /* application, NULL: none, or it has been launched */
	GError *first_error; /* why that was launched */
	char *startup; /* id, may be empty */
	gboolean notify;
	uint32_t notice; /* how it comes along; 0: is not shown */
	uint32_t request; /* of the guard */
	gulong closed_handler; /* 0: the user is not being asked */
};

/* A call of Wait, until it is answered. */
struct waiting {
	struct hc_vm *vm; /* which outlives it: a VM's end ends the wait for its launches */
	GDBusMethodInvocation *invocation;
	gulong closed_handler;
};

static void fail_call(GDBusMethodInvocation *invocation, const char *name, const GError *error)
{
	g_dbus_method_invocation_return_dbus_error(invocation, name, error->message);
}

static void fail_gone_call(GDBusMethodInvocation *invocation)
{
	g_autoptr(GError) error =
		g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CANCELLED, "its caller is gone");

	fail_call(invocation, HC_DBUS_ERROR_FAILED, error);
}

static void launching_free(struct launching *launching)
{
	g_free(launching->vm);
	g_free(launching->application);
	g_byte_array_unref(launching->arguments);
	g_free(launching->alternative);
	g_clear_error(&launching->first_error);
	g_free(launching->startup);
	g_free(launching);
}

static void forget_caller(struct launching *launching)
{
	if (launching->closed_handler > 0)
		g_signal_handler_disconnect(
			g_dbus_method_invocation_get_connection(launching->invocation),
			launching->closed_handler);
	launching->closed_handler = 0;
}

static void finish(struct launching *launching, const GError *error)
{
	const struct hc_guard_outcome outcome = { .failure = error ? error->message : NULL };

	hc_guard_finish(hc_broker_guard(launching->broker), launching->request, &outcome);
	if (launching->notice > 0)
		hc_launch_notices_end(hc_broker_launch_notices(launching->broker), hc_broker_now(),
			launching->notice, error);
	if (error)
		fail_call(launching->invocation, HC_DBUS_ERROR_FAILED, error);
	launching_free(launching);
}

static void handle_launched(void *data, uint32_t launch, int32_t pid, const GError *error);

/* It is another attempt at what has been decided. False if there is none to make. */
static bool run_alternative(struct launching *launching, const GError *error)
{
	g_autofree char *application = g_steal_pointer(&launching->alternative);
	struct hc_vm *vm = hc_broker_find(launching->broker, launching->vm, NULL);

	if (!application || !vm)
		return false;
	launching->first_error = g_error_copy(error);
	hc_vm_run(vm, hc_broker_now(), application, NULL, 0, launching->startup, handle_launched,
		launching);
	return true;
}

static void handle_launched(void *data, uint32_t launch, int32_t pid, const GError *error)
{
	struct launching *launching = data;

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) &&
		run_alternative(launching, error))
		return;
	if (error && launching->first_error)
		error = launching->first_error;
	if (!error)
		g_dbus_method_invocation_return_value(
			launching->invocation, g_variant_new("(ui)", launch, pid));
	finish(launching, error);
}

static void run(struct launching *launching, struct hc_vm *vm)
{
	const char *shown = *launching->application ? launching->application
						    : (const char *)launching->arguments->data;

	if (launching->notify && shown)
		launching->notice = hc_launch_notices_begin(
			hc_broker_launch_notices(launching->broker), vm, shown);
	hc_vm_run(vm, hc_broker_now(), launching->application, launching->arguments->data,
		launching->arguments->len, launching->startup, handle_launched, launching);
}

static void handle_decided(
	void *data, uint32_t id, const struct hv_policy_decision *decision, const GError *denial)
{
	struct launching *launching = data;
	g_autoptr(GError) error = NULL;
	struct hc_vm *vm;

	forget_caller(launching);
	launching->request = id;
	if (!decision) {
		fail_call(launching->invocation, HC_DBUS_ERROR_DENIED, denial);
		launching_free(launching);
		return;
	}
	vm = hc_broker_find(launching->broker, launching->vm, &error);
	if (vm)
		run(launching, vm);
	else
		finish(launching, error);
}

/* Nobody is there any more to be told the answer. */
static void handle_caller_gone(
	GDBusConnection *connection, gboolean vanished, GError *reason, void *data)
{
	struct launching *launching = data;

	(void)connection;
	(void)vanished;
	(void)reason;
	forget_caller(launching);
	hc_guard_withdraw(hc_broker_guard(launching->broker), hc_broker_now(), launching->request);
	fail_gone_call(launching->invocation);
	launching_free(launching);
}

static void wait_for_user(struct launching *launching, uint32_t request)
{
	GDBusConnection *connection =
		g_dbus_method_invocation_get_connection(launching->invocation);

	launching->request = request;
	launching->closed_handler =
		g_signal_connect(connection, "closed", G_CALLBACK(handle_caller_gone), launching);
	g_dbus_connection_emit_signal(connection,
		g_dbus_method_invocation_get_sender(launching->invocation),
		g_dbus_method_invocation_get_object_path(launching->invocation),
		g_dbus_method_invocation_get_interface_name(launching->invocation), "Asked", NULL,
		NULL);
}

static GByteArray *join(const char *const *words)
{
	GByteArray *bytes = g_byte_array_new();

	for (size_t i = 0; words[i]; i++)
		g_byte_array_append(bytes, (const guint8 *)words[i], (guint)strlen(words[i]) + 1);
	return bytes;
}

static struct hc_vm *find_vm(
	struct hc_broker *broker, GDBusMethodInvocation *invocation, const char *name)
{
	g_autoptr(GError) error = NULL;
	struct hc_vm *vm;

	hc_broker_reload(broker);
	vm = hc_broker_find(broker, name, &error);
	if (!vm)
		fail_call(invocation, HC_DBUS_ERROR_FAILED, error);
	return vm;
}

/* What a window manager is told is printable. */
static char *find_startup(GVariant *options)
{
	const char *id = "";

	g_variant_lookup(options, "startup-id", "&s", &id);
	for (const char *at = id; *at; at++) {
		if (!g_ascii_isprint(*at))
			return g_strdup("");
	}
	return g_strdup(strlen(id) <= VP_NAME_MAX ? id : "");
}

static void launch(struct hc_broker *broker, GDBusMethodInvocation *invocation, const char *name,
	const char *application, const char *const *words, GVariant *options)
{
	const struct hc_vm *vm = find_vm(broker, invocation, name);
	g_autofree char *command = g_strjoinv(" ", (char **)(uintptr_t)words);
	struct hv_policy_request request = { .service = HV_POLICY_LAUNCH };
	struct launching *launching;
	uint32_t id;

	if (!vm)
		return;
	launching = g_new0(struct launching, 1);
	launching->broker = broker;
	launching->invocation = invocation;
	launching->vm = g_strdup(name);
	launching->application = g_strdup(application);
	launching->arguments = join(words);
	g_variant_lookup(options, "alternative", "s", &launching->alternative);
	launching->startup = find_startup(options);
	g_variant_lookup(options, "notify", "b", &launching->notify);
	request.from = hc_guard_peer(NULL);
	request.to = hc_guard_peer(hc_vm_config(vm));
	id = hc_guard_request(hc_broker_guard(broker), hc_broker_now(), &request,
		*application ? application : command, handle_decided, launching);
	if (id > 0)
		wait_for_user(launching, id);
}

static gboolean handle_run(HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation,
	const char *name, const char *application, const char *const *words, void *data)
{
	g_autoptr(GVariant) options = g_variant_ref_sink(g_variant_new("a{sv}", NULL));

	(void)skeleton;
	launch(*(struct hc_broker **)data, invocation, name, application, words, options);
	return TRUE;
}

static gboolean handle_launch(HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation,
	const char *name, const char *application, const char *const *words, GVariant *options,
	void *data)
{
	(void)skeleton;
	launch(*(struct hc_broker **)data, invocation, name, application, words, options);
	return TRUE;
}

/* Before the answer, which may free the connection. */
static void end_wait(struct waiting *waiting)
{
	g_signal_handler_disconnect(g_dbus_method_invocation_get_connection(waiting->invocation),
		waiting->closed_handler);
	g_free(waiting);
}

static void handle_ended(void *data, int32_t status, const GError *error)
{
	struct waiting *waiting = data;
	GDBusMethodInvocation *invocation = waiting->invocation;

	end_wait(waiting);
	if (error)
		fail_call(invocation, HC_DBUS_ERROR_FAILED, error);
	else
		g_dbus_method_invocation_return_value(invocation, g_variant_new("(i)", status));
}

/* The call would keep its connection's descriptor for as long as the application runs. */
static void handle_waiter_gone(
	GDBusConnection *connection, gboolean vanished, GError *reason, void *data)
{
	struct waiting *waiting = data;
	GDBusMethodInvocation *invocation = waiting->invocation;

	(void)connection;
	(void)vanished;
	(void)reason;
	hc_vm_forget_waiter(waiting->vm, waiting);
	end_wait(waiting);
	fail_gone_call(invocation);
}

static void wait_for_end(struct hc_vm *vm, guint launch, GDBusMethodInvocation *invocation)
{
	GDBusConnection *connection = g_dbus_method_invocation_get_connection(invocation);
	struct waiting *waiting;

	if (g_dbus_connection_is_closed(connection)) {
		fail_gone_call(invocation);
		return;
	}
	waiting = g_new0(struct waiting, 1);
	waiting->vm = vm;
	waiting->invocation = invocation;
	waiting->closed_handler =
		g_signal_connect(connection, "closed", G_CALLBACK(handle_waiter_gone), waiting);
	hc_vm_wait(vm, launch, handle_ended, waiting);
}

static gboolean handle_wait(HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation,
	const char *name, guint launch, void *data)
{
	struct hc_vm *vm = find_vm(*(struct hc_broker **)data, invocation, name);

	(void)skeleton;
	if (vm)
		wait_for_end(vm, launch, invocation);
	return TRUE;
}

void hc_dbus_launch_connect(HcDbusBroker1 *skeleton, struct hc_broker **broker)
{
	g_signal_connect(skeleton, "handle-run", G_CALLBACK(handle_run), broker);
	g_signal_connect(skeleton, "handle-launch", G_CALLBACK(handle_launch), broker);
	g_signal_connect(skeleton, "handle-wait", G_CALLBACK(handle_wait), broker);
}
