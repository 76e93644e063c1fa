#define G_LOG_DOMAIN "hc-clip-links"

#include "clip-links.h"

#include <gio/gio.h>

struct hc_clip_links {
	struct hc_clipboard *clipboard;
	struct hc_transfers *transfers;
	struct hc_desk_process *desk;
	GHashTable *vms; /* struct hc_vm: struct hc_clip_peer, of those that have said anything */
	struct hc_clip_peer *primary; /* NULL: the desk has said nothing */
};

static const struct hc_clip_peer_impl vm_impl;
static const struct hc_clip_peer_impl desk_impl;

struct hc_clip_links *hc_clip_links_create(struct hc_clipboard *clipboard,
	struct hc_transfers *transfers, struct hc_desk_process *desk)
{
	struct hc_clip_links *links = g_new0(struct hc_clip_links, 1);

	links->clipboard = clipboard;
	links->transfers = transfers;
	links->desk = desk;
	links->vms = g_hash_table_new(NULL, NULL);
	return links;
}

void hc_clip_links_destroy(struct hc_clip_links *links, int64_t now)
{
	GHashTableIter iter;
	void *peer;

	if (!links)
		return;
	g_hash_table_iter_init(&iter, links->vms);
	while (g_hash_table_iter_next(&iter, NULL, &peer))
		hc_clipboard_remove_peer(peer, now, "the broker ends");
	hc_clipboard_remove_peer(links->primary, now, "the broker ends");
	g_hash_table_unref(links->vms);
	g_free(links);
}

/* The first that a session has to say is what its applications have copied. */
static struct hc_clip_peer *vm_peer(struct hc_clip_links *links, struct hc_vm *vm)
{
	struct hc_clip_peer *peer = g_hash_table_lookup(links->vms, vm);

	if (!peer) {
		peer = hc_clipboard_add_peer(links->clipboard, hc_vm_config(vm), &vm_impl, vm);
		g_hash_table_insert(links->vms, vm, peer);
	}
	return peer;
}

void hc_clip_links_handle_vm_message(struct hc_clip_links *links, int64_t now, struct hc_vm *vm,
	const struct hc_link_message *message)
{
	const struct hc_link_clipboard_offered *offered = &message->clipboard_offered;
	const struct hc_link_clipboard_wanted *wanted = &message->clipboard_wanted;

	if (message->op == HC_LINK_OP_CLIPBOARD_OFFERED)
		hc_clipboard_handle_offered(vm_peer(links, vm), now,
			(enum vp_selection)offered->selection, offered->offer, offered->types);
	else if (message->op == HC_LINK_OP_CLIPBOARD_WANTED)
		hc_clipboard_handle_wanted(vm_peer(links, vm), now, wanted->request,
			(enum vp_selection)wanted->selection, wanted->offer, wanted->type);
}

static struct hc_clip_peer *desk_peer(struct hc_clip_links *links)
{
	if (!links->primary)
		links->primary =
			hc_clipboard_add_peer(links->clipboard, NULL, &desk_impl, links->desk);
	return links->primary;
}

static void handle_desk_fetched(
	struct hc_clip_links *links, const struct hc_link_desk_fetched *fetched)
{
	g_autofree char *message = g_strndup(fetched->message.data, fetched->message.len);

	hc_transfers_handle_ended(links->transfers, links->desk, fetched->stream,
		(enum hc_transfer_status)fetched->status, fetched->bytes, message);
}

void hc_clip_links_handle_desk_message(
	struct hc_clip_links *links, int64_t now, const struct hc_link_message *message)
{
	const struct hc_link_desk_offered *offered = &message->desk_offered;
	const struct hc_link_desk_wanted *wanted = &message->desk_wanted;
	const struct hc_link_desk_fetched *fetched = &message->desk_fetched;

	if (message->op == HC_LINK_OP_DESK_OFFERED)
		hc_clipboard_handle_offered(desk_peer(links), now,
			(enum vp_selection)offered->selection, offered->offer, offered->types);
	else if (message->op == HC_LINK_OP_DESK_WANTED)
		hc_clipboard_handle_wanted(desk_peer(links), now, wanted->request,
			(enum vp_selection)wanted->selection, wanted->offer, wanted->type);
	else if (message->op == HC_LINK_OP_DESK_FETCHED)
		handle_desk_fetched(links, fetched);
}

