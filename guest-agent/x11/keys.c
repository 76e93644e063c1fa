/*
 * Keys by XTEST, and repeats as the primary makes them.
 *
 * A repeat must be one for applications, too: a press without a release for those that detect
 * auto-repeat, and a release and press for the others. Only the server's own auto-repeat makes such
 * events; XTEST drops the press of a key that is down. So it is off, and to make one repeat it is
 * turned on with the shortest delay and the longest interval. It starts anew at a press only if
 * Slow Keys is on, and if the last key that was slow was another one; a key of no meaning is that
 * one. Slow Keys rejects it when it is released at once, so nobody ever sees it.
 */
#include <stdlib.h>
#include <sys/uio.h>
#include <xcb/xcbext.h>
#include <xcb/xkb.h>
#include <xcb/xtest.h>

#include "input.h"

enum {
	MEANINGLESS_KEYCODE = 8, /* evdev code 0, which is no key */
	REPEAT_DELAY_MS = 1, /* the least that XKB takes */
	REPEAT_INTERVAL_MS = UINT16_MAX,
	SLOW_DELAY_MS = 1,
	ALL_BITS = 0xff,
};

static void fake_key(struct ga_x11 *x11, uint8_t type, uint8_t keycode)
{
	xcb_test_fake_input(
		x11->connection, type, keycode, XCB_CURRENT_TIME, XCB_WINDOW_NONE, 0, 0, 0);
}

static void set_repeat(struct ga_x11 *x11, bool on)
{
	const uint32_t controls = XCB_XKB_BOOL_CTRL_REPEAT_KEYS | XCB_XKB_BOOL_CTRL_SLOW_KEYS;
	static const uint8_t no_keys[32];
	xcb_xkb_set_controls(x11->connection, XCB_XKB_ID_USE_CORE_KBD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, controls, on ? controls : 0, controls, REPEAT_DELAY_MS, REPEAT_INTERVAL_MS,
		SLOW_DELAY_MS, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, no_keys);
}

/* Whatever key was slow last, none is now. */
static void forget_slow_key(struct ga_x11 *x11)
{
	fake_key(x11, XCB_KEY_PRESS, MEANINGLESS_KEYCODE);
	fake_key(x11, XCB_KEY_RELEASE, MEANINGLESS_KEYCODE);
}

void ga_x11_keys_stop_repeat(struct ga_x11 *x11, struct ga_x11_keys *keys)
{
	if (!x11->xkb.present)
		return;
	if (keys->repeating)
		forget_slow_key(x11);
	keys->repeating = false;
	set_repeat(x11, false);
}

void ga_x11_keys_start(struct ga_x11 *x11, struct ga_x11_keys *keys)
{
	xcb_query_keymap_reply_t *reply =
		xcb_query_keymap_reply(x11->connection, xcb_query_keymap(x11->connection), NULL);
	for (unsigned int keycode = GA_X11_EVDEV_OFFSET; reply != NULL && keycode <= UINT8_MAX;
		keycode++)
		if ((reply->keys[keycode / 8] >> (keycode % 8) & 1) != 0)
			fake_key(x11, XCB_KEY_RELEASE, (uint8_t)keycode);
	free(reply);
	ga_x11_keys_stop_repeat(x11, keys);
}

static bool is_held(const struct ga_x11_keys *keys, uint8_t keycode)
{
	return (keys->held[keycode / 8] >> (keycode % 8) & 1) != 0;
}

static void press(struct ga_x11 *x11, struct ga_x11_keys *keys, uint8_t keycode)
{
	if (keys->repeating)
		ga_x11_keys_stop_repeat(x11, keys);
	fake_key(x11, XCB_KEY_PRESS, keycode);
	keys->held[keycode / 8] = (uint8_t)(keys->held[keycode / 8] | 1U << (keycode % 8));
}

/* The release goes first, so that Slow Keys forgets the key. */
static void release(struct ga_x11 *x11, struct ga_x11_keys *keys, uint8_t keycode)
{
	fake_key(x11, XCB_KEY_RELEASE, keycode);
	keys->held[keycode / 8] = (uint8_t)(keys->held[keycode / 8] & ~(1U << (keycode % 8)));
	if (keys->repeating)
		ga_x11_keys_stop_repeat(x11, keys);
}

