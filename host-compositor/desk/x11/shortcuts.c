#define G_LOG_DOMAIN "hc-shortcuts"

#include "shortcuts.h"

#include <gio/gio.h>
#include <string.h>
#include <xcb/xcb.h>
#include <xcb/xcb_keysyms.h>
#include <xcb/xkb.h>
#include <xkbcommon/xkbcommon.h>

#include "focus.h"

enum { MODIFIERS = 8, LOCKS_MAX = 3 };

/* Where a shortcut is on the keyboard. */
struct place {
	uint16_t modifiers; /* of the X server's */
	xcb_keycode_t *keys; /* ended by XCB_NO_SYMBOL; NULL: none */
};

struct grab {
	struct hv_shortcut shortcut;
	struct place place;
	bool failed; /* and that has been told */
	bool held; /* a key that repeats is pressed once */
};

struct hc_shortcuts {
	const struct hc_shortcuts_listener *listener;
	void *data;
	xcb_connection_t *connection;
	xcb_window_t root;
	struct hc_focus *focus;
	xcb_key_symbols_t *symbols;
	struct grab grabs[HV_SHORTCUT_COUNT];
	uint16_t locks; /* modifiers that make no difference */
	uint8_t xkb_event; /* its number, 0 without XKB */
	bool keyboard_changed;
};

/* A key that is held down is not released between its repetitions, and whoever has asked for that
 * hears of other layouts by XKB alone. */
static void use_xkb(struct hc_shortcuts *shortcuts)
{
	enum {
		REPEAT = XCB_XKB_PER_CLIENT_FLAG_DETECTABLE_AUTO_REPEAT,
		EVENTS = XCB_XKB_EVENT_TYPE_NEW_KEYBOARD_NOTIFY | XCB_XKB_EVENT_TYPE_MAP_NOTIFY,
		PARTS = XCB_XKB_MAP_PART_KEY_SYMS | XCB_XKB_MAP_PART_MODIFIER_MAP,
		KEYBOARD = XCB_XKB_NKN_DETAIL_KEYCODES | XCB_XKB_NKN_DETAIL_DEVICE_ID,
	};
	const xcb_xkb_select_events_details_t details = {
		.affectNewKeyboard = KEYBOARD,
		.newKeyboardDetails = KEYBOARD,
	};
	xcb_connection_t *connection = shortcuts->connection;
	const xcb_query_extension_reply_t *extension =
		xcb_get_extension_data(connection, &xcb_xkb_id);
	xcb_xkb_use_extension_reply_t *reply = xcb_xkb_use_extension_reply(connection,
		xcb_xkb_use_extension(connection, XCB_XKB_MAJOR_VERSION, XCB_XKB_MINOR_VERSION),
		NULL);

	if (reply && reply->supported) {
		shortcuts->xkb_event = extension->first_event;
		xcb_discard_reply(
			connection, xcb_xkb_per_client_flags(connection, XCB_XKB_ID_USE_CORE_KBD,
					    REPEAT, REPEAT, 0, 0, 0)
					    .sequence);
		xcb_xkb_select_events_aux(
			connection, XCB_XKB_ID_USE_CORE_KBD, EVENTS, 0, 0, PARTS, PARTS, &details);
	}
	free(reply);
}

struct hc_shortcuts *hc_shortcuts_create(
	const struct hc_shortcuts_listener *listener, void *data, GError **error)
{
	struct hc_shortcuts *shortcuts = g_new0(struct hc_shortcuts, 1);
	int number = 0;
	xcb_screen_iterator_t screens;

	shortcuts->listener = listener;
	shortcuts->data = data;
	shortcuts->connection = xcb_connect(NULL, &number);
	if (xcb_connection_has_error(shortcuts->connection)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED,
			"cannot connect to the X server");
		hc_shortcuts_destroy(shortcuts);
		return NULL;
	}
	screens = xcb_setup_roots_iterator(xcb_get_setup(shortcuts->connection));
	while (number-- > 0 && screens.rem > 1)
		xcb_screen_next(&screens);
	shortcuts->root = screens.data->root;
	shortcuts->focus = hc_focus_create(shortcuts->connection, shortcuts->root);
	shortcuts->symbols = xcb_key_symbols_alloc(shortcuts->connection);
	use_xkb(shortcuts);
	return shortcuts;
}

