/*
 * Which windows show. A managed window does when the guest has it so. A popup stands above all
 * else, and might be taken for another VM's or the primary's: it shows as long as its owner does,
 * and the user is with that owner, or was a moment ago.
 */
#define G_LOG_DOMAIN "hc-core"

#include "core-private.h"
#include "deadline.h"
#include "popup.h"

enum { GRACE_MS = 2000 /* that popups stay after the focus has left their owner */ };

static const struct hc_rect everywhere = { .width = VP_SIZE_MAX, .height = VP_SIZE_MAX };

/* Where a popup is to be on the primary's screen. One without owner does not show. */
static struct hc_rect place_popup(struct hc_core *core, const struct hc_window *window)
{
	struct hc_rect beside = window->guest;
	struct hc_window_report owner = { 0 };
	struct hc_rect monitor;
	struct hc_rect area;

	if (window->owner != 0 &&
		hc_presenter_window_report(core->presenter, window->owner, &owner))
		beside = owner.content;
	if (!hc_presenter_monitor_at(core->presenter, beside.x + (int32_t)(beside.width / 2),
		    beside.y + (int32_t)(beside.height / 2), &monitor, &area))
		monitor = area = everywhere;
	/* A window that fills the screen covers the panels itself. */
	if ((owner.state & VP_STATE_FULLSCREEN) != 0)
		area = monitor;
	return hc_popup_place(
		&window->guest, owner.content.x, owner.content.y, &area, core->label.popup_border);
}

struct hc_rect hc_showing_place(struct hc_core *core, const struct hc_window *window)
{
	return window->popup ? place_popup(core, window) : window->guest;
}

/* If it is so for a while only, notes until when. */
static bool user_is_with(struct hc_core *core, const struct hc_window *window)
{
	if (window == core->attended)
		return true;
	if (core->now >= window->attended_until)
		return false;
	core->showing_deadline = vp_earlier(core->showing_deadline, window->attended_until);
	return true;
}

static bool may_show(struct hc_core *core, const struct hc_window *window)
{
	const struct hc_window *owner;

	if (!window->map_told || !window->popup)
		return window->map_told;
	owner = hc_windows_find(core, window->owner);
	return owner != NULL && owner->mapped && (owner->popup || user_is_with(core, owner));
}

/* With all popups of its own. */
void hc_showing_update(struct hc_core *core, struct hc_window *window)
{
	GHashTableIter iter;
	void *value = NULL;
	bool mapped = may_show(core, window);

	if (window->mapped == mapped)
		return;
	window->mapped = mapped;
	if (mapped)
		hc_pacing_charge_map(core, window);
	if (mapped && window->popup)
		hc_showing_move(core, window);
	hc_presenter_window_map(core->presenter, window->id, mapped);
	g_hash_table_iter_init(&iter, core->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct hc_window *other = value;
		if (other->popup && other->owner == window->id)
			hc_showing_update(core, other);
	}
}

void hc_showing_move(struct hc_core *core, const struct hc_window *popup)
{
	struct hc_rect place = place_popup(core, popup);

	hc_presenter_window_place(core->presenter, popup->id, VP_FIELD_ALL, &place);
}

static void for_each_popup(
	struct hc_core *core, void (*each)(struct hc_core *core, struct hc_window *popup))
{
	GHashTableIter iter;
	void *value = NULL;

	g_hash_table_iter_init(&iter, core->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct hc_window *window = value;
		if (window->popup)
			each(core, window);
	}
}

static void move_shown(struct hc_core *core, struct hc_window *popup)
{
	if (popup->mapped)
		hc_showing_move(core, popup);
}

static void update_all(struct hc_core *core)
{
	core->showing_deadline = -1;
	for_each_popup(core, hc_showing_update);
}

/* Whom the user is with */

static void attend(struct hc_core *core, struct hc_window *window)
{
	if (core->attended == window)
		return;
	if (core->attended != NULL)
		core->attended->attended_until = core->now + GRACE_MS;
	core->attended = window;
	update_all(core);
}

static struct hc_window *find(struct hc_core *core, uint32_t id)
{
	return g_hash_table_lookup(core->windows, GUINT_TO_POINTER(id));
}

/* The managed window that a popup belongs to in the end; NULL none. */
static struct hc_window *find_managed(struct hc_core *core, uint32_t id)
{
	struct hc_window *window = find(core, id);

	while (window != NULL && window->popup)
		window = hc_windows_find(core, window->owner);
	return window;
}

/* Toolbars and the like are clicked, but take no focus: the user is with them until the pointer
 * goes. */
static void handle_press(struct hc_core *core, uint32_t id)
{
	struct hc_window *window = find_managed(core, id);

	if (window != NULL && window->takes_no_focus)
		attend(core, window);
}

static void handle_leave(struct hc_core *core)
{
	attend(core, find(core, core->focused));
}

static void handle_focus(struct hc_core *core, uint32_t id)
{
	core->focused = id;
	attend(core, find(core, id));
}

static void handle_state(struct hc_core *core, const struct vp_window_state_set *set)
{
	struct hc_window *window = find(core, set->window);
	bool fills_screen = (set->state & VP_STATE_FULLSCREEN) != 0;

	if (window == NULL || window->fills_screen == fills_screen)
		return;
	window->fills_screen = fills_screen;
	for_each_popup(core, move_shown);
}

void hc_showing_handle_user(struct hc_core *core, const struct vp_message *message)
{
	switch ((int)message->op) {
	case VP_OP_FOCUS:
		handle_focus(core, message->focus.window);
		break;
	case VP_OP_POINTER_BUTTON:
		if (message->pointer_button.pressed != 0)
			handle_press(core, message->pointer_button.window);
		break;
	case VP_OP_POINTER_CROSSING:
		if (message->pointer_crossing.entered == 0)
			handle_leave(core);
		break;
	case VP_OP_WINDOW_STATE_SET:
		handle_state(core, &message->window_state_set);
		break;
	case VP_OP_WORK_AREAS:
		for_each_popup(core, move_shown);
		break;
	default:
		break;
	}
}

void hc_showing_forget(struct hc_core *core, const struct hc_window *window)
{
	if (core->attended == window)
		core->attended = NULL;
}

void hc_showing_expire(struct hc_core *core)
{
	if (core->showing_deadline >= 0 && core->now >= core->showing_deadline)
		update_all(core);
}
