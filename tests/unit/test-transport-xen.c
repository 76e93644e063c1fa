#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "fake-xen.h"
#include "listener.h"
#include "transport-suite.h"
#include "transport-xen.h"

enum { PRIMARY = 0, INSTANCE = 3, PAGE_BYTES = 4096, RING_BYTES = 65536, MANY_PAGES = 10000 };

static const char ring_path[] = "data/oriel/1/3/ring-ref";

static struct vp_listener *start_listening(void)
{
	char error[VP_REASON_MAX] = "";
	struct vp_listener *listener =
		vp_listener_xen_create(PRIMARY, INSTANCE, error, sizeof(error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(listener);
	CU_ASSERT_STRING_EQUAL(error, "");
	return listener;
}

static struct vp_transport *connect_view(void)
{
	char error[VP_REASON_MAX] = "";
	struct vp_transport *view =
		vp_transport_xen_connect(FAKE_XEN_GUEST, INSTANCE, error, sizeof(error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(view);
	return view;
}

static bool signalled(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	return poll(&poll_fd, 1, 0) == 1;
}

static struct vp_transport *accept_agent(struct vp_listener *listener)
{
	CU_ASSERT(signalled(vp_listener_get_fd(listener)));
	struct vp_transport *agent = vp_listener_accept(listener);
	CU_ASSERT_PTR_NOT_NULL_FATAL(agent);
	return agent;
}

/* The listener is done with its own events, and nothing waits. */
static void settle(struct vp_listener *listener)
{
	while (signalled(vp_listener_get_fd(listener))) {
		CU_ASSERT_PTR_NULL(vp_listener_accept(listener));
		CU_ASSERT_EQUAL(errno, EAGAIN);
		CU_ASSERT(vp_listener_renew(listener));
	}
}

static void connect_ends(struct ends *ends)
{
	struct vp_listener *listener = start_listening();
	settle(listener);
	ends->view = connect_view();
	ends->agent = accept_agent(listener);
	vp_listener_destroy(listener);
}

static void test_suite(void)
{
	struct ends ends;
	connect_ends(&ends);
	ends_check_bytes_pass(&ends);
	connect_ends(&ends);
	ends_check_short_writes(&ends);
	connect_ends(&ends);
	ends_check_peer_closed(&ends);
	connect_ends(&ends);
	ends_check_buffer_shared(&ends);
}

static void test_ring_full(void)
{
	struct ends ends;
	static uint8_t data[2 * RING_BYTES];
	connect_ends(&ends);
	CU_ASSERT_EQUAL(vp_transport_write(ends.agent, data, sizeof(data), 0), RING_BYTES);
	CU_ASSERT_EQUAL(vp_transport_write(ends.agent, data, 1, 0), 0);
	CU_ASSERT_EQUAL(vp_transport_read(ends.view, data, 100), 100);
	CU_ASSERT(signalled(vp_transport_get_fd(ends.agent)));
	CU_ASSERT(vp_transport_dispatch(ends.agent));
	CU_ASSERT_EQUAL(vp_transport_write(ends.agent, data, sizeof(data), 0), 100);
	CU_ASSERT(!signalled(vp_transport_get_fd(ends.agent)));
	/* A ring that is read as a whole, by a reader that has asked for just so much. */
	CU_ASSERT(vp_transport_dispatch(ends.view));
	CU_ASSERT_EQUAL(vp_transport_read(ends.view, data, RING_BYTES), RING_BYTES);
	CU_ASSERT(!signalled(vp_transport_get_fd(ends.view)));
	CU_ASSERT_EQUAL(vp_transport_write(ends.agent, data, 1, 0), 1);
	CU_ASSERT(signalled(vp_transport_get_fd(ends.view)));
	ends_disconnect(&ends);
}

/* Reads as a session does: into more room than there is, once. */
static void pass_message(struct vp_transport *from, struct vp_transport *to)
{
	static uint8_t data[RING_BYTES];
	CU_ASSERT_EQUAL(vp_transport_write(from, data, 100, 0), 100);
	CU_ASSERT(signalled(vp_transport_get_fd(to)));
	CU_ASSERT(vp_transport_dispatch(to));
	CU_ASSERT_EQUAL(vp_transport_read(to, data, sizeof(data)), 100);
	CU_ASSERT(!signalled(vp_transport_get_fd(to)));
}

static void test_events(void)
{
	enum { MESSAGES = 2000 };
	struct ends ends;
	connect_ends(&ends);
	pass_message(ends.view, ends.agent);
	pass_message(ends.agent, ends.view);
	size_t before = fake_xen_events_sent();
	for (int i = 0; i < MESSAGES; i++) {
		pass_message(ends.view, ends.agent);
		pass_message(ends.agent, ends.view);
	}
	CU_ASSERT_EQUAL(fake_xen_events_sent() - before, 2 * MESSAGES);
	CU_ASSERT(!signalled(vp_transport_get_fd(ends.view)));
	ends_disconnect(&ends);
}

static void test_instances(void)
{
	char error[VP_REASON_MAX];
	struct vp_listener *listener = start_listening();
	CU_ASSERT(fake_xen_node_exists(ring_path));
	CU_ASSERT_PTR_NULL(vp_transport_xen_connect(FAKE_XEN_GUEST, 4, error, sizeof(error)));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "no agent serves instance 4 in domain 5"));
	vp_listener_destroy(listener);
	CU_ASSERT(!fake_xen_node_exists(ring_path));
}

static void test_next_primary(void)
{
	struct vp_listener *listener = start_listening();
	settle(listener);
	struct vp_transport *first = connect_view();
	struct vp_transport *first_agent = accept_agent(listener);
	CU_ASSERT(vp_listener_renew(listener));
	settle(listener);
	struct vp_transport *second = connect_view();
	struct vp_transport *second_agent = accept_agent(listener);
	CU_ASSERT(vp_listener_renew(listener));
	/* What the first leaves behind does not take the third's place away. */
	vp_transport_destroy(first_agent);
	vp_transport_destroy(first);
	CU_ASSERT(fake_xen_node_exists(ring_path));
	uint8_t byte = 7;
	CU_ASSERT_EQUAL(vp_transport_write(second, &byte, 1, 0), 1);
	CU_ASSERT_EQUAL(vp_transport_read(second_agent, &byte, 1), 1);
	vp_transport_destroy(second_agent);
	vp_transport_destroy(second);
	settle(listener);
	vp_transport_destroy(connect_view());
	settle(listener);
	CU_ASSERT(fake_xen_node_exists(ring_path));
	vp_listener_destroy(listener);
}

static void test_early_bytes(void)
{
	struct vp_listener *listener = start_listening();
	uint8_t byte = 7;
	settle(listener);
	struct vp_transport *view = connect_view();
	CU_ASSERT_EQUAL(vp_transport_write(view, &byte, 1, 0), 1);
	struct vp_transport *agent = accept_agent(listener);
	CU_ASSERT(signalled(vp_transport_get_fd(agent)));
	CU_ASSERT_EQUAL(vp_transport_read(agent, &byte, 1), 1);
	vp_transport_destroy(agent);
	vp_transport_destroy(view);
	vp_listener_destroy(listener);
}

static void test_restored(void)
{
	struct vp_listener *listener = start_listening();
	settle(listener);
	fake_xen_forget_nodes();
	CU_ASSERT(signalled(vp_listener_get_fd(listener)));
	CU_ASSERT_PTR_NULL(vp_listener_accept(listener));
	CU_ASSERT_EQUAL(errno, ESTALE);
	CU_ASSERT(vp_listener_renew(listener));
	settle(listener);
	CU_ASSERT(fake_xen_node_exists(ring_path));
	vp_transport_destroy(connect_view());
	vp_listener_destroy(listener);
}

static void check_no_listener(const char *words)
{
	char error[VP_REASON_MAX];
	CU_ASSERT_PTR_NULL(vp_listener_xen_create(PRIMARY, INSTANCE, error, sizeof(error)));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, words));
}

