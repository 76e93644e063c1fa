#include "expiry-notice.h"

void hc_expiry_notice_show(struct hc_notifier *notifier, int64_t now,
	const struct hv_vm_config *config, uint32_t windows)
{
	g_autofree char *body = g_strdup_printf(
		"The VM could not be reached for %d s (its session-ttl). Windows that its "
		"applications still have come back with it.",
		config->session_ttl);

	hc_notifier_show(notifier, now,
		&(const struct hc_notification){
			.vm = config->name,
			.colour = config->colour,
			.subject = "expiry",
			.title = windows == 1 ? "A window has been closed"
					      : "Windows have been closed",
			.body = body,
			.urgency = HC_URGENCY_NORMAL,
			.timeout = -1,
		});
}
