#define G_LOG_DOMAIN "hc-desk-selections"

#include "desk-selections.h"

#include <unistd.h>

#include <gio/gio.h>

#include "selections.h"

struct hc_desk_selections {
	struct hc_link *link;
	struct vp_selections *selections;
	bool lost;
};

static void handle_offered(void *data, enum vp_selection selection, uint32_t offer, uint32_t types)
{
	struct hc_desk_selections *self = data;

	hc_link_send(self->link,
		HC_LINK_MESSAGE(DESK_OFFERED, desk_offered, .selection = (uint8_t)selection,
			.offer = offer, .types = types),
		-1);
}

static void handle_wanted(void *data, uint32_t request, enum vp_selection selection, uint32_t offer,
	enum vp_clipboard_type type)
{
	struct hc_desk_selections *self = data;

	hc_link_send(self->link,
		HC_LINK_MESSAGE(DESK_WANTED, desk_wanted, .request = request,
			.selection = (uint8_t)selection, .offer = offer, .type = type),
		-1);
}

static void handle_fetched(void *data, uint32_t fetch, enum vp_stream_status status, uint64_t bytes,
	const char *message)
{
	struct hc_desk_selections *self = data;

	hc_link_send(self->link,
		HC_LINK_MESSAGE(DESK_FETCHED, desk_fetched, .stream = fetch,
			.status = (uint8_t)status, .bytes = bytes,
			.message = vp_text_from(message, VP_REASON_MAX)),
		-1);
}

static void handle_lost(void *data)
{
	struct hc_desk_selections *self = data;

	self->lost = true;
}

static const struct vp_selections_listener selections_listener = {
	.offered = handle_offered,
	.wanted = handle_wanted,
	.fetched = handle_fetched,
	.lost = handle_lost,
};

struct hc_desk_selections *hc_desk_selections_create(struct hc_link *link, GError **error)
{
	struct hc_desk_selections *self = g_new0(struct hc_desk_selections, 1);
	char reason[VP_REASON_MAX];

	self->link = link;
	self->selections =
		vp_selections_create(NULL, &selections_listener, self, reason, sizeof(reason));
	if (!self->selections) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s", reason);
		g_free(self);
		return NULL;
	}
	vp_selections_announce(self->selections);
	vp_selections_flush(self->selections);
	return self;
}

void hc_desk_selections_destroy(struct hc_desk_selections *self)
{
	if (!self)
		return;
	vp_selections_destroy(self->selections);
	g_free(self);
}

bool hc_desk_selections_handle_message(
	struct hc_desk_selections *self, const struct hc_link_message *message, int fd)
{
	const struct hc_link_desk_offer *offer = &message->desk_offer;
	const struct hc_link_desk_fetch *fetch = &message->desk_fetch;

	switch ((int)message->op) {
	case HC_LINK_OP_DESK_OFFER:
		vp_selections_offer(self->selections, (enum vp_selection)offer->selection,
			offer->offer, offer->types);
		break;
	case HC_LINK_OP_DESK_FETCH:
		if (!vp_selections_fetch(self->selections, fetch->stream,
			    (enum vp_selection)fetch->selection, fetch->offer,
			    (enum vp_clipboard_type)fetch->type, fetch->max, fd))
			handle_fetched(self, fetch->stream, VP_STREAM_FAILED, 0,
				"too much is being fetched at once");
		break;
	case HC_LINK_OP_DESK_ANSWER:
		vp_selections_answer(self->selections, message->desk_answer.request, fd);
		break;
	case HC_LINK_OP_DESK_TAKE_BACK:
		vp_selections_break(self->selections, message->desk_take_back.request);
		break;
	default:
		return false;
	}
	vp_selections_flush(self->selections);
	return true;
}

bool hc_desk_selections_lost(const struct hc_desk_selections *self)
{
	return self->lost;
}

int hc_desk_selections_get_fd(const struct hc_desk_selections *self)
{
	return vp_selections_get_fd(self->selections);
}

int64_t hc_desk_selections_deadline(const struct hc_desk_selections *self)
{
	return vp_selections_deadline(self->selections);
}

void hc_desk_selections_dispatch(struct hc_desk_selections *self)
{
	vp_selections_dispatch(self->selections);
	vp_selections_flush(self->selections);
}
