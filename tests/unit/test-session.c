#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"

/* One side of a session and what it was told. */
struct side {
	struct vp_session *session;
	unsigned int ready;
	unsigned int messages;
	unsigned int pongs;
	unsigned int closed;
	enum vp_op last_op;
	uint64_t instance;
	enum vp_bye_reason reason;
	char text[VP_REASON_MAX + 1];
};

static void handle_ready(void *data, const struct vp_hello *peer)
{
	struct side *side = data;
	side->ready++;
	side->instance = peer->instance;
}

static bool handle_message(void *data, const struct vp_message *message)
{
	struct side *side = data;
	side->messages++;
	side->last_op = message->op;
	return true;
}

static void handle_pong(void *data, uint32_t serial)
{
	struct side *side = data;
	side->pongs += serial;
}

static void handle_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	struct side *side = data;
	side->closed++;
	side->reason = reason;
	snprintf(side->text, sizeof(side->text), "%s", text);
}

static const struct vp_session_listener listener = {
	.ready = handle_ready,
	.message = handle_message,
	.pong = handle_pong,
	.closed = handle_closed,
};

struct pair {
	struct side agent;
	struct side view;
};

static void connect_pair(struct pair *pair, size_t capacity)
{
	struct vp_transport *agent;
	struct vp_transport *view;
	memset(pair, 0, sizeof(*pair));
	CU_ASSERT_FATAL(vp_transport_memory_create(capacity, &agent, &view));
	pair->agent.session = vp_session_create(agent, VP_ROLE_GUEST, "agent", 1, &listener, &pair->agent);
	pair->view.session = vp_session_create(view, VP_ROLE_PRIMARY, "view", 2, &listener, &pair->view);
	CU_ASSERT_FATAL(pair->agent.session != NULL && pair->view.session != NULL);
}

static bool signalled(const struct side *side)
{
	struct pollfd poll_fd = { .fd = vp_session_get_fd(side->session), .events = POLLIN };
	return side->closed == 0 && poll(&poll_fd, 1, 0) == 1;
}

/* Dispatches both sides until nothing is signalled. */
static void settle(struct pair *pair)
{
	bool busy = true;
	while (busy) {
		busy = false;
		struct side *sides[] = { &pair->agent, &pair->view };
		for (size_t i = 0; i < 2; i++) {
			if (!signalled(sides[i]))
				continue;
			vp_session_dispatch(sides[i]->session);
			busy = true;
		}
	}
}

static void destroy_pair(struct pair *pair)
{
	vp_session_destroy(pair->agent.session);
	vp_session_destroy(pair->view.session);
}

static void test_hello(void)
{
	struct pair pair;
	connect_pair(&pair, 65536);
	settle(&pair);
	CU_ASSERT_EQUAL(pair.agent.ready, 1);
	CU_ASSERT_EQUAL(pair.view.ready, 1);
	CU_ASSERT_EQUAL(pair.agent.instance, 2);
	CU_ASSERT_EQUAL(pair.view.instance, 1);
	destroy_pair(&pair);
}

static void test_small_stream(void)
{
	struct pair pair;
	connect_pair(&pair, 7);
	settle(&pair);
	enum { MESSAGES = 1000 };
	for (int i = 0; i < MESSAGES; i++) {
		CU_ASSERT(vp_session_send(pair.view.session,
			VP_MESSAGE(INPUT_KEY, input_key, .code = 30, .action = VP_KEY_PRESS)));
		CU_ASSERT(vp_session_send(
			pair.agent.session, VP_MESSAGE(WINDOW_MAP, window_map, .window = 1)));
	}
	vp_session_flush(pair.view.session);
	vp_session_flush(pair.agent.session);
	settle(&pair);
	CU_ASSERT_EQUAL(pair.agent.messages, MESSAGES);
	CU_ASSERT_EQUAL(pair.view.messages, MESSAGES);
	CU_ASSERT_EQUAL(pair.view.last_op, VP_OP_WINDOW_MAP);
	destroy_pair(&pair);
}

static void test_credit_returns(void)
{
	struct pair pair;
	connect_pair(&pair, 65536);
	settle(&pair);
	enum { TEXT = 400000, MESSAGES = 20 };
	char *text = malloc(TEXT);
	CU_ASSERT_FATAL(text != NULL);
	memset(text, 'k', TEXT);
	for (int i = 0; i < MESSAGES; i++) {
		struct vp_text keymap = { text, TEXT };
		CU_ASSERT(vp_session_send(pair.view.session, VP_MESSAGE(KEYMAP, keymap, .keymap = keymap)));
		vp_session_flush(pair.view.session);
		settle(&pair);
	}
	CU_ASSERT_EQUAL(pair.agent.messages, MESSAGES);
	CU_ASSERT_EQUAL(vp_session_queued(pair.view.session, VP_CHANNEL_WINDOWS), 0);
	free(text);
	destroy_pair(&pair);
}

static const struct unit_test tests[] = {
	{ "both sides say hello and are ready", test_hello },
	{ "messages pass a stream that takes seven bytes at a time", test_small_stream },
	{ "credit comes back, so that a channel carries more than its first credit", test_credit_returns },
};

UNIT_MAIN("session", tests)