static void check_no_view(uint32_t domain, const char *words)
{
	char error[VP_REASON_MAX];
	CU_ASSERT_PTR_NULL(vp_transport_xen_connect(domain, INSTANCE, error, sizeof(error)));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, words));
}

static void test_sentences(void)
{
	fake_xen_set_devices(false);
	check_no_listener("no devices for vchan");
	fake_xen_set_devices(true);
	fake_xen_set_page_limit(32);
	check_no_listener("fewer than 33 pages");
	fake_xen_set_page_limit(MANY_PAGES);
	fake_xen_forget_nodes();
	check_no_view(FAKE_XEN_GUEST, "there is no domain 5");
	fake_xen_write_node("data/oriel/2/3/ring-ref", "9");
	check_no_view(FAKE_XEN_GUEST, "another version of the protocol");
	fake_xen_forget_nodes();
	struct vp_listener *listener = start_listening();
	fake_xen_set_devices(false);
	check_no_view(FAKE_XEN_GUEST, "cannot be used");
	fake_xen_set_devices(true);
	fake_xen_write_node(ring_path, "77");
	check_no_view(FAKE_XEN_GUEST, "cannot be mapped");
	vp_listener_destroy(listener);
}

static void test_small_rings(void)
{
	char path[VP_VCHAN_PATH_BYTES];
	vp_vchan_path(path, INSTANCE);
	struct libxenvchan *vchan =
		libxenvchan_server_init(NULL, PRIMARY, path, PAGE_BYTES, RING_BYTES);
	CU_ASSERT_PTR_NOT_NULL_FATAL(vchan);
	check_no_view(FAKE_XEN_GUEST, "are smaller than 65536 bytes: its agent is not Oriel's");
	libxenvchan_close(vchan);
}

