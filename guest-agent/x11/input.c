/*
 * Input, in the order in which the primary sends it. While a keyboard layout is being set, keys
 * would mean something else: all input waits then, within a bound.
 */
#include <xcb/xtest.h>

#include "input.h"

enum { WAITING_MAX = 256 }; /* messages */

struct waiting {
	struct vp_message message;
	uint8_t held[VP_KEYS_HELD_MAX * VP_ID_BYTES]; /* what input_modifiers points to */
};

struct ga_x11_input {
	struct ga_x11_keys keys;
	struct ga_x11_pointer *pointer;
	struct waiting waiting[WAITING_MAX];
	size_t waiting_count;
};

bool ga_x11_input_create(struct ga_x11 *x11)
{
	x11->input = g_new0(struct ga_x11_input, 1);
	x11->input->pointer = ga_x11_pointer_create(x11);
	/* An application that grabs the server must not hold up the others' input, nor its own. */
	xcb_test_grab_control(x11->connection, 1);
	ga_x11_keys_start(x11, &x11->input->keys);
	return true;
}

void ga_x11_input_destroy(struct ga_x11 *x11)
{
	if (x11->input == NULL)
		return;
	ga_x11_pointer_destroy(x11->input->pointer);
	g_free(x11->input);
	x11->input = NULL;
}

static void handle_message(struct ga_x11 *x11, const struct vp_message *message)
{
	struct ga_x11_input *input = x11->input;
	switch ((int)message->op) {
	case VP_OP_INPUT_KEY:
		ga_x11_keys_handle_key(x11, &input->keys, &message->input_key);
		break;
	case VP_OP_INPUT_MODIFIERS:
		ga_x11_keys_handle_modifiers(x11, &input->keys, &message->input_modifiers);
		break;
	case VP_OP_POINTER_MOTION:
	case VP_OP_POINTER_BUTTON:
	case VP_OP_POINTER_SCROLL:
	case VP_OP_POINTER_CROSSING:
		ga_x11_pointer_handle_message(x11, input->pointer, message);
		break;
	case VP_OP_POINTER_ELSEWHERE:
		ga_x11_popups_dismiss(x11);
		break;
	default:
		break;
	}
}

void ga_x11_input_resume(struct ga_x11 *x11)
{
	struct ga_x11_input *input = x11->input;
	ga_x11_keys_stop_repeat(x11, &input->keys);
	ga_x11_keys_restore_locks(x11, &input->keys);
	for (size_t i = 0; i < input->waiting_count; i++)
		handle_message(x11, &input->waiting[i].message);
	input->waiting_count = 0;
}

static void add_waiting(struct ga_x11_input *input, const struct vp_message *message)
{
	struct waiting *waiting = &input->waiting[input->waiting_count++];
	waiting->message = *message;
	if (message->op != VP_OP_INPUT_MODIFIERS)
		return;
	struct vp_ids held = message->input_modifiers.held;
	memcpy(waiting->held, held.data, held.count * VP_ID_BYTES);
	waiting->message.input_modifiers.held.data = waiting->held;
}

void ga_x11_input_handle_message(struct ga_x11 *x11, const struct vp_message *message)
{
	struct ga_x11_input *input = x11->input;
	if (!ga_x11_keyboard_busy(x11)) {
		handle_message(x11, message);
		return;
	}
	/* What cannot wait any more goes in its order, with the layout as it is. */
	if (input->waiting_count == WAITING_MAX)
		ga_x11_input_resume(x11);
	add_waiting(input, message);
}

void ga_x11_input_release(struct ga_x11 *x11)
{
	x11->input->waiting_count = 0;
	ga_x11_keys_release(x11, &x11->input->keys);
	ga_x11_pointer_release(x11, x11->input->pointer);
}
