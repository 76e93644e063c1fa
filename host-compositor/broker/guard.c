#define G_LOG_DOMAIN "hc-guard"

#include "guard.h"

#include <gio/gio.h>

#include "audit.h"
#include "policy-explain.h"
#include "policy-files.h"
#include "policy-watch.h"

struct hc_guard {
	char **directories;
	struct hv_policy *policy; /* the last good one, NULL if there was none */
	GPtrArray *errors; /* of char *: of the last reading */
	struct hc_policy_watch *watch;
	struct hc_audit *audit;
};

static bool has_error(GPtrArray *errors, const char *line)
{
	return g_ptr_array_find_with_equal_func(errors, line, g_str_equal, NULL);
}

/* Each error is told once, however often the files are read. */
static void take_problems(struct hc_guard *guard, const GPtrArray *problems)
{
	GPtrArray *errors = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < problems->len; i++) {
		char *line = hv_policy_problem_print(g_ptr_array_index(problems, i));

		if (!has_error(guard->errors, line))
			g_warning("%s", line);
		g_ptr_array_add(errors, line);
	}
	if (errors->len > 0 && guard->errors->len == 0)
		g_warning("the policy's files are wrong: %s",
			guard->policy ? "the last good policy stays in force"
				      : "all is denied until they are mended");
	else if (errors->len == 0 && guard->errors->len > 0)
		g_message("the policy's files are right again");
	g_ptr_array_unref(guard->errors);
	guard->errors = errors;
}

/* True if a file is newly watched, and may have changed before that. */
static bool read_files(struct hc_guard *guard)
{
	const char *const *directories = (const char *const *)guard->directories;
	struct hv_policy_files files;
	bool again;

	hv_policy_files_load(directories, &files);
	take_problems(guard, files.problems);
	if (files.policy) {
		hv_policy_destroy(guard->policy);
		guard->policy = g_steal_pointer(&files.policy);
	}
	g_ptr_array_add(files.included, NULL);
	again = hc_policy_watch_set(
		guard->watch, directories, (const char *const *)files.included->pdata);
	hv_policy_files_clear(&files);
	return again;
}

const GPtrArray *hc_guard_reload(struct hc_guard *guard)
{
	if (read_files(guard))
		read_files(guard);
	return guard->errors;
}

static void handle_files_changed(void *data)
{
	hc_guard_reload(data);
}

struct hc_guard *hc_guard_create(const char *const *directories, const char *audit_path)
{
	struct hc_guard *guard = g_new0(struct hc_guard, 1);

	guard->directories = g_strdupv((char **)(uintptr_t)directories);
	guard->errors = g_ptr_array_new_with_free_func(g_free);
	guard->watch = hc_policy_watch_create(handle_files_changed, guard);
	guard->audit = hc_audit_create(audit_path);
	hc_guard_reload(guard);
	return guard;
}

void hc_guard_destroy(struct hc_guard *guard)
{
	if (!guard)
		return;
	hc_policy_watch_destroy(guard->watch);
	hc_audit_destroy(guard->audit);
	hv_policy_destroy(guard->policy);
	g_ptr_array_unref(guard->errors);
	g_strfreev(guard->directories);
	g_free(guard);
}

void hc_guard_decide(const struct hc_guard *guard, const struct hv_policy_request *request,
	struct hv_policy_decision *decision)
{
	hv_policy_decide(guard->policy, request, decision);
}

bool hc_guard_allow(struct hc_guard *guard, const struct hv_policy_request *request, GError **error)
{
	const char *service = hv_policy_service_info(request->service)->name;
	g_autofree char *why = NULL;
	struct hv_policy_decision decision;

	hv_policy_decide(guard->policy, request, &decision);
	hc_audit_write(guard->audit, g_get_real_time(), request, &decision);
	if (decision.action == HV_POLICY_ALLOW)
		return true;
	why = hv_policy_explain(&decision);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
		"the policy does not allow %s from %s to %s: %s", service,
		request->from.name ? request->from.name : "@primary",
		request->to.name ? request->to.name : "@primary", why);
	return false;
}

struct hv_policy_peer hc_guard_peer(const struct hv_vm_config *config)
{
	struct hv_policy_peer peer = { 0 };

	if (config) {
		peer.name = config->name;
		peer.colour = config->colour;
	}
	return peer;
}