static struct vp_buffer *make_buffer(struct ends *ends, uint32_t width, uint32_t height)
{
	struct vp_buffer *buffer;
	CU_ASSERT_FATAL(
		vp_transport_buffer_alloc(ends->agent, width, height, VP_FORMAT_XRGB8888, &buffer));
	return buffer;
}

static void test_rectangles(void)
{
	struct ends ends;
	struct vp_buffer *mapped;
	const struct vp_rect rects[] = { { 2, 1, 3, 2 }, { 9, 9, 1, 1 } };
	uint8_t encoded[sizeof(rects) / sizeof(*rects) * VP_RECT_BYTES];
	connect_ends(&ends);
	struct vp_buffer *made = make_buffer(&ends, 10, 10);
	struct vp_buffer_create message = ends_share(&ends, made);
	CU_ASSERT_FATAL(vp_transport_buffer_map(ends.view, &message, &mapped));
	memset(vp_buffer_data(made), 0xff, made->size);
	CU_ASSERT_EQUAL(vp_buffer_sync(made, ends_whole(made)), 400);
	CU_ASSERT_EQUAL(vp_buffer_sync(mapped, vp_rects_put(encoded, rects, 2)), 28);
	const uint8_t *pixels = vp_buffer_data(mapped);
	for (size_t y = 0; y < 10; y++)
		for (size_t x = 0; x < 10; x++)
			CU_ASSERT_EQUAL(pixels[y * 40 + x * 4],
				(x >= 2 && x < 5 && y >= 1 && y < 3) || (x == 9 && y == 9) ? 0xff
											   : 0);
	vp_buffer_destroy(made);
	vp_buffer_destroy(mapped);
	ends_disconnect(&ends);
}

/* Does the view map a buffer of two pages by these references? */
static bool maps(struct ends *ends, const uint32_t *references, size_t count)
{
	uint8_t handle[4 * sizeof(uint32_t)];
	struct vp_buffer *buffer = NULL;
	for (size_t i = 0; i < count; i++)
		vp_store_le(handle + i * sizeof(uint32_t), references[i], sizeof(uint32_t));
	struct vp_buffer_create message = { .buffer = 1,
		.memory = VP_MEMORY_GRANTS,
		.width = 1024,
		.height = 2,
		.stride = 4096,
		.size = 8192,
		.handle = { handle, count * sizeof(uint32_t) } };
	bool mapped = vp_transport_buffer_map(ends->view, &message, &buffer);
	if (!mapped)
		CU_ASSERT(errno == EPROTO && buffer == NULL);
	vp_buffer_destroy(buffer);
	return mapped;
}

static void test_forged_references(void)
{
	struct ends ends;
	uint32_t own[] = { fake_xen_grant_page(PRIMARY), fake_xen_grant_page(PRIMARY), 0, 0 };
	uint32_t foreign[] = { own[0], fake_xen_grant_page(9) };
	uint32_t unknown[] = { own[0], 60000 };
	uint32_t large[] = { own[0], UINT32_MAX };
	uint32_t twice[] = { own[0], own[0] };
	size_t mapped = fake_xen_pages_mapped();
	connect_ends(&ends);
	CU_ASSERT(maps(&ends, own, 2));
	CU_ASSERT(maps(&ends, twice, 2));
	CU_ASSERT(!maps(&ends, own, 0));
	CU_ASSERT(!maps(&ends, own, 1));
	CU_ASSERT(!maps(&ends, own, 3));
	CU_ASSERT(!maps(&ends, foreign, 2));
	CU_ASSERT(!maps(&ends, unknown, 2));
	CU_ASSERT(!maps(&ends, large, 2));
	CU_ASSERT_EQUAL(fake_xen_pages_mapped(), mapped);
	ends_disconnect(&ends);
}

