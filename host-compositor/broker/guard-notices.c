#define G_LOG_DOMAIN "hc-guard"

#include "guard-notices.h"

static const char *const nouns[HV_POLICY_SERVICE_COUNT] = {
	[HV_POLICY_CLIPBOARD] = "Paste",
	[HV_POLICY_PRIMARY_SELECTION] = "Paste of the selection",
	[HV_POLICY_COPY] = "Files",
	[HV_POLICY_OPEN_URL] = "Link",
	[HV_POLICY_OPEN_FILE] = "File",
	[HV_POLICY_LAUNCH] = "Application",
	[HV_POLICY_FULLSCREEN] = "Window over others",
	[HV_POLICY_NOTIFY] = "Notification",
	[HV_POLICY_AUDIO] = "Sound",
	[HV_POLICY_MICROPHONE] = "Microphone",
	[HV_POLICY_CAMERA] = "Camera",
	[HV_POLICY_DRAG] = "Drag and drop",
};

/* What the user has just answered, or done, is no news. Whoever launches is told there; and about
 * notifications there are none. */
static bool is_news(const struct hc_guard_event *event)
{
	enum hv_policy_service service = event->entry->request->service;

	if (!event->notify || event->reply == HC_REPLY_DENY || event->reply == HC_REPLY_WITHDRAWN)
		return false;
	if (service == HV_POLICY_LAUNCH || service == HV_POLICY_NOTIFY)
		return false;
	return event->entry->outcome != HC_AUDIT_ALLOW ||
	       (hv_policy_service_info(service)->options & HV_POLICY_OPTION_NOTIFY);
}

static const char *party(const struct hv_policy_peer *peer)
{
	return peer->name ? peer->name : "this desktop";
}

static char *describe_content(const struct hc_audit_entry *entry)
{
	g_autofree char *size =
		entry->bytes > 0 ? g_format_size_full(entry->bytes, G_FORMAT_SIZE_IEC_UNITS) : NULL;
	const char *type = entry->request->type;

	if (type && size)
		return g_strdup_printf("%s, %s", type, size);
	return g_strdup(size ? size : type);
}

static char *describe_outcome(const struct hc_guard_event *event)
{
	switch (event->entry->outcome) {
	case HC_AUDIT_DENY:
		return g_strdup_printf("Denied: %s", event->reply != HC_REPLY_NONE
							     ? hc_reply_explain(event->reply)
							     : event->why);
	case HC_AUDIT_FAIL:
		return g_strdup_printf("Failed: %s", event->entry->failure);
	case HC_AUDIT_ALLOW:
		break;
	}
	return describe_content(event->entry);
}

void hc_guard_notices_tell(
	struct hc_notifier *notifier, int64_t now, const struct hc_guard_event *event)
{
	const struct hv_policy_request *request = event->entry->request;
	const struct hv_policy_peer *about = request->from.name ? &request->from : &request->to;
	const char *noun = nouns[request->service];
	g_autofree char *title = g_strdup_printf(
		"%s: %s \xe2\x86\x92 %s", noun, party(&request->from), party(&request->to));
	g_autofree char *body = NULL;

	if (!is_news(event))
		return;
	body = describe_outcome(event);
	hc_notifier_show(notifier, now,
		&(struct hc_notification){ .vm = about->name,
			.colour = about->colour,
			.subject = title,
			.title = title,
			.body = body,
			.urgency = HC_URGENCY_NORMAL,
			.timeout = -1 });
}