void hc_shortcuts_destroy(struct hc_shortcuts *shortcuts)
{
	if (!shortcuts)
		return;
	for (int i = 0; i < HV_SHORTCUT_COUNT; i++)
		free(shortcuts->grabs[i].place.keys);
	g_clear_pointer(&shortcuts->symbols, xcb_key_symbols_free);
	hc_focus_destroy(shortcuts->focus);
	xcb_disconnect(shortcuts->connection);
	g_free(shortcuts);
}

/* The keyboard */

static bool has_key(const struct hc_shortcuts *shortcuts, xcb_keycode_t key, xcb_keysym_t keysym)
{
	xcb_keycode_t *found = xcb_key_symbols_get_keycode(shortcuts->symbols, keysym);
	bool has = false;

	for (const xcb_keycode_t *k = found; k && *k != XCB_NO_SYMBOL && !has; k++)
		has = *k == key;
	free(found);
	return has;
}

/* The X server's modifiers that are on keys of these keysyms, ended by XKB_KEY_NoSymbol. */
static uint16_t find_modifier(const struct hc_shortcuts *shortcuts,
	xcb_get_modifier_mapping_reply_t *mapping, const xcb_keysym_t *keysyms)
{
	const xcb_keycode_t *keys = xcb_get_modifier_mapping_keycodes(mapping);
	uint16_t modifiers = 0;

	for (int i = 0; i < MODIFIERS * mapping->keycodes_per_modifier; i++) {
		for (const xcb_keysym_t *k = keysyms; *k != XKB_KEY_NoSymbol; k++) {
			if (keys[i] != 0 && has_key(shortcuts, keys[i], *k))
				modifiers |= (uint16_t)(1U << i / mapping->keycodes_per_modifier);
		}
	}
	return modifiers;
}

static const struct {
	enum hv_modifier modifier;
	xcb_keysym_t keysyms[3];
} modifier_keys[] = {
	{ HV_MODIFIER_ALT, { XKB_KEY_Alt_L, XKB_KEY_Alt_R } },
	{ HV_MODIFIER_SUPER, { XKB_KEY_Super_L, XKB_KEY_Super_R } },
};

static const xcb_keysym_t lock_keys[] = { XKB_KEY_Num_Lock, XKB_KEY_Scroll_Lock, XKB_KEY_NoSymbol };

/* The X server's modifiers for those; 0 if the keyboard has not all of them. */
static uint16_t translate_modifiers(const struct hc_shortcuts *shortcuts,
	xcb_get_modifier_mapping_reply_t *mapping, unsigned int wanted)
{
	uint16_t modifiers = 0;

	if (wanted & HV_MODIFIER_SHIFT)
		modifiers |= XCB_MOD_MASK_SHIFT;
	if (wanted & HV_MODIFIER_CONTROL)
		modifiers |= XCB_MOD_MASK_CONTROL;
	for (size_t i = 0; i < G_N_ELEMENTS(modifier_keys); i++) {
		uint16_t found;

		if (!(wanted & modifier_keys[i].modifier))
			continue;
		found = find_modifier(shortcuts, mapping, modifier_keys[i].keysyms);
		if (found == 0)
			return 0;
		/* Some keyboards have it twice; the first is the one that is pressed. */
		modifiers |= (uint16_t)(found & -found);
	}
	return modifiers;
}

static xcb_keysym_t find_keysym(const char *name)
{
	xkb_keysym_t keysym = xkb_keysym_from_name(name, XKB_KEYSYM_CASE_INSENSITIVE);

	return xkb_keysym_to_lower(keysym);
}

/* Where a keyboard of the United States has the keysym: layouts of other scripts have no Latin
 * letters, and their shortcuts are where those would be. The caller frees it; NULL for none. */
static xcb_keycode_t *find_on_us_layout(xcb_keysym_t keysym)
{
	const struct xkb_rule_names names = { .layout = "us" };
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	struct xkb_keymap *keymap =
		context ? xkb_keymap_new_from_names(context, &names, XKB_KEYMAP_COMPILE_NO_FLAGS)
			: NULL;
	xcb_keycode_t *keys = NULL;

	for (xkb_keycode_t key = keymap ? xkb_keymap_min_keycode(keymap) : 1;
		keymap && !keys && key <= UINT8_MAX; key++) {
		const xkb_keysym_t *keysyms;
		int count = xkb_keymap_key_get_syms_by_level(keymap, key, 0, 0, &keysyms);

		if (count == 1 && keysyms[0] == keysym) {
			keys = calloc(2, sizeof(*keys));
			keys[0] = (xcb_keycode_t)key;
		}
	}
	xkb_keymap_unref(keymap);
	xkb_context_unref(context);
	return keys;
}

