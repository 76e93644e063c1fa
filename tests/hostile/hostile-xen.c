#include "hostile-xen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xenevtchn.h>

#include "codec.h"

enum {
	PAGE_BYTES = 4096,
	PAGES_MAX = 256,
	WIDTH = PAGE_BYTES / VP_PIXEL_BYTES, /* a line a page */
	WINDOW = 1,
	BUFFER = 1,
	TIMES = 16, /* the hypervisor refuses a page that is mapped too often */
	FRAMES = 20,
	SCRIBBLES = 500,
	OTHER_DOMAIN = 77,
	PING = 0xbad,
};

/* What an honest guest says */

static void send(struct hostile_xen *guest, const struct vp_message *message)
{
	(void)wire_peer_send(guest->peer, message);
}

static void *grant(
	struct hostile_xen *guest, uint32_t domain, uint32_t pages, uint32_t references[PAGES_MAX])
{
	void *data = xengntshr_share_pages(guest->grants, domain, (int)pages, references, 0);
	if (data == NULL)
		abort();
	return data;
}

static void send_references(
	struct hostile_xen *guest, const uint32_t references[PAGES_MAX], uint32_t pages)
{
	uint8_t handle[PAGES_MAX * sizeof(uint32_t)];
	for (size_t i = 0; i < pages; i++)
		vp_store_le(handle + i * sizeof(uint32_t), references[i], sizeof(uint32_t));
	send(guest, VP_MESSAGE(BUFFER_CREATE, buffer_create, .buffer = BUFFER,
			    .memory = VP_MEMORY_GRANTS, .width = WIDTH, .height = pages,
			    .stride = PAGE_BYTES, .size = pages * PAGE_BYTES,
			    .handle = { handle, pages * sizeof(uint32_t) }));
}

static void show_window(struct hostile_xen *guest, uint32_t height)
{
	send(guest, VP_MESSAGE(WINDOW_CREATE, window_create, .window = WINDOW, .native = WINDOW,
			    .width = WIDTH, .height = height));
	send(guest, VP_MESSAGE(WINDOW_MAP, window_map, .window = WINDOW));
	send(guest, VP_MESSAGE(WINDOWS_ANNOUNCED, windows_announced, .count = 1));
}

static void present(struct hostile_xen *guest, uint32_t height, uint32_t serial)
{
	uint8_t encoded[VP_RECT_BYTES];
	const struct vp_rect whole = { 0, 0, WIDTH, (uint16_t)height };
	send(guest, VP_MESSAGE(FRAME_PRESENT, frame_present, .window = WINDOW, .buffer = BUFFER,
			    .serial = serial, .width = WIDTH, .height = height,
			    .rects = vp_rects_put(encoded, &whole, 1)));
}

static bool await_op(struct hostile_xen *guest, enum vp_op op)
{
	struct vp_message message;
	while (!wire_peer_receive_op(guest->peer, op, &message))
		if (libxenvchan_is_open(guest->vchan) == 0 || !guest->wait(guest->data))
			return false;
	return true;
}

static void signal_view(struct hostile_xen *guest)
{
	xenevtchn_notify(guest->vchan->event, guest->vchan->event_port);
}

/* What a hostile one does */

static void leave_midway(struct hostile_xen *guest)
{
	static const uint8_t half[] = { VP_CHANNEL_WINDOWS, 0, 0, 16, 1, 2, 3 };
	vp_transport_write(guest->peer->transport, half, sizeof(half), 0);
	wire_peer_destroy(guest->peer);
	guest->peer = NULL;
}

static void seem_to_leave(struct hostile_xen *guest)
{
	guest->vchan->ring->srv_live = 0;
	signal_view(guest);
}

static void name_foreign_pages(struct hostile_xen *guest)
{
	uint32_t references[PAGES_MAX];
	uint32_t foreign[PAGES_MAX];
	grant(guest, guest->primary, 2, references);
	grant(guest, OTHER_DOMAIN, 1, foreign);
	references[1] = foreign[0];
	send_references(guest, references, 2);
}

static void name_no_pages(struct hostile_xen *guest)
{
	const uint32_t references[PAGES_MAX] = { UINT32_MAX, 0, 1, UINT32_MAX / 2 };
	send_references(guest, references, 4);
}

