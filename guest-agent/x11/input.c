/*
 * Input, in the order in which the primary sends it. Until the keyboard layout that it was typed
 * with has been set, keys would mean something else: all input waits then, within a bound.
 */
#include <xcb/xtest.h>

#include "input.h"

enum { WAITING_MAX = 256 }; /* messages */

enum { IDS_MAX = MAX(VP_KEYS_HELD_MAX, VP_KEYSYMS_MAX) };

struct waiting {
	struct vp_message message;
	uint8_t ids[IDS_MAX * VP_ID_BYTES]; /* what the message points to */
};

struct ga_x11_input {
	struct ga_x11_keys keys;
	struct ga_x11_pointer *pointer;
	struct waiting waiting[WAITING_MAX]; /* a ring */
	size_t waiting_first;
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
	case VP_OP_INPUT_KEYSYMS:
		ga_x11_keyboard_set_keysyms(x11, &message->input_keysyms);
		break;
	case VP_OP_INPUT_KEYMAP:
		ga_x11_keyboard_want(x11, message->input_keymap.serial);
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

static struct waiting *waiting_at(struct ga_x11_input *input, size_t index)
{
	return &input->waiting[(input->waiting_first + index) % WAITING_MAX];
}

static void handle_first_waiting(struct ga_x11 *x11)
{
	struct ga_x11_input *input = x11->input;
	struct waiting *first = waiting_at(input, 0);
	input->waiting_first = (input->waiting_first + 1) % WAITING_MAX;
	input->waiting_count--;
	handle_message(x11, &first->message);
}

void ga_x11_input_resume(struct ga_x11 *x11)
{
	struct ga_x11_input *input = x11->input;
	ga_x11_keys_stop_repeat(x11, &input->keys);
	ga_x11_keys_restore_locks(x11, &input->keys);
	while (input->waiting_count > 0 && !ga_x11_keyboard_busy(x11))
		handle_first_waiting(x11);
}

/* Of layouts with no input between them the last will do. */
static struct waiting *next_waiting(struct ga_x11_input *input, const struct vp_message *message)
{
	struct waiting *last = waiting_at(input, input->waiting_count + WAITING_MAX - 1);
	if (message->op == VP_OP_INPUT_KEYMAP && input->waiting_count > 0 &&
		last->message.op == VP_OP_INPUT_KEYMAP)
		return last;
	return waiting_at(input, input->waiting_count++);
}

/* What a message holds outside of itself; NULL nothing. */
static struct vp_ids *ids_of(struct vp_message *message)
{
	switch ((int)message->op) {
	case VP_OP_INPUT_MODIFIERS:
		return &message->input_modifiers.held;
	case VP_OP_INPUT_KEYSYMS:
		return &message->input_keysyms.keysyms;
	default:
		return NULL;
	}
}

static void add_waiting(struct ga_x11_input *input, const struct vp_message *message)
{
	struct waiting *waiting = next_waiting(input, message);
	waiting->message = *message;
	struct vp_ids *ids = ids_of(&waiting->message);
	if (ids == NULL)
		return;
	memcpy(waiting->ids, ids->data, ids->count * VP_ID_BYTES);
	ids->data = waiting->ids;
}

void ga_x11_input_handle_message(struct ga_x11 *x11, const struct vp_message *message)
{
	struct ga_x11_input *input = x11->input;
	if (!ga_x11_keyboard_busy(x11)) {
		handle_message(x11, message);
		return;
	}
	/* What cannot wait any more goes in its order, with the layout as it is. */
	while (input->waiting_count == WAITING_MAX)
		handle_first_waiting(x11);
	add_waiting(input, message);
}

/* Layouts, and what keys carry, count without the input that waited for them. */
static void drop_waiting(struct ga_x11 *x11)
{
	struct ga_x11_input *input = x11->input;
	for (; input->waiting_count > 0; input->waiting_count--) {
		const struct vp_message *message = &waiting_at(input, 0)->message;
		if (message->op == VP_OP_INPUT_KEYMAP || message->op == VP_OP_INPUT_KEYSYMS)
			handle_message(x11, message);
		input->waiting_first = (input->waiting_first + 1) % WAITING_MAX;
	}
}

void ga_x11_input_release(struct ga_x11 *x11)
{
	drop_waiting(x11);
	ga_x11_keys_release(x11, &x11->input->keys);
	ga_x11_pointer_release(x11, x11->input->pointer);
}
