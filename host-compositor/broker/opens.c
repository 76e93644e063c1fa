#define G_LOG_DOMAIN "hc-opens"

#include "opens.h"

#include <string.h>

#include <gio/gio.h>

#include "rate.h"
#include "url.h"
#include "wire.h"

#define PRIMARY "@primary"

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

struct open {
	struct hc_opens *opens;
	char *from; /* the VM that has asked, NULL: its session has ended */
	uint32_t request;
	char *target; /* as the VM wrote it */
	char *url;
	char *to; /* the VM that it is for, NULL: the primary */
	uint32_t permit; /* of the guard */
	bool begun; /* it has been allowed */
};

static void free_open(void *data)
{
	struct open *open = data;

	g_free(open->from);
	g_free(open->target);
	g_free(open->url);
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
	const struct hc_vm *from, const struct place *to, const char *url)
{
	return (struct hv_policy_request){
		.service = HV_POLICY_OPEN_URL,
		.from = hc_guard_peer(hc_vm_config(from)),
		.to = hc_guard_peer(to->vm ? hc_vm_config(to->vm) : NULL),
		.size = strlen(url),
	};
}

static bool may_open(
	struct hc_opens *opens, const struct hc_vm *from, const struct place *to, const char *url)
{
	const struct hv_policy_request request = make_request(from, to, url);
	struct hv_policy_decision decision;

	hc_guard_decide(hc_broker_guard(opens->broker), &request, &decision);
	return decision.action != HV_POLICY_DENY;
}

/* The first VM, by name, that the policy lets, or else the primary. */
static bool choose_place(
	struct hc_opens *opens, const struct hc_vm *from, const char *url, struct place *to)
{
	const GPtrArray *vms = hc_broker_vms(opens->broker);

	for (guint i = 0; i < vms->len; i++) {
		to->vm = g_ptr_array_index(vms, i);
		if (to->vm != from && may_open(opens, from, to, url))
			return true;
	}
	to->vm = NULL;
	return may_open(opens, from, to, url);
}

static bool find_place(struct hc_opens *opens, const struct hc_vm *from, const char *target,
	const char *url, struct place *to)
{
	to->vm = NULL;
	if (!*target)
		return choose_place(opens, from, url, to);
	if (strcmp(target, PRIMARY) == 0)
		return true;
	to->vm = hc_broker_find(opens->broker, target, NULL);
	return to->vm && to->vm != from;
}

static struct hc_vm *find_vm(const struct hc_opens *opens, const char *name)
{
	return name ? hc_broker_find(opens->broker, name, NULL) : NULL;
}

static void answer(struct hc_vm *vm, uint32_t request, const GError *error)
{
	g_autofree char *reason = g_utf8_make_valid(error ? error->message : "", -1);

	hc_vm_send(vm,
		HC_LINK_MESSAGE(OPEN_ANSWER, open_answer, .request = request, .opened = !error,
			.message = vp_text_from(reason, VP_REASON_MAX)),
		-1);
}

static void finish(struct open *open, const GError *error)
{
	struct hc_opens *opens = open->opens;
	const struct hc_guard_outcome outcome = {
		.bytes = error ? 0 : strlen(open->url),
		.failure = error ? error->message : NULL,
	};
	struct hc_vm *from = find_vm(opens, open->from);

	hc_guard_finish(hc_broker_guard(opens->broker), open->permit, &outcome);
	if (from)
		answer(from, open->request, error);
	g_ptr_array_remove_fast(opens->pending, open);
}

static void handle_launched(void *data, uint32_t launch, int32_t pid, const GError *error)
{
	(void)launch;
	(void)pid;
	finish(data, error);
}

static void handle_opened_here(GObject *source, GAsyncResult *result, void *data)
{
	g_autoptr(GError) error = NULL;

	(void)source;
	g_app_info_launch_default_for_uri_finish(result, &error);
	finish(data, error);
}

/* The VM that it is for may have gone while the user was being asked. */
static void do_open(struct open *open)
{
	struct hc_vm *to = find_vm(open->opens, open->to);
	g_autoptr(GError) error = NULL;

	open->begun = true;
	if (to) {
		hc_vm_run(to, hc_broker_now(), VP_LAUNCH_DEFAULT, (const uint8_t *)open->url,
			strlen(open->url) + 1, "", handle_launched, open);
	} else if (!open->to) {
		g_app_info_launch_default_for_uri_async(
			open->url, NULL, NULL, handle_opened_here, open);
	} else {
		g_set_error(&error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "the VM is no more");
		finish(open, error);
	}
}

static struct open *open_create(struct hc_opens *opens, const char *from, uint32_t request,
	const char *target, const char *url, const struct place *to)
{
	struct open *open = g_new0(struct open, 1);

	open->opens = opens;
	open->from = g_strdup(from);
	open->request = request;
	open->target = g_strdup(target);
	open->url = g_strdup(url);
	open->to = to->vm ? g_strdup(hc_vm_config(to->vm)->name) : NULL;
	g_ptr_array_add(opens->pending, open);
	return open;
}

/* Says no more than the VM may know: neither which VMs there are, nor the rule. */
static void deny(struct hc_vm *from, uint32_t request, const char *target)
{
	g_autofree char *place = *target ? g_strescape(target, NULL) : g_strdup("any other place");
	g_autoptr(GError) error = g_error_new(G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
		"the primary does not let this VM open URLs in %s", place);

	answer(from, request, error);
}

static void handle_decided(
	void *data, uint32_t id, const struct hv_policy_decision *decision, const GError *denial)
{
	struct open *open = data;
	struct hc_vm *from = find_vm(open->opens, open->from);

	open->permit = id;
	if (decision) {
		do_open(open);
		return;
	}
	g_message("%s", denial->message);
	if (from)
		deny(from, open->request, open->target);
	g_ptr_array_remove_fast(open->opens->pending, open);
}

static void ask(struct open *open, const struct hc_vm *from, const struct place *to)
{
	const struct hv_policy_request request = make_request(from, to, open->url);
	uint32_t id = hc_guard_request(hc_broker_guard(open->opens->broker), hc_broker_now(),
		&request, open->url, handle_decided, open);

	if (id != 0)
		open->permit = id;
}

void hc_opens_handle_request(
	struct hc_opens *opens, struct hc_vm *from, const struct hc_link_open_request *message)
{
	const char *name = hc_vm_config(from)->name;
	g_autofree char *target = g_strndup(message->target.data, message->target.len);
	g_autofree char *url = g_strndup(message->url.data, message->url.len);
	g_autofree char *checked = NULL;
	g_autoptr(GError) error = NULL;
	struct place to;

	if (check_rate(opens, name, &error))
		checked = hc_url_check(url, &error);
	if (!checked)
		answer(from, message->request, error);
	else if (!find_place(opens, from, target, checked, &to))
		deny(from, message->request, target);
	else
		ask(open_create(opens, name, message->request, target, checked, &to), from, &to);
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
