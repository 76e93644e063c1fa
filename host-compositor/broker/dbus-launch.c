#define G_LOG_DOMAIN "hc-dbus"

#include "dbus-launch.h"

#include <string.h>

#include <gio/gio.h>

#include "copies.h"
#include "dbus.h"

/* A call of Run or Launch, until it is answered. */
struct launching {
	struct hc_broker *broker;
	GDBusMethodInvocation *invocation;
	char *vm;
	char *application;
	char **words; /* its arguments; those of files become those of their copies */
	GArray *files; /* of guint32: which of them are files of the primary's, to be copied */
	uint32_t copy; /* of those, on its way; else 0 */
	GByteArray *arguments; /* the words, each ended by NUL; NULL while files are copied */
	char *alternative; /* application, NULL: none, or it has been launched */
	GError *first_error; /* why that was launched */
	char *startup; /* id, may be empty */
	gboolean notify;
	uint32_t notice; /* how it comes along; 0: is not shown */
	uint32_t request; /* of the guard */
	gulong closed_handler; /* 0: nothing is given up when the caller leaves */
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
	g_strfreev(launching->words);
	g_array_unref(launching->files);
	g_clear_pointer(&launching->arguments, g_byte_array_unref);
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

static GByteArray *join(const char *const *words)
{
	GByteArray *bytes = g_byte_array_new();

	for (size_t i = 0; words[i]; i++)
		g_byte_array_append(bytes, (const guint8 *)words[i], (guint)strlen(words[i]) + 1);
	return bytes;
}

/* It has been decided, and the files are there. */
static void begin(struct launching *launching)
{
	g_autoptr(GError) error = NULL;
	struct hc_vm *vm = hc_broker_find(launching->broker, launching->vm, &error);

	launching->arguments = join((const char *const *)launching->words);
	if (vm)
		run(launching, vm);
	else
		finish(launching, error);
}

static void refuse(struct launching *launching, const GError *error)
{
	bool denied = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);

	fail_call(
		launching->invocation, denied ? HC_DBUS_ERROR_DENIED : HC_DBUS_ERROR_FAILED, error);
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
	fail_gone_call(launching->invocation);
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
	g_autofree char *command = g_strjoinv(" ", launching->words);
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

/* The copies come in the order of their files. */
static bool take_copies(struct launching *launching, const char *const *paths, GError **error)
{
	if (g_strv_length((char **)(uintptr_t)paths) != launching->files->len) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			"not all files have reached the VM: they cannot be read here, or are "
			"neither files nor directories");
		return false;
	}
	for (guint i = 0; i < launching->files->len; i++) {
		char **word = &launching->words[g_array_index(launching->files, guint32, i)];

		g_free(*word);
		*word = g_strdup(paths[i]);
	}
	return true;
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
	if (take_copies(launching, result->paths, &incomplete))
		begin(launching);
	else
		finish(launching, incomplete);
}

/* The guard decides about the launch along with the copy. */
static void copy_files(struct launching *launching)
{
	static const struct hc_copy_listener listener = {
		.progress = handle_progress,
		.asked = handle_asked,
		.ended = handle_copied,
	};
	g_autoptr(GPtrArray) paths = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	struct hc_copy_request request = {
		.service = HV_POLICY_COPY,
		.to = launching->vm,
		.application = launching->application,
	};

	for (guint i = 0; i < launching->files->len; i++)
		g_ptr_array_add(
			paths, launching->words[g_array_index(launching->files, guint32, i)]);
	g_ptr_array_add(paths, NULL);
	request.paths = (const char *const *)paths->pdata;
	launching->copy = hc_copies_start(
		hc_broker_copies(launching->broker), &request, &listener, launching, &error);
	if (launching->copy != 0)
		follow_caller(launching);
	else
		refuse(launching, error);
}

/* The words that the option "files" names, by their places; none if it is wrong. */
static bool find_files(GVariant *options, const char *const *words, GArray *files, GError **error)
{
	guint count = g_strv_length((char **)(uintptr_t)words);
	g_autoptr(GVariantIter) iter = NULL;
	guint32 index;

	if (!g_variant_lookup(options, "files", "au", &iter))
		return true;
	while (g_variant_iter_next(iter, "u", &index)) {
		if (index >= count || !g_path_is_absolute(words[index])) {
			g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
				"files: argument %u is not there, or no absolute path", index);
			return false;
		}
		g_array_append_val(files, index);
	}
	return true;
}

/* Calls */

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
	g_autoptr(GError) error = NULL;
	struct launching *launching;

	if (!vm)
		return;
	launching = g_new0(struct launching, 1);
	launching->broker = broker;
	launching->invocation = invocation;
	launching->vm = g_strdup(name);
	launching->application = g_strdup(application);
	launching->words = g_strdupv((char **)(uintptr_t)words);
	launching->files = g_array_new(FALSE, FALSE, sizeof(guint32));
	g_variant_lookup(options, "alternative", "s", &launching->alternative);
	launching->startup = find_startup(options);
	g_variant_lookup(options, "notify", "b", &launching->notify);
	if (!find_files(options, words, launching->files, &error))
		refuse(launching, error);
	else if (launching->files->len > 0)
		copy_files(launching);
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
