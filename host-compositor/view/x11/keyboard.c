#define G_LOG_DOMAIN "hc-x11-keyboard"

#include <stdlib.h>
#include <string.h>
#include <xcb/xkb.h>
#include <xkbcommon/xkbcommon-keysyms.h>
#include <xkbcommon/xkbcommon-x11.h>

#include "x11.h"

enum {
	EVDEV_OFFSET = 8, /* of X's key codes over evdev's */
	KEYCODES = 256,
	BELL_PERCENT_MAX = 100,
	SINGLE_KEYS_MAX = 8, /* of more that change the whole keymap is fetched */
};

static const uint32_t repeat_flag = XCB_XKB_PER_CLIENT_FLAG_DETECTABLE_AUTO_REPEAT;

struct hc_x11_keyboard {
	int32_t device;
	char *keymap; /* as text */
	/* What has changed on the server, to be fetched before the next key, or after the batch: */
	bool keymap_changed;
	uint8_t first_changed; /* keycodes of which the keysyms alone have */
	unsigned int changed_count;
	bool keymap_stale; /* changes of single keys are not in it */
	uint32_t keymap_serial; /* of the last that the guest was told of */
	bool modifier[KEYCODES]; /* keys that are held, not tapped, to have an effect */
	xkb_keysym_t leave_key;
	uint16_t leave_modifiers; /* of the X server's */
	bool leaves[KEYCODES]; /* keys that leave the full screen, with the modifiers for it */
	bool swallowed[KEYCODES]; /* held keys that the guest does not hear of before their next
				     press */
	bool down[KEYCODES]; /* as the guest was told */
	uint8_t vector[KEYCODES / 8]; /* keys that were down when the focus last came */
	bool resume_pending;
	uint8_t latched;
	uint8_t locked;
	uint8_t group;
};

static bool is_modifier(xkb_keysym_t keysym)
{
	bool lock = keysym == XKB_KEY_Caps_Lock || keysym == XKB_KEY_Shift_Lock;
	return (keysym >= XKB_KEY_Shift_L && keysym <= XKB_KEY_Hyper_R && !lock) ||
	       keysym == XKB_KEY_ISO_Level3_Shift || keysym == XKB_KEY_ISO_Level5_Shift ||
	       keysym == XKB_KEY_Mode_switch || keysym == XKB_KEY_ISO_Group_Shift;
}

/* The keymap */

/* Break is Pause with a modifier. */
static bool is_leave_key(const struct hc_x11_keyboard *keyboard, xkb_keysym_t keysym)
{
	return keysym == keyboard->leave_key ||
	       (keysym == XKB_KEY_Pause && keyboard->leave_key == XKB_KEY_Break);
}

/* Which of its names a key has depends on the modifiers. */
static bool carries_leave_key(
	const struct hc_x11_keyboard *keyboard, struct xkb_keymap *keymap, xkb_keycode_t code)
{
	xkb_level_index_t levels = xkb_keymap_num_levels_for_key(keymap, code, 0);
	for (xkb_level_index_t level = 0; level < levels; level++) {
		const xkb_keysym_t *keysyms;
		int count = xkb_keymap_key_get_syms_by_level(keymap, code, 0, level, &keysyms);
		for (int i = 0; i < count; i++)
			if (is_leave_key(keyboard, keysyms[i]))
				return true;
	}
	return false;
}

static void find_special_keys(struct hc_x11_keyboard *keyboard, struct xkb_keymap *keymap)
{
	for (xkb_keycode_t code = 0; code < KEYCODES; code++) {
		const xkb_keysym_t *keysyms;
		bool modifier = false;
		int count = xkb_keymap_key_get_syms_by_level(keymap, code, 0, 0, &keysyms);
		for (int i = 0; i < count; i++)
			modifier |= is_modifier(keysyms[i]);
		keyboard->modifier[code] = modifier;
		keyboard->leaves[code] = carries_leave_key(keyboard, keymap, code);
	}
}

/* Waits for replies: the keymap takes many, and comes when the view starts and when the user
 * changes it. */