static void test_no_leak(void)
{
	struct ends ends;
	struct vp_buffer *mapped;
	size_t granted = fake_xen_pages_granted();
	connect_ends(&ends);
	struct vp_buffer *made = make_buffer(&ends, 1024, 3);
	struct vp_buffer_create message = ends_share(&ends, made);
	CU_ASSERT_FATAL(vp_transport_buffer_map(ends.view, &message, &mapped));
	CU_ASSERT_EQUAL(fake_xen_pages_granted(), granted + 3);
	CU_ASSERT_EQUAL(fake_xen_pages_mapped(), 3);
	vp_buffer_data(made)[0] = 5;
	vp_buffer_sync(made, ends_whole(made));
	vp_buffer_sync(mapped, ends_whole(mapped));
	ends_disconnect(&ends);
	CU_ASSERT_EQUAL(fake_xen_pages_granted(), granted);
	CU_ASSERT_EQUAL(fake_xen_pages_mapped(), 0);
	/* There is nothing to copy from any more. */
	CU_ASSERT_EQUAL(vp_buffer_sync(mapped, ends_whole(mapped)), 0);
	CU_ASSERT_EQUAL(vp_buffer_data(mapped)[0], 5);
	vp_buffer_destroy(made);
	vp_buffer_destroy(mapped);
}

static void test_page_limit(void)
{
	struct ends ends;
	struct vp_buffer *mapped;
	connect_ends(&ends);
	fake_xen_set_page_limit(0);
	struct vp_buffer *made = make_buffer(&ends, 10, 10);
	fake_xen_set_page_limit(MANY_PAGES);
	CU_ASSERT_EQUAL(made->memory, VP_MEMORY_INLINE);
	struct vp_buffer_create message = ends_share(&ends, made);
	CU_ASSERT_EQUAL(message.handle.len, 0);
	CU_ASSERT_FATAL(vp_transport_buffer_map(ends.view, &message, &mapped));
	CU_ASSERT_EQUAL(vp_buffer_data(mapped)[0], 0);
	message.memory = VP_MEMORY_DESCRIPTOR;
	CU_ASSERT(!vp_transport_buffer_map(ends.view, &message, &mapped));
	CU_ASSERT_EQUAL(errno, EPROTO);
	vp_buffer_destroy(made);
	vp_buffer_destroy(mapped);
	made = make_buffer(&ends, 10, 10);
	CU_ASSERT_EQUAL(made->memory, VP_MEMORY_GRANTS);
	vp_buffer_destroy(made);
	ends_disconnect(&ends);
}

/* Rings that cannot be had now can be later. */
static void test_renewal(void)
{
	struct vp_listener *listener = start_listening();
	settle(listener);
	struct vp_transport *view = connect_view();
	struct vp_transport *agent = accept_agent(listener);
	fake_xen_set_page_limit(0);
	CU_ASSERT(!vp_listener_renew(listener));
	CU_ASSERT_EQUAL(errno, ENOSPC);
	CU_ASSERT_PTR_NULL(vp_listener_accept(listener));
	CU_ASSERT_EQUAL(errno, EAGAIN);
	fake_xen_forget_nodes();
	CU_ASSERT_PTR_NULL(vp_listener_accept(listener));
	CU_ASSERT_EQUAL(errno, ESTALE);
	fake_xen_set_page_limit(MANY_PAGES);
	CU_ASSERT(vp_listener_renew(listener));
	vp_transport_destroy(connect_view());
	vp_transport_destroy(view);
	vp_transport_destroy(agent);
	vp_listener_destroy(listener);
}

static const struct unit_test tests[] = {
	{ "a vchan does what every transport has to do", test_suite },
	{ "a full ring takes more once it is read", test_ring_full },
	{ "a message costs one event, and its answer another", test_events },
	{ "instances of a domain are apart", test_instances },
	{ "a primary can follow another at any time", test_next_primary },
	{ "what came before the agent accepted is signalled", test_early_bytes },
	{ "a restored domain is published again", test_restored },
	{ "rings that cannot be had now can be later", test_renewal },
	{ "what is missing is told in a sentence", test_sentences },
	{ "so are rings that are too small", test_small_rings },
	{ "damaged rectangles alone are copied", test_rectangles },
	{ "references that are wrong, foreign or too many are refused", test_forged_references },
	{ "neither side holds pages after the connection", test_no_leak },
	{ "a buffer is not shared while there are no pages, and shared once there are",
		test_page_limit },
};

UNIT_MAIN("transport-xen", tests)
