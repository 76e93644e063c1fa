#define G_LOG_DOMAIN "hc-opens"

#include "opens.h"

#include <string.h>

#include <gio/gio.h>

#include "copies.h"
#include "rate.h"
#include "tree-name.h"
#include "url.h"
#include "wire.h"

#define FILE_URI "file:///"

#define NOT_OPENED "it could not be opened there"
#define NOT_HANDED_OVER "the file has not been handed over"
#define PROGRAM "the file has been handed over, but a program is not opened there"
#define ANOTHER "another file has come than was to be opened"

/* Of one VM's requests, in milliseconds. */
static const struct hc_rate_bound bound = { .burst = 16, .interval = 500 };

struct hc_opens {
	struct hc_broker *broker;
	GHashTable *rates; /* VM's name → struct hc_rate */
	GPtrArray *pending; /* of struct open */
};

/* Where something is to be opened: in a VM, or on the primary (NULL). */
struct place {
	struct hc_vm *vm;
};

/* What a VM wants opened, as the policy sees it. */
struct wanted {
	enum hv_policy_service service;
	const char *type; /* of a file, by its name; NULL */
	uint64_t size;
};

struct open {
	struct hc_opens *opens;
	char *from; /* the VM that has asked, NULL: its session has ended */
	uint32_t request;
	char *target; /* as the VM wrote it */
	char *url; /* of a web page or mail address; NULL: it is a file */
	char *file; /* the VM's path of it */
	char *type; /* of the file, by that: what the rules have decided about, so what counts */
	char *to; /* the VM that it is for, NULL: the primary */
	uint32_t permit; /* of the guard */
	bool begun; /* it has been allowed, or files are decided by those who copy them */
};

static void free_open(void *data)
{
	struct open *open = data;

	g_free(open->from);
	g_free(open->target);
	g_free(open->url);
	g_free(open->file);
	g_free(open->type);
	g_free(open->to);
	g_free(open);
}

struct hc_opens *hc_opens_create(struct hc_broker *broker)
{
	struct hc_opens *opens = g_new0(struct hc_opens, 1);

	opens->broker = broker;
	opens->rates = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	opens->pending = g_ptr_array_new_with_free_func(free_open);
	return opens;
}

void hc_opens_destroy(struct hc_opens *opens)
{
	if (!opens)
		return;
	g_ptr_array_unref(opens->pending);
	g_hash_table_unref(opens->rates);
	g_free(opens);
}

static struct hc_rate *find_rate(struct hc_opens *opens, const char *vm)
{
	struct hc_rate *rate = g_hash_table_lookup(opens->rates, vm);

	if (!rate) {
		rate = g_new0(struct hc_rate, 1);
		g_hash_table_insert(opens->rates, g_strdup(vm), rate);
	}
	return rate;
}

static guint count_pending(const struct hc_opens *opens, const char *vm)
{
	guint count = 0;

	for (guint i = 0; i < opens->pending->len; i++) {
		const struct open *open = g_ptr_array_index(opens->pending, i);

		count += g_strcmp0(open->from, vm) == 0;
	}
	return count;
}

static bool check_rate(struct hc_opens *opens, const char *vm, GError **error)
{
	if (count_pending(opens, vm) < VP_OPENS_MAX &&
		hc_rate_take(find_rate(opens, vm), &bound, hc_broker_now()))
		return true;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_BUSY,
		"this VM has asked for too much to be opened: try again in a while");
	return false;
}

static struct hv_policy_request make_request(
	const struct hc_vm *from, const struct place *to, const struct wanted *wanted)
{
	return (struct hv_policy_request){
		.service = wanted->service,
		.from = hc_guard_peer(hc_vm_config(from)),
		.to = hc_guard_peer(to->vm ? hc_vm_config(to->vm) : NULL),
		.type = wanted->type,
		.size = wanted->size,
	};
}

static bool may_open(struct hc_opens *opens, const struct hc_vm *from, const struct place *to,
	const struct wanted *wanted)
{
	const struct hv_policy_request request = make_request(from, to, wanted);
	struct hv_policy_decision decision;

	hc_guard_decide(hc_broker_guard(opens->broker), &request, &decision);
	return decision.action != HV_POLICY_DENY;
}

