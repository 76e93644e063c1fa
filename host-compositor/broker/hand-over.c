#define G_LOG_DOMAIN "hc-hand-over"

#include "hand-over.h"

#include <string.h>

#include <gio/gio.h>

#include "broker.h"
#include "clipboard-types.h"
#include "copies.h"

#define TITLE "Clipboard"

struct hc_hand_over {
	struct hc_clipboard *clipboard;
	struct hc_clip_links *links;
	struct hc_desk_process *desk;
	struct hc_broker *broker;
	struct hv_settings settings;
	bool desk_ready;
};

static const struct hc_clipboard_listener clipboard_listener;

struct hc_hand_over *hc_hand_over_create(struct hc_broker *broker, struct hc_desk_process *desk)
{
	struct hc_hand_over *hand_over = g_new0(struct hc_hand_over, 1);
	struct hc_transfers *transfers = hc_broker_transfers(broker);

	hand_over->clipboard = hc_clipboard_create(
		hc_broker_guard(broker), transfers, &clipboard_listener, hand_over);
	hand_over->links = hc_clip_links_create(hand_over->clipboard, transfers, desk);
	hand_over->desk = desk;
	hand_over->broker = broker;
	hv_settings_init(&hand_over->settings);
	return hand_over;
}

void hc_hand_over_destroy(struct hc_hand_over *hand_over, int64_t now)
{
	if (!hand_over)
		return;
	hc_clip_links_destroy(hand_over->links, now);
	hc_clipboard_destroy(hand_over->clipboard);
	g_free(hand_over);
}

static void tell(struct hc_hand_over *hand_over, const struct hv_vm_config *vm, const char *text)
{
	const struct hc_notification notification = {
		.vm = vm ? vm->name : NULL,
		.colour = vm ? vm->colour : 0,
		.subject = TITLE,
		.title = TITLE,
		.body = text,
		.timeout = -1,
	};

	hc_notifier_show(hc_broker_notifier(hand_over->broker), hc_broker_now(), &notification);
}

/* Something goes on without the user's doing. */
static void handle_tell(void *data, const struct hc_clip_peer *peer, const char *text)
{
	tell(data, peer->config, text);
}

/* The files of a list that is pasted */

static void handle_files_copied(
	void *data, uint32_t copy, const struct hc_copy_result *result, const GError *error)
{
	struct hc_hand_over *hand_over = data;

	hc_clipboard_handle_files(
		hand_over->clipboard, hc_broker_now(), copy, error ? NULL : result->paths);
}

static const char *name_of(const struct hc_clip_peer *peer)
{
	return peer->config ? peer->config->name : NULL;
}

static uint32_t handle_copy_files(void *data, const struct hc_clip_peer *source,
	const struct hc_clip_peer *target, const char *const *paths)
{
	static const struct hc_copy_listener listener = { .ended = handle_files_copied };
	struct hc_hand_over *hand_over = data;
	const struct hc_copy_request request = {
		.service = HV_POLICY_COPY,
		.from = name_of(source),
		.paths = paths,
		.to = name_of(target),
	};
	g_autoptr(GError) error = NULL;
	uint32_t copy = hc_copies_start(
		hc_broker_copies(hand_over->broker), &request, &listener, hand_over, &error);

	if (copy == 0)
		tell(hand_over, source->config, error->message);
	return copy;
}

static void handle_forget_files(void *data, uint32_t copy)
{
	const struct hc_hand_over *hand_over = data;

	hc_copies_cancel(hc_broker_copies(hand_over->broker), copy);
}

static const struct hc_clipboard_listener clipboard_listener = {
	.copy_files = handle_copy_files,
	.forget_files = handle_forget_files,
	.tell = handle_tell,
};

/* The shortcuts */

static void send_shortcuts(struct hc_hand_over *hand_over)
{
	if (!hand_over->desk_ready)
		return;
	for (int i = 0; i < HV_SHORTCUT_COUNT; i++) {
		const struct hv_shortcut *shortcut = &hand_over->settings.shortcuts[i];

		hc_desk_process_send(hand_over->desk,
			HC_LINK_MESSAGE(DESK_SHORTCUT, desk_shortcut, .action = (uint8_t)i,
				.modifiers = (uint8_t)shortcut->modifiers,
				.key = vp_text_from(shortcut->key, HV_SHORTCUT_KEY_MAX)),
			-1);
	}
}

void hc_hand_over_set(struct hc_hand_over *hand_over, const struct hv_settings *settings)
{
	if (memcmp(&hand_over->settings, settings, sizeof(*settings)) == 0)
		return;
	hand_over->settings = *settings;
	send_shortcuts(hand_over);
}

void hc_hand_over_begin_desk(struct hc_hand_over *hand_over)
{
	hand_over->desk_ready = true;
	send_shortcuts(hand_over);
}

/* "text/plain, image/png"; the caller frees it. */
static char *list_types(uint32_t types)
{
	GString *list = g_string_new(NULL);

	for (uint32_t type = 1; type <= VP_CLIPBOARD_ALL; type <<= 1) {
		if (types & type)
			g_string_append_printf(list, "%s%s", list->len > 0 ? ", " : "",
				vp_clipboard_type_mime(type));
	}
	return g_string_free(list, FALSE);
}