static char *fetch_keymap(struct hc_x11 *x11)
{
	struct hc_x11_keyboard *keyboard = x11->keyboard;
	struct xkb_context *context =
		xkb_context_new(XKB_CONTEXT_NO_DEFAULT_INCLUDES | XKB_CONTEXT_NO_ENVIRONMENT_NAMES);
	if (context == NULL)
		return NULL;
	char *text = NULL;
	struct xkb_keymap *keymap = xkb_x11_keymap_new_from_device(
		context, x11->connection, keyboard->device, XKB_KEYMAP_COMPILE_NO_FLAGS);
	if (keymap != NULL) {
		find_special_keys(keyboard, keymap);
		text = xkb_keymap_get_as_string(keymap, XKB_KEYMAP_FORMAT_TEXT_V1);
	}
	xkb_keymap_unref(keymap);
	xkb_context_unref(context);
	return text;
}

/* Input is more urgent and would overtake the keymap: it is told to wait for it. */
static void send_keymap(struct hc_x11 *x11)
{
	struct hc_x11_keyboard *keyboard = x11->keyboard;
	const char *text = keyboard->keymap;
	if (text == NULL || strlen(text) > VP_KEYMAP_MAX)
		return;
	uint32_t serial = ++keyboard->keymap_serial;
	hc_x11_message(x11, VP_MESSAGE(INPUT_KEYMAP, input_keymap, .serial = serial));
	hc_x11_message(x11, VP_MESSAGE(KEYMAP, keymap, .serial = serial,
				    .keymap = vp_text_from(text, VP_KEYMAP_MAX)));
}

static void update_keymap(struct hc_x11 *x11)
{
	struct hc_x11_keyboard *keyboard = x11->keyboard;
	char *text = fetch_keymap(x11);
	keyboard->keymap_changed = false;
	if (text == NULL) {
		g_warning("the keyboard layout cannot be read from the X server; the guest keeps "
			  "its own");
		return;
	}
	bool same = keyboard->keymap != NULL && strcmp(keyboard->keymap, text) == 0;
	bool stale = keyboard->keymap_stale;
	free(keyboard->keymap);
	keyboard->keymap = text;
	keyboard->keymap_stale = false;
	if (!same || stale)
		send_keymap(x11);
}

/* Keysyms of single keys: a program that types what is not on the keyboard puts it on a key for a
 * moment, for which a whole keymap would come too late. */

static size_t trim_keysyms(const xcb_keysym_t *keysyms, size_t count)
{
	while (count > 0 && keysyms[count - 1] == XCB_NO_SYMBOL)
		count--;
	return count;
}

static void send_keysyms(
	struct hc_x11 *x11, uint8_t keycode, const xcb_keysym_t *keysyms, size_t count)
{
	uint8_t encoded[VP_KEYSYMS_MAX * VP_ID_BYTES];
	size_t carried = trim_keysyms(keysyms, MIN(count, VP_KEYSYMS_MAX));
	hc_x11_message(x11,
		VP_MESSAGE(INPUT_KEYSYMS, input_keysyms, .code = (uint16_t)(keycode - EVDEV_OFFSET),
			.keysyms = vp_ids_put(encoded, keysyms, carried)));
}

/* Waits for the reply, as an application does at the key. */
static void update_keysyms(struct hc_x11 *x11)
{
	struct hc_x11_keyboard *keyboard = x11->keyboard;
	unsigned int count = keyboard->changed_count;
	xcb_get_keyboard_mapping_reply_t *reply = xcb_get_keyboard_mapping_reply(x11->connection,
		xcb_get_keyboard_mapping(x11->connection, keyboard->first_changed, (uint8_t)count),
		NULL);
	keyboard->changed_count = 0;
	if (reply == NULL)
		return;
	size_t each = reply->keysyms_per_keycode;
	const xcb_keysym_t *keysyms = xcb_get_keyboard_mapping_keysyms(reply);
	keyboard->keymap_stale = true;
	for (size_t i = 0; i < count; i++)
		send_keysyms(x11, (uint8_t)(keyboard->first_changed + i), keysyms + i * each, each);
	free(reply);
}

static void note_map(struct hc_x11_keyboard *keyboard, const xcb_xkb_map_notify_event_t *event)
{
	const uint16_t keysyms = XCB_XKB_MAP_PART_KEY_SYMS | XCB_XKB_MAP_PART_KEY_ACTIONS;
	unsigned int last = event->firstKeySym + event->nKeySyms;
	if ((event->changed & ~keysyms) != 0 || event->nKeySyms == 0 ||
		event->firstKeySym < EVDEV_OFFSET || last > KEYCODES) {
		keyboard->keymap_changed = true;
		return;
	}
	unsigned int first = event->firstKeySym;
	if (keyboard->changed_count > 0) {
		first = MIN(first, keyboard->first_changed);
		last = MAX(last, keyboard->first_changed + keyboard->changed_count);
	}
	keyboard->first_changed = (uint8_t)first;
	keyboard->changed_count = last - first;
	keyboard->keymap_changed |= keyboard->changed_count > SINGLE_KEYS_MAX;
}

