#define G_LOG_DOMAIN "hc-guest-notices"

#include "guest-notices.h"

#include <stdio.h>
#include <string.h>

#include "rate.h"

enum { SUBJECT_BYTES = 16 };

/* Of one VM's notifications, in milliseconds: what the notifier would hold back anyway is not to
 * fill the audit log. */
static const struct hc_rate_bound bound = { .burst = 20, .interval = 1000 };

struct hc_guest_notices {
	struct hc_broker *broker;
	GHashTable *rates; /* VM's name → struct hc_rate */
};

struct hc_guest_notices *hc_guest_notices_create(struct hc_broker *broker)
{
	struct hc_guest_notices *notices = g_new0(struct hc_guest_notices, 1);

	notices->broker = broker;
	notices->rates = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return notices;
}

void hc_guest_notices_destroy(struct hc_guest_notices *notices)
{
	if (!notices)
		return;
	g_hash_table_unref(notices->rates);
	g_free(notices);
}

static bool comes_too_fast(struct hc_guest_notices *notices, const char *vm)
{
	struct hc_rate *rate = g_hash_table_lookup(notices->rates, vm);

	if (!rate) {
		rate = g_new0(struct hc_rate, 1);
		g_hash_table_insert(notices->rates, g_strdup(vm), rate);
	}
	return !hc_rate_take(rate, &bound, hc_broker_now());
}

static void tell_closed(struct hc_vm *vm, uint32_t id, enum hc_closed reason)
{
	hc_vm_send(vm,
		HC_LINK_MESSAGE(NOTIFY_CLOSED, notify_closed, .notification = id,
			.reason = (uint8_t)reason),
		-1);
}

static struct hv_policy_request make_request(const struct hc_vm *vm, uint64_t size)
{
	return (struct hv_policy_request){
		.service = HV_POLICY_NOTIFY,
		.from = hc_guard_peer(hc_vm_config(vm)),
		.to = hc_guard_peer(NULL),
		.size = size,
	};
}

/* The words, each ended by NUL, for g_strfreev(); what is no such list is none. */
static char **split_words(struct vp_bytes bytes)
{
	const char *at = (const char *)bytes.data;
	const char *end = at + bytes.len;
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();

	while (at < end && memchr(at, '\0', (size_t)(end - at))) {
		if (vp_text_valid(at, strlen(at)))
			g_strv_builder_add(words, at);
		at += strlen(at) + 1;
	}
	return g_strv_builder_end(words);
}

/* "Mail: new message", as the desktop shows Oriel's name for all. */
static char *make_title(const struct hc_link_notify *message)
{
	return g_strdup_printf("%.*s%s%.*s", (int)message->application.len,
		message->application.data, message->application.len > 0 ? ": " : "",
		(int)message->title.len, message->title.data);
}

static void show(struct hc_guest_notices *notices, const struct hc_vm *vm,
	const struct hc_link_notify *message, bool with_actions)
{
	g_autofree char *title = make_title(message);
	g_autofree char *body = g_strndup(message->body.data, message->body.len);
	g_auto(GStrv) actions = with_actions ? split_words(message->actions) : NULL;
	char subject[SUBJECT_BYTES];
	const struct hc_notification notification = {
		.vm = hc_vm_config(vm)->name,
		.colour = hc_vm_config(vm)->colour,
		.from_guest = true,
		.subject = subject,
		.title = title,
		.body = body,
		.urgency = (enum hc_urgency)message->urgency,
		.timeout = message->timeout,
		.actions = (const char *const *)actions,
	};

	snprintf(subject, sizeof(subject), "%u", message->notification);
	hc_notifier_show(hc_broker_notifier(notices->broker), hc_broker_now(), &notification);
}

/* What has been asked for, while the guard is asked; it answers at once, as nobody is asked whether
 * something may be shown to him. */
struct asked {
	struct hc_guest_notices *notices;
	struct hc_vm *vm;
	const struct hc_link_notify *message;
};

static void handle_decided(
	void *data, uint32_t id, const struct hv_policy_decision *decision, const GError *denial)
{
	const struct asked *asked = data;
	const struct hc_guard_outcome outcome = {
		.bytes = asked->message->title.len + asked->message->body.len,
	};

	if (!decision) {
		g_message("%s", denial->message);
		tell_closed(asked->vm, asked->message->notification, HC_CLOSED_OTHER);
		return;
	}
	show(asked->notices, asked->vm, asked->message, decision->mode == HV_POLICY_SEAMLESS);
	hc_guard_finish(hc_broker_guard(asked->notices->broker), id, &outcome);
}

void hc_guest_notices_handle_notify(
	struct hc_guest_notices *notices, struct hc_vm *vm, const struct hc_link_notify *message)
{
	struct asked asked = { notices, vm, message };
	const struct hv_policy_request request =
		make_request(vm, message->title.len + message->body.len);

	if (comes_too_fast(notices, hc_vm_config(vm)->name))
		tell_closed(vm, message->notification, HC_CLOSED_OTHER);
	else
		hc_guard_request(hc_broker_guard(notices->broker), hc_broker_now(), &request, NULL,
			handle_decided, &asked);
}

void hc_guest_notices_handle_close(struct hc_guest_notices *notices, const struct hc_vm *vm,
	const struct hc_link_notify_close *message)
{
	char subject[SUBJECT_BYTES];

	snprintf(subject, sizeof(subject), "%u", message->notification);
	hc_notifier_withdraw(
		hc_broker_notifier(notices->broker), hc_vm_config(vm)->name, true, subject);
}

void hc_guest_notices_greet(struct hc_guest_notices *notices, struct hc_vm *vm)
{
	const struct hv_policy_request request = make_request(vm, 0);
	struct hv_policy_decision decision;

	hc_guard_decide(hc_broker_guard(notices->broker), &request, &decision);
	hc_vm_send(vm,
		HC_LINK_MESSAGE(NOTIFY_SERVER, notify_server,
			.actions = decision.action == HV_POLICY_ALLOW &&
				   decision.mode == HV_POLICY_SEAMLESS),
		-1);
}

void hc_guest_notices_forget(struct hc_guest_notices *notices, const struct hc_vm *vm)
{
	hc_notifier_withdraw(
		hc_broker_notifier(notices->broker), hc_vm_config(vm)->name, true, NULL);
}

/* False if it is none of a VM that is there. */
static bool find(struct hc_guest_notices *notices, const char *name, const char *subject,
	struct hc_vm **vm, uint32_t *id)
{
	*vm = hc_broker_find(notices->broker, name, NULL);
	return *vm && sscanf(subject, "%u", id) == 1;
}

static void handle_closed(void *data, const char *name, const char *subject, enum hc_closed reason)
{
	struct hc_vm *vm;
	uint32_t id;

	if (find(data, name, subject, &vm, &id))
		tell_closed(vm, id, reason);
}

static void handle_action(void *data, const char *name, const char *subject, const char *action)
{
	struct hc_vm *vm;
	uint32_t id;

	if (*action && find(data, name, subject, &vm, &id))
		hc_vm_send(vm,
			HC_LINK_MESSAGE(NOTIFY_ACTION, notify_action, .notification = id,
				.action = vp_text_from(action, VP_NAME_MAX)),
			-1);
}

const struct hc_notifier_listener hc_guest_notices_listener = {
	.closed = handle_closed,
	.action = handle_action,
};
