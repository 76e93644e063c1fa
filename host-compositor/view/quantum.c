#include "quantum.h"

enum {
	INPUT_CHANNEL = 0,
	HELD_MAX = 4096, /* messages; more than a person can cause in a tick do not wait for it */
};

struct held_input {
	uint16_t op;
	size_t len;
	uint8_t fields[];
};

void hc_quantum_init(struct hc_quantum *quantum)
{
	*quantum = (struct hc_quantum){ .deadline = -1 };
	g_queue_init(&quantum->held);
}

void hc_quantum_clear(struct hc_quantum *quantum)
{
	g_queue_clear_full(&quantum->held, g_free);
	quantum->deadline = -1;
}

/* A message is valid during the call alone: this is a copy. */
static struct held_input *copy_message(const struct vp_message *message)
{
	size_t len = vp_message_size(message);
	struct held_input *input = g_malloc(sizeof(*input) + len);

	input->op = (uint16_t)message->op;
	if (vp_message_encode(message, input->fields, len, &input->len))
		return input;
	g_free(input);
	return NULL;
}

static bool replaces_last(struct hc_quantum *quantum, const struct vp_message *message)
{
	const struct held_input *last = g_queue_peek_tail(&quantum->held);
	struct vp_message motion;

	return last != NULL && last->op == VP_OP_POINTER_MOTION &&
	       message->op == VP_OP_POINTER_MOTION &&
	       vp_message_decode(last->op, last->fields, last->len, &motion) &&
	       motion.pointer_motion.window == message->pointer_motion.window;
}

bool hc_quantum_hold(struct hc_quantum *quantum, const struct vp_message *message, int64_t now)
{
	if (quantum->grid == 0 || vp_op_channel((uint16_t)message->op) != INPUT_CHANNEL)
		return false;
	struct held_input *input = copy_message(message);
	if (input == NULL)
		return false;
	if (replaces_last(quantum, message))
		g_free(g_queue_pop_tail(&quantum->held));
	g_queue_push_tail(&quantum->held, input);
	if (quantum->deadline < 0)
		quantum->deadline = (now / quantum->grid + 1) * quantum->grid;
	if (g_queue_get_length(&quantum->held) >= HELD_MAX)
		quantum->deadline = now;
	return true;
}

static void round_time(const struct hc_quantum *quantum, struct vp_message *message)
{
	uint32_t *time = NULL;

	switch ((int)message->op) {
	case VP_OP_INPUT_KEY:
		time = &message->input_key.time;
		break;
	case VP_OP_POINTER_MOTION:
		time = &message->pointer_motion.time;
		break;
	case VP_OP_POINTER_BUTTON:
		time = &message->pointer_button.time;
		break;
	case VP_OP_POINTER_SCROLL:
		time = &message->pointer_scroll.time;
		break;
	case VP_OP_POINTER_ELSEWHERE:
		time = &message->pointer_elsewhere.time;
		break;
	default:
		return;
	}
	if (quantum->grid > 0)
		*time -= *time % quantum->grid;
}

void hc_quantum_release(struct hc_quantum *quantum, int64_t now,
	void (*send)(void *data, const struct vp_message *message), void *data)
{
	struct held_input *input;

	if (quantum->deadline < 0 || now < quantum->deadline)
		return;
	quantum->deadline = -1;
	while ((input = g_queue_pop_head(&quantum->held)) != NULL) {
		struct vp_message message;
		if (vp_message_decode(input->op, input->fields, input->len, &message)) {
			round_time(quantum, &message);
			send(data, &message);
		}
		g_free(input);
	}
}