static void tell_taken(struct hc_hand_over *hand_over)
{
	g_autofree char *shortcut =
		hv_shortcut_print(&hand_over->settings.shortcuts[HV_SHORTCUT_PASTE]);
	g_autofree char *text = NULL;
	g_autofree char *list = NULL;
	uint32_t types = 0;
	const struct hc_clip_peer *peer = hc_clipboard_taken(hand_over->clipboard, &types);

	list = list_types(types);
	text = g_strdup_printf("%s of %s is ready: press %s in the window that is to have it", list,
		hc_clip_peer_name(peer), shortcut);
	tell(hand_over, peer->config, text);
}

static void handle_copy(struct hc_hand_over *hand_over, const struct hc_vm *vm)
{
	g_autoptr(GError) error = NULL;

	if (hc_hand_over_take(hand_over, vm, &error))
		tell_taken(hand_over);
	else
		tell(hand_over, vm ? hc_vm_config(vm) : NULL, error->message);
}

/* What the policy denies, or asks about, the guard tells of. */
static void handle_paste(struct hc_hand_over *hand_over, int64_t now, const struct hc_vm *vm)
{
	const struct hv_vm_config *config = vm ? hc_vm_config(vm) : NULL;
	g_autoptr(GError) error = NULL;

	if (!hc_hand_over_give(hand_over, now, vm, &error) &&
		!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
		tell(hand_over, config, error->message);
}

/* NULL: it is no view. */
static const struct hc_vm *find_view(const struct hc_hand_over *hand_over, int32_t pid)
{
	const GPtrArray *vms = hc_broker_vms(hand_over->broker);

	for (guint i = 0; i < vms->len; i++) {
		const struct hc_vm *vm = g_ptr_array_index(vms, i);

		if (hc_vm_view_pid(vm) == pid)
			return vm;
	}
	return NULL;
}

static void handle_pressed(
	struct hc_hand_over *hand_over, int64_t now, const struct hc_link_desk_pressed *pressed)
{
	const struct hc_vm *vm = NULL;

	if (pressed->window_pid != 0)
		vm = find_view(hand_over, (int32_t)pressed->window_pid);
	switch ((enum hv_shortcut_action)pressed->action) {
	case HV_SHORTCUT_COPY:
		handle_copy(hand_over, vm);
		break;
	case HV_SHORTCUT_PASTE:
		handle_paste(hand_over, now, vm);
		break;
	case HV_SHORTCUT_COUNT:
		break;
	}
}

static void handle_shortcut_failed(
	struct hc_hand_over *hand_over, const struct hc_link_desk_shortcut_failed *failed)
{
	enum hv_shortcut_action action = (enum hv_shortcut_action)failed->action;
	g_autofree char *shortcut = hv_shortcut_print(&hand_over->settings.shortcuts[action]);
	g_autofree char *path = hv_settings_path();
	g_autofree char *text = g_strdup_printf(
		"The shortcut %s cannot be had: another program has it, or there is no "
		"such key. Choose another by a line %s=… in the group [shortcuts] of %s",
		shortcut, hv_shortcut_action_name(action), path);

	g_warning("%s", text);
	tell(hand_over, NULL, text);
}

/* What others say */

void hc_hand_over_handle_vm_message(struct hc_hand_over *hand_over, int64_t now, struct hc_vm *vm,
	const struct hc_link_message *message)
{
	hc_clip_links_handle_vm_message(hand_over->links, now, vm, message);
}

void hc_hand_over_handle_desk_message(
	struct hc_hand_over *hand_over, int64_t now, const struct hc_link_message *message)
{
	if (message->op == HC_LINK_OP_DESK_PRESSED)
		handle_pressed(hand_over, now, &message->desk_pressed);
	else if (message->op == HC_LINK_OP_DESK_SHORTCUT_FAILED)
		handle_shortcut_failed(hand_over, &message->desk_shortcut_failed);
	else
		hc_clip_links_handle_desk_message(hand_over->links, now, message);
}

void hc_hand_over_forget_vm(struct hc_hand_over *hand_over, int64_t now, const struct hc_vm *vm)
{
	hc_clip_links_forget_vm(hand_over->links, now, vm);
}

void hc_hand_over_forget_desk(struct hc_hand_over *hand_over, int64_t now)
{
	hand_over->desk_ready = false;
	hc_clip_links_forget_desk(hand_over->links, now);
}

/* What the user says */

bool hc_hand_over_take(struct hc_hand_over *hand_over, const struct hc_vm *vm, GError **error)
{
	struct hc_clip_peer *peer = hc_clip_links_find(hand_over->links, vm, error);

	return peer && hc_clipboard_take(hand_over->clipboard, peer, error);
}

bool hc_hand_over_give(
	struct hc_hand_over *hand_over, int64_t now, const struct hc_vm *vm, GError **error)
{
	struct hc_clip_peer *peer = hc_clip_links_find(hand_over->links, vm, error);

	return peer && hc_clipboard_give(hand_over->clipboard, now, peer, error);
}

struct hc_clipboard *hc_hand_over_clipboard(const struct hc_hand_over *hand_over)
{
	return hand_over->clipboard;
}

int64_t hc_hand_over_deadline(const struct hc_hand_over *hand_over)
{
	return hc_clipboard_deadline(hand_over->clipboard);
}

void hc_hand_over_expire(struct hc_hand_over *hand_over, int64_t now)
{
	hc_clipboard_expire(hand_over->clipboard, now);
}