void hc_clip_links_forget_vm(struct hc_clip_links *links, int64_t now, const struct hc_vm *vm)
{
	struct hc_clip_peer *peer = g_hash_table_lookup(links->vms, vm);

	g_hash_table_remove(links->vms, vm);
	hc_clipboard_remove_peer(peer, now, "the session with its agent has ended");
}

void hc_clip_links_forget_desk(struct hc_clip_links *links, int64_t now)
{
	struct hc_clip_peer *peer = g_steal_pointer(&links->primary);

	hc_clipboard_remove_peer(peer, now, "oriel-desk has ended");
}

struct hc_clip_peer *hc_clip_links_find(
	const struct hc_clip_links *links, const struct hc_vm *vm, GError **error)
{
	struct hc_clip_peer *peer = vm ? g_hash_table_lookup(links->vms, vm) : links->primary;

	if (!peer)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s has no clipboard now: %s",
			vm ? hc_vm_config(vm)->name : "the primary",
			vm ? "its agent is not connected"
			   : "no VM has been started on its desktop");
	return peer;
}

/* What a VM is told */

static void offer_vm(void *data, enum vp_selection selection, uint32_t offer, uint32_t types)
{
	hc_vm_send(data,
		HC_LINK_MESSAGE(CLIPBOARD_OFFER, clipboard_offer, .selection = (uint8_t)selection,
			.offer = offer, .types = types),
		-1);
}

static void fetch_vm(void *data, uint32_t stream, int fd, enum vp_selection selection,
	uint32_t offer, uint32_t type, uint32_t max)
{
	hc_vm_send(data, HC_LINK_MESSAGE(STREAM_OPEN, stream_open, .stream = stream), fd);
	hc_vm_send(data,
		HC_LINK_MESSAGE(CLIPBOARD_FETCH, clipboard_fetch, .stream = stream,
			.selection = (uint8_t)selection, .offer = offer, .type = type, .max = max),
		-1);
}

static void answer_vm(void *data, uint32_t request, uint32_t stream, int fd)
{
	hc_vm_send(data,
		HC_LINK_MESSAGE(
			CLIPBOARD_ANSWER, clipboard_answer, .request = request, .stream = stream),
		-1);
	if (stream != 0)
		hc_vm_send(data,
			HC_LINK_MESSAGE(STREAM_OPEN, stream_open, .stream = stream, .to_guest = 1),
			fd);
}

static void cancel_vm(void *data, uint32_t transfer, enum hc_transfer_status status)
{
	hc_vm_send(data,
		HC_LINK_MESSAGE(STREAM_CANCEL, stream_cancel, .stream = transfer,
			.status = (uint8_t)status),
		-1);
}

static const struct hc_clip_peer_impl vm_impl = {
	.offer = offer_vm,
	.fetch = fetch_vm,
	.answer = answer_vm,
	.cancel = cancel_vm,
};

/* What the desk is told */

static void offer_desk(void *data, enum vp_selection selection, uint32_t offer, uint32_t types)
{
	hc_desk_process_send(data,
		HC_LINK_MESSAGE(DESK_OFFER, desk_offer, .selection = (uint8_t)selection,
			.offer = offer, .types = types),
		-1);
}

static void fetch_desk(void *data, uint32_t stream, int fd, enum vp_selection selection,
	uint32_t offer, uint32_t type, uint32_t max)
{
	hc_desk_process_send(data,
		HC_LINK_MESSAGE(DESK_FETCH, desk_fetch, .stream = stream,
			.selection = (uint8_t)selection, .offer = offer, .type = type, .max = max),
		fd);
}

static void answer_desk(void *data, uint32_t request, uint32_t stream, int fd)
{
	hc_desk_process_send(data,
		HC_LINK_MESSAGE(DESK_ANSWER, desk_answer, .request = request, .stream = stream),
		fd);
}

static void take_back_from_desk(void *data, uint32_t request)
{
	hc_desk_process_send(
		data, HC_LINK_MESSAGE(DESK_TAKE_BACK, desk_take_back, .request = request), -1);
}

/* The broker has closed its end of the pipe, which is all that the desk has to know. */
static void cancel_desk(void *data, uint32_t transfer, enum hc_transfer_status status)
{
	(void)data;
	(void)transfer;
	(void)status;
}

static const struct hc_clip_peer_impl desk_impl = {
	.offer = offer_desk,
	.fetch = fetch_desk,
	.answer = answer_desk,
	.cancel = cancel_desk,
	.take_back = take_back_from_desk,
};