/* The keys that have the keysym, ended by XCB_NO_SYMBOL; NULL for none. */
static xcb_keycode_t *find_keys(const struct hc_shortcuts *shortcuts, const char *name)
{
	xcb_keysym_t keysym = find_keysym(name);
	xcb_keycode_t *keys = NULL;

	if (keysym == XKB_KEY_NoSymbol)
		return NULL;
	keys = xcb_key_symbols_get_keycode(shortcuts->symbols, keysym);
	if (keys && keys[0] != XCB_NO_SYMBOL)
		return keys;
	free(keys);
	return find_on_us_layout(keysym);
}

/* The grabs */

static void release(struct hc_shortcuts *shortcuts, struct grab *grab)
{
	for (const xcb_keycode_t *key = grab->place.keys; key && *key != XCB_NO_SYMBOL; key++) {
		for (uint16_t locks = 0; locks <= UINT8_MAX; locks++) {
			if ((locks & ~shortcuts->locks) == 0)
				xcb_ungrab_key(shortcuts->connection, *key, shortcuts->root,
					grab->place.modifiers | locks);
		}
	}
	free(grab->place.keys);
	grab->place = (struct place){ 0 };
}

/* Takes the key with any locks. False if another program has it. */
static bool take_key(struct hc_shortcuts *shortcuts, xcb_keycode_t key, uint16_t modifiers)
{
	xcb_void_cookie_t cookies[1 << LOCKS_MAX];
	size_t count = 0;
	bool taken = true;

	for (uint16_t locks = 0; locks <= UINT8_MAX && count < G_N_ELEMENTS(cookies); locks++) {
		if ((locks & ~shortcuts->locks) == 0)
			cookies[count++] = xcb_grab_key_checked(shortcuts->connection, 0,
				shortcuts->root, modifiers | locks, key, XCB_GRAB_MODE_ASYNC,
				XCB_GRAB_MODE_ASYNC);
	}
	for (size_t i = 0; i < count; i++) {
		xcb_generic_error_t *refusal = xcb_request_check(shortcuts->connection, cookies[i]);

		taken = taken && !refusal;
		free(refusal);
	}
	return taken;
}

static struct place find_place(const struct hc_shortcuts *shortcuts,
	const struct hv_shortcut *shortcut, xcb_get_modifier_mapping_reply_t *mapping)
{
	struct place place = { 0 };

	if (*shortcut->key)
		place.modifiers = translate_modifiers(shortcuts, mapping, shortcut->modifiers);
	if (place.modifiers != 0)
		place.keys = find_keys(shortcuts, shortcut->key);
	return place;
}

static bool same_place(const struct place *a, const struct place *b)
{
	size_t i = 0;

	if (a->modifiers != b->modifiers || !a->keys || !b->keys)
		return a->modifiers == b->modifiers && !a->keys && !b->keys;
	while (a->keys[i] == b->keys[i] && a->keys[i] != XCB_NO_SYMBOL)
		i++;
	return a->keys[i] == b->keys[i];
}

/* False if not all of it can be had. */
static bool take(struct hc_shortcuts *shortcuts, const struct grab *grab)
{
	bool taken = grab->place.keys != NULL;

	for (const xcb_keycode_t *key = grab->place.keys; key && *key != XCB_NO_SYMBOL; key++)
		taken = take_key(shortcuts, *key, grab->place.modifiers) && taken;
	return taken || !*grab->shortcut.key;
}

static void set_locks(struct hc_shortcuts *shortcuts, uint16_t locks)
{
	if (locks == shortcuts->locks)
		return;
	for (int i = 0; i < HV_SHORTCUT_COUNT; i++)
		release(shortcuts, &shortcuts->grabs[i]);
	shortcuts->locks = locks;
}

/* A shortcut that stays where it is stays taken: the server tells of a new keyboard also when
 * another device is used than before, in the midst of what the user presses. */
