#define G_LOG_DOMAIN "hc-dbus"

#include "dbus-launch.h"

#include <string.h>

#include "copies.h"
#include "dbus-call.h"
#include "launch-arguments.h"

/* A call of Run or Launch, until it is answered. */
struct launching {
	struct hc_broker *broker;
	GDBusMethodInvocation *invocation;
	char *vm;
	char *application;
	struct hc_launch_arguments *arguments;
	uint32_t copy; /* of the files among them, on its way; else 0 */
	char *alternative; /* application, NULL: none, or it has been launched */
	GError *first_error; /* why that was launched */
	char *startup; /* id, may be empty */
	gboolean notify;
	uint32_t notice; /* how it comes along; 0: is not shown */
	uint32_t request; /* of the guard */
	gulong closed_handler; /* 0: nothing is given up when the caller leaves */
};

static void launching_free(struct launching *launching)
{
	g_free(launching->vm);
	g_free(launching->application);
	hc_launch_arguments_destroy(launching->arguments);
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
		hc_dbus_call_fail(launching->invocation, error);
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
	g_autoptr(GByteArray) arguments = hc_launch_arguments_join(launching->arguments);
	const char *shown = *launching->application
				    ? launching->application
				    : hc_launch_arguments_words(launching->arguments)[0];

	if (launching->notify && shown)
		launching->notice = hc_launch_notices_begin(
			hc_broker_launch_notices(launching->broker), vm, shown);
	hc_vm_run(vm, hc_broker_now(), launching->application, arguments->data, arguments->len,
		launching->startup, handle_launched, launching);
}

/* It has been decided, and the files are there. */
static void begin(struct launching *launching)
{
	g_autoptr(GError) error = NULL;
	struct hc_vm *vm = hc_broker_find(launching->broker, launching->vm, &error);

	if (vm)
		run(launching, vm);
	else
		finish(launching, error);
}

static void refuse(struct launching *launching, const GError *error)
{
	hc_dbus_call_refuse(launching->invocation, error);
	launching_free(launching);
}

static void handle_decided(
	void *data, uint32_t id, const struct hv_policy_decision *decision, const GError *denial)
{
	struct launching *launching = data;

	forget_caller(launching);
	launching->request = id;
	if (decision)
		begin(launching);
	else
		refuse(launching, denial);
}

/* Nobody is there any more to be told the answer. */
static void handle_caller_gone(
	GDBusConnection *connection, gboolean vanished, GError *reason, void *data)
{
	struct launching *launching = data;

	(void)connection;
	(void)vanished;
	(void)reason;
	if (launching->copy != 0) {
		hc_copies_cancel(hc_broker_copies(launching->broker), launching->copy);
		return;
	}
	forget_caller(launching);
	hc_guard_withdraw(hc_broker_guard(launching->broker), hc_broker_now(), launching->request);
	hc_dbus_call_abandon(launching->invocation);
	launching_free(launching);
}

static void follow_caller(struct launching *launching)
{
	launching->closed_handler =
		g_signal_connect(g_dbus_method_invocation_get_connection(launching->invocation),
			"closed", G_CALLBACK(handle_caller_gone), launching);
}

static void emit(const struct launching *launching, const char *signal, GVariant *parameters)
{
	g_dbus_connection_emit_signal(
		g_dbus_method_invocation_get_connection(launching->invocation),
		g_dbus_method_invocation_get_sender(launching->invocation),
		g_dbus_method_invocation_get_object_path(launching->invocation),
		g_dbus_method_invocation_get_interface_name(launching->invocation), signal,
		parameters, NULL);
}

static void ask(struct launching *launching, const struct hc_vm *vm)
{
	const char *const *words = hc_launch_arguments_words(launching->arguments);
	g_autofree char *command = g_strjoinv(" ", (char **)(uintptr_t)words);
	const struct hv_policy_request request = {
		.service = HV_POLICY_LAUNCH,
		.from = hc_guard_peer(NULL),
		.to = hc_guard_peer(hc_vm_config(vm)),
	};
	uint32_t id = hc_guard_request(hc_broker_guard(launching->broker), hc_broker_now(),
		&request, *launching->application ? launching->application : command,
		handle_decided, launching);

	if (id == 0)
		return;
	launching->request = id;
	follow_caller(launching);
	emit(launching, "Asked", NULL);
}

/* Files of the primary's */

static void handle_progress(void *data, uint32_t copy, uint64_t bytes, uint64_t total)
{
	emit(data, "CopyProgressed", g_variant_new("(utt)", copy, bytes, total));
}

static void handle_asked(void *data)
{
	emit(data, "Asked", NULL);
}

static void handle_copied(
	void *data, uint32_t copy, const struct hc_copy_result *result, const GError *error)
{
	struct launching *launching = data;
	g_autoptr(GError) incomplete = NULL;

	(void)copy;
	launching->copy = 0;
	forget_caller(launching);
	if (error) {
		refuse(launching, error);
		return;
	}
	launching->request = result->launch_permit;
	if (hc_launch_arguments_replace_files(launching->arguments, result->paths, &incomplete))
		begin(launching);
	else
		finish(launching, incomplete);
}

/* The guard decides about the launch along with the copy. */
static void copy_files(struct launching *launching, const char *const *paths)
{
	static const struct hc_copy_listener listener = {
		.progress = handle_progress,
		.asked = handle_asked,
		.ended = handle_copied,
	};
	const struct hc_copy_request request = {
		.service = HV_POLICY_COPY,
		.paths = paths,
		.to = launching->vm,
		.application = launching->application,
	};
	g_autoptr(GError) error = NULL;

	launching->copy = hc_copies_start(
		hc_broker_copies(launching->broker), &request, &listener, launching, &error);
	if (launching->copy != 0)
		follow_caller(launching);
	else
		refuse(launching, error);
}

/* Calls */

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

static struct hc_launch_arguments *find_arguments(
	const char *const *words, GVariant *options, GError **error)
{
	g_autoptr(GVariant) files = g_variant_lookup_value(options, "files", G_VARIANT_TYPE("au"));
	size_t count = 0;
	const guint32 *places =
		files ? g_variant_get_fixed_array(files, &count, sizeof(*places)) : NULL;

	return hc_launch_arguments_create(words, places, count, error);
}

static void launch(struct hc_broker *broker, GDBusMethodInvocation *invocation, const char *name,
	const char *application, const char *const *words, GVariant *options)
{
	const struct hc_vm *vm = hc_dbus_call_find_vm(invocation, broker, name);
	g_autofree const char **files = NULL;
	g_autoptr(GError) error = NULL;
	struct launching *launching;

	if (!vm)
		return;
	launching = g_new0(struct launching, 1);
	launching->broker = broker;
	launching->invocation = invocation;
	launching->vm = g_strdup(name);
	launching->application = g_strdup(application);
	launching->arguments = find_arguments(words, options, &error);
	g_variant_lookup(options, "alternative", "s", &launching->alternative);
	launching->startup = find_startup(options);
	g_variant_lookup(options, "notify", "b", &launching->notify);
	if (!launching->arguments) {
		refuse(launching, error);
		return;
	}
	files = hc_launch_arguments_files(launching->arguments);
	if (files)
		copy_files(launching, files);
	else
		ask(launching, vm);
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

void hc_dbus_launch_connect(HcDbusBroker1 *skeleton, struct hc_broker **broker)
{
	g_signal_connect(skeleton, "handle-run", G_CALLBACK(handle_run), broker);
	g_signal_connect(skeleton, "handle-launch", G_CALLBACK(handle_launch), broker);
}