static void repeat(struct ga_x11 *x11, struct ga_x11_keys *keys, uint8_t keycode)
{
	if (!x11->xkb.present) {
		fake_key(x11, XCB_KEY_RELEASE, keycode);
		fake_key(x11, XCB_KEY_PRESS, keycode);
		return;
	}
	if (!keys->repeating)
		set_repeat(x11, true);
	keys->repeating = true;
	forget_slow_key(x11);
	fake_key(x11, XCB_KEY_PRESS, keycode);
}

void ga_x11_keys_handle_key(
	struct ga_x11 *x11, struct ga_x11_keys *keys, const struct vp_input_key *key)
{
	uint8_t keycode = (uint8_t)(key->code + GA_X11_EVDEV_OFFSET);
	bool held = is_held(keys, keycode);
	if (key->action == VP_KEY_RELEASE && held)
		release(x11, keys, keycode);
	else if (key->action == VP_KEY_REPEAT && held)
		repeat(x11, keys, keycode);
	else if (key->action != VP_KEY_RELEASE && !held)
		/* A repeat of a key that was pressed in another window types here, too. */
		press(x11, keys, keycode);
}

/* The library's own function has no parameter for the latched modifiers, and calls their place
 * pad0. */
static void set_locks(struct ga_x11 *x11, const struct ga_x11_keys *keys, uint8_t latched)
{
	static const xcb_protocol_request_t protocol = {
		.count = 1,
		.ext = &xcb_xkb_id,
		.opcode = XCB_XKB_LATCH_LOCK_STATE,
		.isvoid = 1,
	};
	xcb_xkb_latch_lock_state_request_t request = {
		.deviceSpec = XCB_XKB_ID_USE_CORE_KBD,
		.affectModLocks = ALL_BITS,
		.modLocks = keys->locked,
		.lockGroup = 1,
		.groupLock = keys->group,
		.affectModLatches = ALL_BITS,
		.pad0 = latched,
	};
	/* The library uses the two elements before those that it is given. */
	struct iovec parts[] = { { NULL, 0 }, { NULL, 0 }, { &request, sizeof(request) } };
	if (x11->xkb.present)
		xcb_send_request(x11->connection, 0, &parts[2], &protocol);
}

void ga_x11_keys_handle_modifiers(
	struct ga_x11 *x11, struct ga_x11_keys *keys, const struct vp_input_modifiers *modifiers)
{
	uint8_t wanted[sizeof(keys->held)] = { 0 };
	for (size_t i = 0; i < modifiers->held.count; i++) {
		uint32_t code = vp_ids_get(modifiers->held, i);
		if (code == 0 || code > VP_KEYCODE_MAX)
			continue;
		uint32_t keycode = code + GA_X11_EVDEV_OFFSET;
		wanted[keycode / 8] = (uint8_t)(wanted[keycode / 8] | 1U << (keycode % 8));
	}
	for (unsigned int keycode = GA_X11_EVDEV_OFFSET; keycode <= UINT8_MAX; keycode++) {
		bool want = (wanted[keycode / 8] >> (keycode % 8) & 1) != 0;
		bool held = is_held(keys, (uint8_t)keycode);
		if (held && !want)
			release(x11, keys, (uint8_t)keycode);
		else if (!held && want)
			press(x11, keys, (uint8_t)keycode);
	}
	/* After the keys: a lock key that is pressed here must not undo what the primary has. */
	keys->locked = (uint8_t)modifiers->locked;
	keys->group = modifiers->group;
	set_locks(x11, keys, (uint8_t)modifiers->latched);
}

void ga_x11_keys_restore_locks(struct ga_x11 *x11, const struct ga_x11_keys *keys)
{
	set_locks(x11, keys, 0);
}

void ga_x11_keys_release(struct ga_x11 *x11, struct ga_x11_keys *keys)
{
	for (unsigned int keycode = GA_X11_EVDEV_OFFSET; keycode <= UINT8_MAX; keycode++)
		if (is_held(keys, (uint8_t)keycode))
			release(x11, keys, (uint8_t)keycode);
}