/* The first VM, by name, that the policy lets, or else the primary. */
static bool choose_place(struct hc_opens *opens, const struct hc_vm *from,
	const struct wanted *wanted, struct place *to)
{
	const GPtrArray *vms = hc_broker_vms(opens->broker);

	for (guint i = 0; i < vms->len; i++) {
		to->vm = g_ptr_array_index(vms, i);
		if (to->vm != from && may_open(opens, from, to, wanted))
			return true;
	}
	to->vm = NULL;
	return may_open(opens, from, to, wanted);
}

static bool find_place(struct hc_opens *opens, const struct hc_vm *from, const char *target,
	const struct wanted *wanted, struct place *to)
{
	to->vm = NULL;
	if (!*target)
		return choose_place(opens, from, wanted, to);
	if (strcmp(target, HV_POLICY_PRIMARY_NAME) == 0)
		return true;
	to->vm = hc_broker_find(opens->broker, target, NULL);
	return to->vm && to->vm != from;
}

static struct hc_vm *find_vm(const struct hc_opens *opens, const char *name)
{
	return name ? hc_broker_find(opens->broker, name, NULL) : NULL;
}

/* reason: NULL if it has been opened. */
static void answer(struct hc_vm *vm, uint32_t request, const char *reason)
{
	g_autofree char *valid = g_utf8_make_valid(reason ? reason : "", -1);

	hc_vm_send(vm,
		HC_LINK_MESSAGE(OPEN_ANSWER, open_answer, .request = request, .opened = !reason,
			.message = vp_text_from(valid, VP_REASON_MAX)),
		-1);
}

/* What went wrong, by other VMs' words and the primary's, is for the primary's user alone; the VM
 * that has asked is told the reason. */
static void finish(struct open *open, const GError *error, const char *reason)
{
	struct hc_opens *opens = open->opens;
	const struct hc_guard_outcome outcome = {
		.bytes = error || !open->url ? 0 : strlen(open->url),
		.failure = error ? error->message : NULL,
	};
	struct hc_vm *from = find_vm(opens, open->from);

	hc_guard_finish(hc_broker_guard(opens->broker), open->permit, &outcome);
	if (error)
		g_message("what %s wants opened: %s", open->from ? open->from : "a VM",
			error->message);
	if (from)
		answer(from, open->request, error ? reason : NULL);
	g_ptr_array_remove_fast(opens->pending, open);
}

static void handle_launched(void *data, uint32_t launch, int32_t pid, const GError *error)
{
	(void)launch;
	(void)pid;
	finish(data, error, NOT_OPENED);
}

static void handle_opened_here(GObject *source, GAsyncResult *result, void *data)
{
	g_autoptr(GError) error = NULL;

	(void)source;
	g_app_info_launch_default_for_uri_finish(result, &error);
	finish(data, error, NOT_OPENED);
}

/* The VM that it is for may have gone while the user was being asked. what: a URL or, in a VM, a
 * path. */
static void do_open(struct open *open, const char *what)
{
	struct hc_vm *to = find_vm(open->opens, open->to);
	g_autoptr(GError) error = NULL;

	open->begun = true;
	if (to) {
		hc_vm_run(to, hc_broker_now(), VP_LAUNCH_DEFAULT, (const uint8_t *)what,
			strlen(what) + 1, "", handle_launched, open);
	} else if (!open->to) {
		g_app_info_launch_default_for_uri_async(what, NULL, NULL, handle_opened_here, open);
	} else {
		g_set_error(&error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "the VM is no more");
		finish(open, error, NOT_OPENED);
	}
}

static struct open *open_create(struct hc_opens *opens, const char *from, uint32_t request,
	const char *target, const struct place *to)
{
	struct open *open = g_new0(struct open, 1);

	open->opens = opens;
	open->from = g_strdup(from);
	open->request = request;
	open->target = g_strdup(target);
	open->to = to->vm ? g_strdup(hc_vm_config(to->vm)->name) : NULL;
	g_ptr_array_add(opens->pending, open);
	return open;
}