static void update_changed(struct hc_x11 *x11)
{
	struct hc_x11_keyboard *keyboard = x11->keyboard;
	if (keyboard->keymap_changed)
		update_keymap(x11);
	else if (keyboard->changed_count > 0)
		update_keysyms(x11);
	keyboard->changed_count = 0;
}

/* Modifiers */

static void set_state(struct hc_x11 *x11, uint8_t latched, uint8_t locked, uint8_t group)
{
	struct hc_x11_keyboard *keyboard = x11->keyboard;
	if (keyboard->latched == latched && keyboard->locked == locked && keyboard->group == group)
		return;
	keyboard->latched = latched;
	keyboard->locked = locked;
	keyboard->group = group;
	if (hc_x11_input_focused(x11) != 0)
		hc_x11_keyboard_send_modifiers(x11);
}

void hc_x11_keyboard_send_modifiers(struct hc_x11 *x11)
{
	struct hc_x11_keyboard *keyboard = x11->keyboard;
	uint8_t encoded[VP_KEYS_HELD_MAX * VP_ID_BYTES];
	uint32_t held[VP_KEYS_HELD_MAX];
	size_t count = 0;
	for (uint32_t code = EVDEV_OFFSET + 1; code < KEYCODES && count < VP_KEYS_HELD_MAX;
		code++) {
		if (keyboard->down[code])
			held[count++] = code - EVDEV_OFFSET;
	}
	hc_x11_message(
		x11, VP_MESSAGE(INPUT_MODIFIERS, input_modifiers,
			     .held = vp_ids_put(encoded, held, count), .latched = keyboard->latched,
			     .locked = keyboard->locked, .group = keyboard->group));
}

void hc_x11_keyboard_resume(struct hc_x11 *x11)
{
	x11->keyboard->resume_pending = true;
}

void hc_x11_keyboard_begin_anew(struct hc_x11 *x11)
{
	struct hc_x11_keyboard *keyboard = x11->keyboard;
	for (size_t code = 0; code < KEYCODES; code++) {
		if (!keyboard->down[code] || keyboard->modifier[code])
			continue;
		keyboard->down[code] = false;
		keyboard->swallowed[code] = true;
	}
	if (hc_x11_input_focused(x11) != 0)
		hc_x11_keyboard_send_modifiers(x11);
}

/* Comes right after the focus. Keys other than modifiers that were pressed elsewhere stay
 * elsewhere. */
static void handle_keymap_vector(struct hc_x11 *x11, const xcb_keymap_notify_event_t *event)
{
	struct hc_x11_keyboard *keyboard = x11->keyboard;
	for (size_t code = EVDEV_OFFSET; code < KEYCODES; code++) {
		bool held = (event->keys[code / 8 - 1] >> (code % 8) & 1) != 0;
		keyboard->down[code] = held && (keyboard->modifier[code] || keyboard->down[code]);
		keyboard->swallowed[code] = held && keyboard->swallowed[code];
	}
	if (keyboard->resume_pending)
		hc_x11_keyboard_send_modifiers(x11);
	keyboard->resume_pending = false;
}

static void handle_focus_out(struct hc_x11 *x11, const xcb_focus_out_event_t *event)
{
	if (event->mode != XCB_NOTIFY_MODE_GRAB && hc_x11_input_focused(x11) == 0)
		memset(x11->keyboard->down, 0, sizeof(x11->keyboard->down));
}

/* Keys */

/* The user's way out, which the guest does not hear of. */
static bool leaves_fullscreen(
	struct hc_x11 *x11, struct hc_x11_window *window, const xcb_key_press_event_t *event)
{
	const uint16_t modifiers =
		XCB_MOD_MASK_SHIFT | XCB_MOD_MASK_CONTROL | XCB_MOD_MASK_1 | XCB_MOD_MASK_4;
	return (event->state & modifiers) == x11->keyboard->leave_modifiers &&
	       x11->keyboard->leaves[event->detail] && hc_x11_fullscreen_leave(x11, window);
}