static void update(struct hc_shortcuts *shortcuts)
{
	xcb_get_modifier_mapping_reply_t *mapping = xcb_get_modifier_mapping_reply(
		shortcuts->connection, xcb_get_modifier_mapping(shortcuts->connection), NULL);

	if (!mapping)
		return;
	set_locks(shortcuts, find_modifier(shortcuts, mapping, lock_keys) | XCB_MOD_MASK_LOCK);
	for (int i = 0; i < HV_SHORTCUT_COUNT; i++) {
		struct grab *grab = &shortcuts->grabs[i];
		struct place place = find_place(shortcuts, &grab->shortcut, mapping);

		if (same_place(&place, &grab->place)) {
			free(place.keys);
			continue;
		}
		release(shortcuts, grab);
		grab->place = place;
		if (take(shortcuts, grab) || grab->failed)
			continue;
		grab->failed = true;
		shortcuts->listener->failed(shortcuts->data, (enum hv_shortcut_action)i);
	}
	free(mapping);
}

/* Events */

static bool has_grabbed(const struct grab *grab, xcb_keycode_t pressed)
{
	for (const xcb_keycode_t *key = grab->place.keys; key && *key != XCB_NO_SYMBOL; key++) {
		if (*key == pressed)
			return true;
	}
	return false;
}

static bool matches(const struct hc_shortcuts *shortcuts, const struct grab *grab,
	const xcb_key_press_event_t *event)
{
	enum { KEYBOARD = 0xff };
	uint16_t modifiers = event->state & KEYBOARD & (uint16_t)~shortcuts->locks;

	return modifiers == grab->place.modifiers && has_grabbed(grab, event->detail);
}

static void handle_key_press(struct hc_shortcuts *shortcuts, const xcb_key_press_event_t *event)
{
	for (int i = 0; i < HV_SHORTCUT_COUNT; i++) {
		struct grab *grab = &shortcuts->grabs[i];

		if (!matches(shortcuts, grab, event))
			continue;
		if (!grab->held)
			shortcuts->listener->pressed(shortcuts->data, (enum hv_shortcut_action)i,
				hc_focus_pid(shortcuts->focus));
		grab->held = true;
	}
}

/* The modifiers may have been released before. */
static void handle_key_release(struct hc_shortcuts *shortcuts, const xcb_key_release_event_t *event)
{
	for (int i = 0; i < HV_SHORTCUT_COUNT; i++) {
		struct grab *grab = &shortcuts->grabs[i];

		if (has_grabbed(grab, event->detail))
			grab->held = false;
	}
}

/* The same keysyms may be on other keys now. */
static void tend_keyboard(struct hc_shortcuts *shortcuts)
{
	if (!shortcuts->keyboard_changed)
		return;
	shortcuts->keyboard_changed = false;
	xcb_key_symbols_free(shortcuts->symbols);
	shortcuts->symbols = xcb_key_symbols_alloc(shortcuts->connection);
	update(shortcuts);
}

static void handle_event(struct hc_shortcuts *shortcuts, const xcb_generic_event_t *event)
{
	enum { SENT = 0x80 };
	uint8_t type = event->response_type & (uint8_t)~SENT;

	if (type == XCB_KEY_PRESS)
		handle_key_press(shortcuts, (const xcb_key_press_event_t *)event);
	else if (type == XCB_KEY_RELEASE)
		handle_key_release(shortcuts, (const xcb_key_release_event_t *)event);
	else if (type == XCB_MAPPING_NOTIFY || (type != 0 && type == shortcuts->xkb_event))
		shortcuts->keyboard_changed = true;
}

int hc_shortcuts_get_fd(const struct hc_shortcuts *shortcuts)
{
	return xcb_get_file_descriptor(shortcuts->connection);
}

/* True if there were any. */
static bool read_events(struct hc_shortcuts *shortcuts)
{
	xcb_generic_event_t *event;
	bool any = false;

	while ((event = xcb_poll_for_event(shortcuts->connection)) != NULL) {
		handle_event(shortcuts, event);
		free(event);
		any = true;
	}
	return any;
}

bool hc_shortcuts_dispatch(struct hc_shortcuts *shortcuts)
{
	/* Whatever waits for the server's answer puts the events that precede it into the queue,
	 * where polling does not see them. */
	while (read_events(shortcuts))
		tend_keyboard(shortcuts);
	xcb_flush(shortcuts->connection);
	return xcb_connection_has_error(shortcuts->connection) == 0;
}

void hc_shortcuts_set(struct hc_shortcuts *shortcuts, enum hv_shortcut_action action,
	const struct hv_shortcut *shortcut)
{
	shortcuts->grabs[action].shortcut = *shortcut;
	shortcuts->grabs[action].failed = false;
	update(shortcuts);
	hc_shortcuts_dispatch(shortcuts);
}