static void name_one_page_often(struct hostile_xen *guest)
{
	uint32_t references[PAGES_MAX];
	grant(guest, guest->primary, 1, references);
	for (size_t i = 1; i < TIMES; i++)
		references[i] = references[0];
	show_window(guest, TIMES);
	send_references(guest, references, TIMES);
	present(guest, TIMES, 1);
	await_op(guest, VP_OP_FRAME_DONE);
}

static void take_pages_back(struct hostile_xen *guest)
{
	uint32_t references[PAGES_MAX];
	void *pages = grant(guest, guest->primary, 2, references);
	show_window(guest, 2);
	send_references(guest, references, 2);
	present(guest, 2, 1);
	await_op(guest, VP_OP_FRAME_DONE);
	xengntshr_unshare(guest->grants, pages, 2);
	present(guest, 2, 2);
	await_op(guest, VP_OP_FRAME_DONE);
}

static void change_shown_pixels(struct hostile_xen *guest)
{
	uint32_t references[PAGES_MAX];
	uint8_t *pages = grant(guest, guest->primary, PAGES_MAX, references);
	show_window(guest, PAGES_MAX);
	send_references(guest, references, PAGES_MAX);
	for (uint32_t serial = 1; serial <= FRAMES; serial++) {
		present(guest, PAGES_MAX, serial);
		for (size_t i = 0; i < PAGES_MAX * PAGE_BYTES; i++)
			pages[i] = (uint8_t)(pages[i] + i + serial);
		if (!await_op(guest, VP_OP_FRAME_DONE))
			return;
	}
}

/* The view has read all that was written: it tells that if it has been asked to, and once. */
static bool wait_until_read(struct hostile_xen *guest)
{
	const struct ring_shared *ring = guest->vchan->write.shr;
	for (;;) {
		__atomic_or_fetch(
			&guest->vchan->ring->cli_notify, VCHAN_NOTIFY_READ, __ATOMIC_SEQ_CST);
		if (ring->cons == ring->prod)
			return true;
		if (!guest->wait(guest->data))
			return false;
	}
}

static void put_producer_beyond(struct hostile_xen *guest)
{
	guest->vchan->write.shr->prod += 2U << guest->vchan->write.order;
	signal_view(guest);
}

static void put_consumer_beyond(struct hostile_xen *guest)
{
	guest->vchan->read.shr->cons = guest->vchan->read.shr->prod + 1;
	signal_view(guest);
}

/* The view finds what it has read once more. */
static void put_its_consumer_back(struct hostile_xen *guest)
{
	struct ring_shared *ring = guest->vchan->write.shr;
	if (!wait_until_read(guest))
		return;
	ring->cons = 0;
	signal_view(guest);
}

/* What has been read of a message is not looked at where it was. */
static void change_read_header(struct hostile_xen *guest)
{
	enum { FIRST = 6 }; /* of the chunk's header and the message's */
	const struct libxenvchan_ring *ring = &guest->vchan->write;
	uint32_t start = ring->shr->prod;
	size_t len;
	size_t buffers;
	if (!vp_sender_push(&guest->peer->sender, VP_MESSAGE(BELL, bell, .percent = 50)))
		abort();
	const uint8_t *data =
		vp_sender_gather(&guest->peer->sender, VP_STREAM_BUFFER_BYTES, &len, &buffers);
	vp_transport_write(guest->peer->transport, data, FIRST, 0);
	if (!wait_until_read(guest))
		return;
	for (uint32_t i = 0; i < FIRST; i++)
		((uint8_t *)ring->buffer)[(start + i) & ((1U << ring->order) - 1)] = 0xff;
	vp_transport_write(guest->peer->transport, data + FIRST, len - FIRST, 0);
	vp_sender_commit(&guest->peer->sender, len);
}

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Whatever the view copies or checks may be something else at the next look. */
static void scribble(struct hostile_xen *guest)
{
	uint32_t random = 2463534242;
	struct vchan_interface *shared = guest->vchan->ring;
	uint8_t *bytes = guest->vchan->write.buffer;
	for (int i = 0; i < SCRIBBLES; i++) {
		for (size_t n = 0; n < PAGE_BYTES; n += 16)
			bytes[n] = (uint8_t)next_random(&random);
		shared->right.prod = shared->right.cons + next_random(&random) % PAGE_BYTES;
		shared->left_order = (uint16_t)next_random(&random);
		shared->right_order = (uint16_t)next_random(&random);
		shared->srv_notify = (uint8_t)next_random(&random);
		shared->cli_notify = (uint8_t)next_random(&random);
		signal_view(guest);
	}
}