/* True if the key is not for the guest. */
static bool swallow_key(struct hc_x11 *x11, struct hc_x11_window *window,
	const xcb_key_press_event_t *event, bool pressed)
{
	struct hc_x11_keyboard *keyboard = x11->keyboard;
	bool swallowed = keyboard->swallowed[event->detail] ||
			 (pressed && !keyboard->down[event->detail] &&
				 leaves_fullscreen(x11, window, event));
	keyboard->swallowed[event->detail] = swallowed && pressed;
	return swallowed;
}

static void handle_key(struct hc_x11 *x11, const xcb_key_press_event_t *event, bool pressed)
{
	struct hc_x11_keyboard *keyboard = x11->keyboard;
	struct hc_x11_window *window = hc_x11_find_xid(x11, event->event);
	bool *down = &keyboard->down[event->detail];
	if (window == NULL || hc_x11_input_focused(x11) == 0)
		return;
	if (swallow_key(x11, window, event, pressed))
		return;
	/* One that went down while another window had the keyboard. */
	if (!pressed && !*down)
		return;
	enum vp_key_action action = !pressed ? VP_KEY_RELEASE
				    : *down  ? VP_KEY_REPEAT
					     : VP_KEY_PRESS;
	*down = pressed;
	if (event->detail < EVDEV_OFFSET || event->detail - EVDEV_OFFSET > VP_KEYCODE_MAX)
		return;
	update_changed(x11);
	hc_x11_message(x11,
		VP_MESSAGE(INPUT_KEY, input_key, .code = (uint16_t)(event->detail - EVDEV_OFFSET),
			.action = (uint8_t)action, .time = event->time));
}

static void handle_xkb_event(struct hc_x11 *x11, const xcb_generic_event_t *event)
{
	/* The kind of event is where others have their detail. */
	const xcb_xkb_state_notify_event_t *state = (const void *)event;
	switch (state->xkbType) {
	case XCB_XKB_NEW_KEYBOARD_NOTIFY:
		x11->keyboard->keymap_changed = true;
		break;
	case XCB_XKB_MAP_NOTIFY:
		/* Of the devices behind it, too. */
		if (state->deviceID == x11->keyboard->device)
			note_map(x11->keyboard, (const void *)event);
		break;
	case XCB_XKB_STATE_NOTIFY:
		set_state(x11, state->latchedMods, state->lockedMods, (uint8_t)state->group);
		break;
	default:
		break;
	}
}

void hc_x11_keyboard_handle_event(struct hc_x11 *x11, const xcb_generic_event_t *event)
{
	uint8_t type = hc_x11_event_type(event);
	if (type == x11->xkb.first_event) {
		handle_xkb_event(x11, event);
		return;
	}
	switch (type) {
	case XCB_KEY_PRESS:
	case XCB_KEY_RELEASE:
		handle_key(x11, (const void *)event, type == XCB_KEY_PRESS);
		break;
	case XCB_KEYMAP_NOTIFY:
		handle_keymap_vector(x11, (const void *)event);
		break;
	case XCB_FOCUS_OUT:
		handle_focus_out(x11, (const void *)event);
		break;
	default:
		break;
	}
}

void hc_x11_keyboard_end_batch(struct hc_x11 *x11)
{
	update_changed(x11);
}

void hc_x11_keyboard_announce(struct hc_x11 *x11)
{
	if (x11->keyboard->keymap_stale)
		update_keymap(x11);
	else
		send_keymap(x11);
}

/* Of the link's modifiers. */
static uint16_t x_modifiers(uint8_t modifiers)
{
	static const uint16_t masks[] = { XCB_MOD_MASK_SHIFT, XCB_MOD_MASK_CONTROL, XCB_MOD_MASK_1,
		XCB_MOD_MASK_4 };
	unsigned int found = 0;
	for (size_t i = 0; i < G_N_ELEMENTS(masks); i++)
		if ((modifiers >> i & 1) != 0)
			found |= masks[i];
	return (uint16_t)found;
}

bool hc_x11_keyboard_set_leave_keys(struct hc_x11 *x11, uint8_t modifiers, const char *key)
{
	struct hc_x11_keyboard *keyboard = x11->keyboard;
	xkb_keysym_t keysym = xkb_keysym_from_name(key, XKB_KEYSYM_CASE_INSENSITIVE);
	if (keysym == XKB_KEY_NoSymbol) {
		g_warning(
			"there is no key \"%s\", by which a window that fills the screen could be "
			"left; the keys for it stay as they are",
			key);
		return false;
	}
	keyboard->leave_modifiers = x_modifiers(modifiers);
	if (keyboard->leave_key == keysym)
		return true;
	keyboard->leave_key = keysym;
	update_keymap(x11);
	return true;
}