/* Says no more than the VM may know: neither which VMs there are, nor the rule. */
static void deny(struct hc_vm *from, uint32_t request, const char *target)
{
	g_autofree char *place = *target ? g_strescape(target, NULL) : g_strdup("any other place");
	g_autofree char *reason =
		g_strdup_printf("the primary does not let this VM open that in %s", place);

	answer(from, request, reason);
}

static void refuse(struct open *open)
{
	struct hc_vm *from = find_vm(open->opens, open->from);

	if (from)
		deny(from, open->request, open->target);
	g_ptr_array_remove_fast(open->opens->pending, open);
}

static void handle_decided(
	void *data, uint32_t id, const struct hv_policy_decision *decision, const GError *denial)
{
	struct open *open = data;
	open->permit = id;
	if (decision) {
		do_open(open, open->url);
		return;
	}
	g_message("%s", denial->message);
	refuse(open);
}

static void ask(struct open *open, const struct hv_policy_request *request)
{
	uint32_t id = hc_guard_request(hc_broker_guard(open->opens->broker), hc_broker_now(),
		request, open->url, handle_decided, open);

	if (id != 0)
		open->permit = id;
}

static void handle_url(struct hc_opens *opens, struct hc_vm *from, uint32_t id, const char *target,
	const char *text)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *url = hc_url_check(text, &error);
	const struct wanted wanted = { HV_POLICY_OPEN_URL, NULL, url ? strlen(url) : 0 };
	struct hv_policy_request request;
	struct open *open;
	struct place to;

	if (!url) {
		answer(from, id, error->message);
		return;
	}
	if (!find_place(opens, from, target, &wanted, &to)) {
		deny(from, id, target);
		return;
	}
	request = make_request(from, &to, &wanted);
	open = open_create(opens, hc_vm_config(from)->name, id, target, &to);
	open->url = g_steal_pointer(&url);
	ask(open, &request);
}

/* Programs of the primary's are not to come from a VM: opening them could run them, those of other
 * systems too, where there is something that runs these. */
static bool may_run(const char *type)
{
	static const char *const types[] = { "application/x-executable", "application/x-desktop",
		"application/x-ms-dos-executable", "application/x-java-archive",
		"application/x-sharedlib", "text/x-shellscript", "application/x-msi",
		"application/x-ms-shortcut", "application/x-msdos-program", "application/x-bat",
		"application/x-mswinurl", "application/x-java-jnlp-file",
		"application/vnd.microsoft.portable-executable" };

	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		if (g_content_type_is_a(type, types[i]))
			return true;
	}
	return false;
}

static void handle_launched_here(GObject *source, GAsyncResult *result, void *data)
{
	g_autoptr(GError) error = NULL;

	g_app_info_launch_uris_finish(G_APP_INFO(source), result, &error);
	finish(data, error, NOT_OPENED);
}

/* By the type that was decided about, and not by what the file looks like inside: that is the VM's
 * choice. */
static void launch_here(struct open *open, char *uri)
{
	g_autoptr(GAppInfo) application = g_app_info_get_default_for_type(open->type, FALSE);
	g_autoptr(GError) error = NULL;
	GList uris = { .data = uri };

	if (application) {
		g_app_info_launch_uris_async(
			application, &uris, NULL, NULL, handle_launched_here, open);
		return;
	}
	g_set_error(&error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
		"the primary has no application for %s, which is what the file's name says",
		open->type);
	finish(open, error, NOT_OPENED);
}

static void open_here(struct open *open, const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *uri = NULL;

	if (may_run(open->type)) {
		g_set_error_literal(&error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, PROGRAM);
		finish(open, error, PROGRAM);
		return;
	}
	uri = g_filename_to_uri(path, NULL, &error);
	if (uri)
		launch_here(open, uri);
	else
		finish(open, error, NOT_OPENED);
}

/* A VM may send another file than the one that the rules have let pass. */
static bool is_asked_for(const struct open *open, const char *path)
{
	g_autofree char *name = g_path_get_basename(path);
	g_autofree char *base = g_path_get_basename(open->file);
	char asked[VP_TREE_NAME_MAX + 1];

	return vp_tree_name_escape(base, asked) && vp_tree_name_stems(name, asked);
}