const struct hostile_attack hostile_xen_attacks[] = {
	{ "leave-midway", "closes the vchan in the middle of a message", HOSTILE_ENDED,
		leave_midway },
	{ "seem-to-leave", "says that it has closed the vchan, and has not", HOSTILE_ENDED,
		seem_to_leave },
	{ "foreign-pages", "names a page that it has granted to another domain", HOSTILE_ENDED,
		name_foreign_pages },
	{ "no-pages", "names pages that nobody has granted", HOSTILE_ENDED, name_no_pages },
	{ "one-page-often", "names one page 16 times in a buffer, and shows it", HOSTILE_GOES_ON,
		name_one_page_often },
	{ "pages-taken-back", "takes back the pages of a buffer that is shown", HOSTILE_GOES_ON,
		take_pages_back },
	{ "pixels-changed", "writes to a buffer while it is being shown", HOSTILE_GOES_ON,
		change_shown_pixels },
	{ "producer-beyond", "says that it has written more than the ring holds", HOSTILE_ENDED,
		put_producer_beyond },
	{ "consumer-beyond", "says that it has read what was not written", HOSTILE_ENDED,
		put_consumer_beyond },
	{ "consumer-back", "has the view read once more what it has read", HOSTILE_ENDED,
		put_its_consumer_back },
	{ "header-changed", "changes a message's length when that has been read", HOSTILE_GOES_ON,
		change_read_header },
	{ "scribble", "writes random bytes, indices, sizes and flags while the view reads",
		HOSTILE_ENDED, scribble },
};

const size_t hostile_xen_attack_count = sizeof(hostile_xen_attacks) / sizeof(*hostile_xen_attacks);

const struct hostile_attack *hostile_xen_find_attack(const char *name)
{
	for (size_t i = 0; i < hostile_xen_attack_count; i++)
		if (strcmp(hostile_xen_attacks[i].name, name) == 0)
			return &hostile_xen_attacks[i];
	return NULL;
}

bool hostile_xen_serve(struct hostile_xen *guest, uint32_t instance)
{
	guest->grants = xengntshr_open(NULL, 0);
	guest->vchan = vp_vchan_serve(guest->primary, instance);
	return guest->grants != NULL && guest->vchan != NULL;
}

bool hostile_xen_accept(struct hostile_xen *guest)
{
	enum { NOT_YET = 2 };
	while (libxenvchan_is_open(guest->vchan) == NOT_YET) {
		if (!guest->wait(guest->data)) {
			errno = ETIMEDOUT;
			return false;
		}
	}
	struct vp_transport *transport = vp_transport_xen_create(guest->vchan, guest->primary);
	if (transport == NULL)
		return false;
	guest->peer = wire_peer_create(transport);
	return wire_peer_send_hello(guest->peer) && await_op(guest, VP_OP_HELLO);
}

enum hostile_outcome hostile_xen_attack(
	struct hostile_xen *guest, const struct hostile_attack *attack)
{
	struct vp_message message;
	attack->run(guest);
	if (guest->peer == NULL)
		return HOSTILE_ENDED;
	send(guest, VP_MESSAGE(PING, ping, .serial = PING));
	while (libxenvchan_is_open(guest->vchan) != 0) {
		while (wire_peer_receive(guest->peer, &message))
			if (message.op == VP_OP_PONG && message.pong.serial == PING)
				return HOSTILE_GOES_ON;
		if (!guest->wait(guest->data))
			return HOSTILE_SILENT;
	}
	return HOSTILE_ENDED;
}

void hostile_xen_finish(struct hostile_xen *guest)
{
	if (guest->peer != NULL)
		wire_peer_destroy(guest->peer);
	if (guest->grants != NULL)
		xengntshr_close(guest->grants);
}
