#include "launch-notices.h"

#include <stdio.h>
#include <string.h>

enum { SUBJECT_BYTES = 32 };

struct launch {
	uint32_t id;
	char *vm;
	uint32_t colour;
	char *application;
	bool shown;
};

struct hc_launch_notices {
	struct hc_notifier *notifier;
	GPtrArray *launches; /* of struct launch */
	uint32_t last_id;
};

static void free_launch(void *data)
{
	struct launch *launch = data;

	g_free(launch->vm);
	g_free(launch->application);
	g_free(launch);
}

struct hc_launch_notices *hc_launch_notices_create(struct hc_notifier *notifier)
{
	struct hc_launch_notices *notices = g_new0(struct hc_launch_notices, 1);

	notices->notifier = notifier;
	notices->launches = g_ptr_array_new_with_free_func(free_launch);
	return notices;
}

void hc_launch_notices_destroy(struct hc_launch_notices *notices)
{
	if (!notices)
		return;
	g_ptr_array_unref(notices->launches);
	g_free(notices);
}

static void format_subject(const struct launch *launch, char subject[SUBJECT_BYTES])
{
	snprintf(subject, SUBJECT_BYTES, "launch-%u", launch->id);
}

static void show(struct hc_launch_notices *notices, int64_t now, struct launch *launch,
	const char *what, const char *body)
{
	g_autofree char *title = g_strdup_printf("%s %s", what, launch->application);
	char subject[SUBJECT_BYTES];

	format_subject(launch, subject);
	hc_notifier_show(notices->notifier, now,
		&(const struct hc_notification){
			.vm = launch->vm,
			.colour = launch->colour,
			.subject = subject,
			.title = title,
			.body = body,
			.urgency = HC_URGENCY_NORMAL,
			.timeout = -1,
		});
	launch->shown = true;
}

/* NULL for a VM that is not on its way. */
static const char *describe_step(const struct hc_vm *vm)
{
	if (hc_vm_state(vm) == HV_STATE_RUNNING)
		return "The VM runs; the application is being started.";
	if (hc_vm_state(vm) != HV_STATE_STARTING)
		return NULL;
	return *hc_vm_reason(vm) ? "The VM runs; its agent is being connected to."
				 : "The VM is being started.";
}

uint32_t hc_launch_notices_begin(
	struct hc_launch_notices *notices, const struct hc_vm *vm, const char *application)
{
	const struct hv_vm_config *config = hc_vm_config(vm);
	struct launch *launch = g_new0(struct launch, 1);

	*launch = (struct launch){ ++notices->last_id, g_strdup(config->name), config->colour,
		g_strdup(application), false };
	g_ptr_array_add(notices->launches, launch);
	return launch->id;
}

void hc_launch_notices_follow(
	struct hc_launch_notices *notices, int64_t now, const struct hc_vm *vm)
{
	const char *step = describe_step(vm);

	for (guint i = 0; step && i < notices->launches->len; i++) {
		struct launch *launch = g_ptr_array_index(notices->launches, i);

		if (strcmp(launch->vm, hc_vm_config(vm)->name) == 0)
			show(notices, now, launch, "Starting", step);
	}
}

static void take_away(struct hc_launch_notices *notices, const struct launch *launch)
{
	char subject[SUBJECT_BYTES];

	format_subject(launch, subject);
	hc_notifier_withdraw(notices->notifier, launch->vm, false, subject);
}

void hc_launch_notices_end(
	struct hc_launch_notices *notices, int64_t now, uint32_t id, const GError *error)
{
	for (guint i = 0; i < notices->launches->len; i++) {
		struct launch *launch = g_ptr_array_index(notices->launches, i);

		if (launch->id != id)
			continue;
		if (error)
			show(notices, now, launch, "Cannot start", error->message);
		else if (launch->shown)
			take_away(notices, launch);
		g_ptr_array_remove_index(notices->launches, i);
		return;
	}
}