static void open_copied(struct open *open, const char *path)
{
	g_autoptr(GError) error = NULL;

	if (!is_asked_for(open, path)) {
		g_set_error_literal(&error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME, ANOTHER);
		finish(open, error, NOT_OPENED);
	} else if (open->to) {
		do_open(open, path);
	} else {
		open_here(open, path);
	}
}

static void handle_copied(
	void *data, uint32_t copy, const struct hc_copy_result *result, const GError *error)
{
	struct open *open = data;
	g_autoptr(GError) lost = NULL;

	(void)copy;
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED)) {
		refuse(open);
		return;
	}
	if (result && result->paths[0]) {
		open_copied(open, result->paths[0]);
		return;
	}
	g_set_error_literal(&lost, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, NOT_HANDED_OVER);
	finish(open, error ? error : lost, NOT_HANDED_OVER);
}

/* It is handed over first, which the guard decides and the user may be asked about. */
static void copy_file(struct open *open, const struct wanted *wanted)
{
	static const struct hc_copy_listener listener = { .ended = handle_copied };
	const char *const paths[] = { open->file, NULL };
	const struct hc_copy_request request = {
		.service = wanted->service,
		.type = wanted->type,
		.from = open->from,
		.paths = paths,
		.to = open->to,
	};
	g_autoptr(GError) error = NULL;

	open->begun = true;
	if (hc_copies_start(
		    hc_broker_copies(open->opens->broker), &request, &listener, open, &error) == 0)
		finish(open, error, NOT_HANDED_OVER);
}

/* By its name alone; with a slash at its end all would be directories. */
static char *guess_type(const char *path)
{
	g_autofree char *name = g_path_get_basename(path);
	g_autofree char *guessed = g_content_type_guess(name, NULL, 0, NULL);

	return g_content_type_get_mime_type(guessed);
}

static void handle_file(struct hc_opens *opens, struct hc_vm *from, uint32_t id, const char *target,
	const char *uri)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = g_filename_from_uri(uri, NULL, &error);
	g_autofree char *type = path ? guess_type(path) : NULL;
	const struct wanted wanted = { HV_POLICY_OPEN_FILE, type, 0 };
	struct open *open;
	struct place to;

	if (!path) {
		answer(from, id, error->message);
		return;
	}
	if (!find_place(opens, from, target, &wanted, &to)) {
		deny(from, id, target);
		return;
	}
	open = open_create(opens, hc_vm_config(from)->name, id, target, &to);
	open->file = g_steal_pointer(&path);
	open->type = g_steal_pointer(&type);
	copy_file(open, &wanted);
}

void hc_opens_handle_request(
	struct hc_opens *opens, struct hc_vm *from, const struct hc_link_open_request *message)
{
	g_autofree char *target = g_strndup(message->target.data, message->target.len);
	g_autofree char *url = g_strndup(message->url.data, message->url.len);
	g_autoptr(GError) error = NULL;

	if (!check_rate(opens, hc_vm_config(from)->name, &error))
		answer(from, message->request, error->message);
	else if (g_ascii_strncasecmp(url, FILE_URI, strlen(FILE_URI)) == 0)
		handle_file(opens, from, message->request, target, url);
	else
		handle_url(opens, from, message->request, target, url);
}

void hc_opens_forget(struct hc_opens *opens, const struct hc_vm *from)
{
	const char *name = from ? hc_vm_config(from)->name : NULL;
	guint i = 0;

	while (i < opens->pending->len) {
		struct open *open = g_ptr_array_index(opens->pending, i);

		if (name && g_strcmp0(open->from, name) != 0) {
			i++;
		} else if (open->begun) {
			g_clear_pointer(&open->from, g_free);
			i++;
		} else {
			hc_guard_withdraw(
				hc_broker_guard(opens->broker), hc_broker_now(), open->permit);
			g_ptr_array_remove_index(opens->pending, i);
		}
	}
}