void hc_x11_keyboard_bell(struct hc_x11 *x11, uint8_t percent)
{
	xcb_bell(x11->connection, (int8_t)MIN(percent, BELL_PERCENT_MAX));
}

static bool setup_xkb(struct hc_x11 *x11)
{
	return x11->xkb.present &&
	       xkb_x11_setup_xkb_extension(x11->connection, XKB_X11_MIN_MAJOR_XKB_VERSION,
		       XKB_X11_MIN_MINOR_XKB_VERSION, XKB_X11_SETUP_XKB_EXTENSION_NO_FLAGS, NULL,
		       NULL, NULL, NULL);
}

static void select_events(struct hc_x11 *x11)
{
	const uint16_t events = XCB_XKB_EVENT_TYPE_NEW_KEYBOARD_NOTIFY |
				XCB_XKB_EVENT_TYPE_MAP_NOTIFY | XCB_XKB_EVENT_TYPE_STATE_NOTIFY;
	const uint16_t map = XCB_XKB_MAP_PART_KEY_TYPES | XCB_XKB_MAP_PART_KEY_SYMS |
			     XCB_XKB_MAP_PART_MODIFIER_MAP | XCB_XKB_MAP_PART_EXPLICIT_COMPONENTS |
			     XCB_XKB_MAP_PART_KEY_ACTIONS | XCB_XKB_MAP_PART_VIRTUAL_MODS |
			     XCB_XKB_MAP_PART_VIRTUAL_MOD_MAP;
	const uint16_t keyboard = XCB_XKB_NKN_DETAIL_KEYCODES | XCB_XKB_NKN_DETAIL_DEVICE_ID;
	/* Not modifiers that are merely held: their keys come to the focused window. */
	const uint16_t state = XCB_XKB_STATE_PART_MODIFIER_LATCH |
			       XCB_XKB_STATE_PART_MODIFIER_LOCK | XCB_XKB_STATE_PART_GROUP_STATE;
	const xcb_xkb_select_events_details_t details = {
		.affectNewKeyboard = keyboard,
		.newKeyboardDetails = keyboard,
		.affectState = state,
		.stateDetails = state,
	};
	xcb_xkb_select_events_aux(x11->connection, (xcb_xkb_device_spec_t)x11->keyboard->device,
		events, 0, 0, map, map, &details);
	xcb_discard_reply(x11->connection, xcb_xkb_per_client_flags(x11->connection,
						   (xcb_xkb_device_spec_t)x11->keyboard->device,
						   repeat_flag, repeat_flag, 0, 0, 0)
						   .sequence);
}

static void read_state(struct hc_x11 *x11)
{
	xcb_xkb_get_state_reply_t *reply = xcb_xkb_get_state_reply(x11->connection,
		xcb_xkb_get_state(x11->connection, (xcb_xkb_device_spec_t)x11->keyboard->device),
		NULL);
	if (reply != NULL)
		set_state(x11, reply->latchedMods, reply->lockedMods, reply->group);
	free(reply);
}

bool hc_x11_keyboard_init(struct hc_x11 *x11)
{
	x11->keyboard = g_new0(struct hc_x11_keyboard, 1);
	if (setup_xkb(x11))
		x11->keyboard->device = xkb_x11_get_core_keyboard_device_id(x11->connection);
	if (x11->keyboard->device <= 0) {
		g_critical("the X server has no XKEYBOARD extension, which Oriel needs; start it "
			   "without -kb");
		return false;
	}
	select_events(x11);
	x11->keyboard->leave_key = XKB_KEY_Break;
	x11->keyboard->leave_modifiers = XCB_MOD_MASK_CONTROL | XCB_MOD_MASK_1;
	x11->keyboard->keymap = fetch_keymap(x11);
	read_state(x11);
	return true;
}

void hc_x11_keyboard_finish(struct hc_x11 *x11)
{
	if (x11->keyboard == NULL)
		return;
	free(x11->keyboard->keymap);
	g_free(x11->keyboard);
	x11->keyboard = NULL;
}
