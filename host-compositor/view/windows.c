#define G_LOG_DOMAIN "hc-core"

#include "core-private.h"
#include "safe-text.h"
#include "title.h"

struct hc_window *hc_windows_find(struct hc_core *core, uint32_t id)
{
	struct hc_window *window = g_hash_table_lookup(core->windows, GUINT_TO_POINTER(id));

	return window != NULL && !window->orphan ? window : NULL;
}

void hc_windows_free(void *data)
{
	struct hc_window *window = data;

	g_free(window->title);
	g_free(window->app_id);
	g_free(window->shape);
	g_free(window);
}

void hc_windows_count(struct hc_core *core)
{
	GHashTableIter iter;
	void *value = NULL;
	size_t managed = 0;

	core->orphans = 0;
	g_hash_table_iter_init(&iter, core->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct hc_window *window = value;
		managed += !window->popup && window->mapped;
		core->orphans += window->orphan;
	}
	if (managed == core->managed)
		return;
	core->managed = managed;
	if (!core->closing)
		core->listener->windows_changed(core->data, managed);
}

/* What belonged to a window that goes stands alone from now on; popups do not show alone. */
static void disown(struct hc_core *core, uint32_t owner)
{
	GHashTableIter iter;
	void *value = NULL;

	g_hash_table_iter_init(&iter, core->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct hc_window *window = value;
		if (window->owner != owner)
			continue;
		window->owner = 0;
		hc_showing_update(core, window);
	}
}

/* Leaves the table as it is. */
static void retract(struct hc_core *core, struct hc_window *window)
{
	hc_showing_forget(core, window);
	hc_presenter_window_destroy(core->presenter, window->id);
	hc_pacing_forget_window(core, window);
	hc_frames_forget_window(core, window);
}

void hc_windows_remove(struct hc_core *core, struct hc_window *window)
{
	disown(core, window->id);
	retract(core, window);
	g_hash_table_remove(core->windows, GUINT_TO_POINTER(window->id));
	hc_windows_count(core);
}

void hc_windows_remove_orphans(struct hc_core *core)
{
	GHashTableIter iter;
	void *value = NULL;

	g_hash_table_iter_init(&iter, core->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct hc_window *window = value;
		if (!window->orphan)
			continue;
		retract(core, window);
		g_hash_table_iter_remove(&iter);
	}
	hc_windows_count(core);
}

/* Why the window does not answer the user, NULL if it does. */
static const char *describe_absence(const struct hc_core *core, const struct hc_window *window)
{
	if (window->orphan)
		return ", reconnecting";
	return core->paused ? ", paused" : NULL;
}

/* No VM's name has a comma. */
static void show_title(struct hc_core *core, const struct hc_window *window)
{
	char *name = g_strconcat(core->label.name, describe_absence(core, window), NULL);
	char *labelled = hc_title_label(name, window->title);

	hc_presenter_window_title(core->presenter, window->id, labelled);
	g_free(labelled);
	g_free(name);
}

/* Whether its guest is there, by brightness and label. */
static void show_presence(struct hc_core *core, const struct hc_window *window)
{
	show_title(core, window);
	hc_presenter_window_dim(
		core->presenter, window->id, describe_absence(core, window) != NULL);
}

void hc_windows_orphan_all(struct hc_core *core)
{
	GHashTableIter iter;
	void *value = NULL;

	g_hash_table_iter_init(&iter, core->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct hc_window *window = value;
		if (window->popup) {
			retract(core, window);
			g_hash_table_iter_remove(&iter);
			continue;
		}
		window->orphan = true;
		window->cover_asked = 0;
		window->owner = 0;
		window->frame_pending = false;
		hc_pacing_forget_answer(core, window);
		show_presence(core, window);
	}
}

static struct hc_window *find_orphan(struct hc_core *core, uint64_t native)
{
	GHashTableIter iter;
	void *value = NULL;

	g_hash_table_iter_init(&iter, core->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct hc_window *window = value;
		if (window->orphan && window->native == native)
			return window;
	}
	return NULL;
}

static void rename_window(struct hc_core *core, struct hc_window *window, uint32_t id)
{
	uint32_t old_id = window->id;

	g_hash_table_steal(core->windows, GUINT_TO_POINTER(old_id));
	window->id = id;
	g_hash_table_insert(core->windows, GUINT_TO_POINTER(id), window);
	hc_presenter_window_rename(core->presenter, old_id, id);
}

/* An orphan goes by another id if the new session wants its own. */
static void make_way(struct hc_core *core, uint32_t id)
{
	struct hc_window *orphan = g_hash_table_lookup(core->windows, GUINT_TO_POINTER(id));

	if (orphan == NULL)
		return;
	while (core->spare_id == 0 || core->spare_id == id ||
		g_hash_table_contains(core->windows, GUINT_TO_POINTER(core->spare_id)))
		core->spare_id--;
	rename_window(core, orphan, core->spare_id);
}

/* The window of an earlier session that the guest announces now. */
static bool adopt_orphan(struct hc_core *core, const struct vp_window_create *create)
{
	struct hc_window *orphan = find_orphan(core, create->native);

	if (orphan == NULL)
		return false;
	if (create->popup || orphan->alpha != (create->alpha != 0)) {
		hc_windows_remove(core, orphan);
		return false;
	}
	if (orphan->id != create->window)
		make_way(core, create->window);
	orphan->orphan = false;
	orphan->map_due = true;
	if (orphan->id == core->focused)
		hc_presenter_keys_anew(core->presenter);
	rename_window(core, orphan, create->window);
	show_presence(core, orphan);
	return true;
}

static bool create_in_presenter(struct hc_core *core, struct hc_window *window)
{
	struct hc_rect place = hc_showing_place(core, window);
	struct vp_window_create placed = {
		.window = window->id,
		.native = window->native,
		.popup = window->popup,
		.alpha = window->alpha,
		.owner = window->owner,
		.x = place.x,
		.y = place.y,
		.width = place.width,
		.height = place.height,
	};

	return hc_presenter_window_create(core->presenter, &placed);
}

static void set_mapped(struct hc_core *core, struct hc_window *window, bool mapped)
{
	window->map_told = mapped;
	window->map_due = false;
	hc_showing_update(core, window);
	hc_windows_count(core);
}

static void set_title(struct hc_core *core, struct hc_window *window, struct vp_text text)
{
	g_free(window->title);
	window->title = hc_safe_text(text);
	hc_windows_show_title(core, window);
}

void hc_windows_show_title(struct hc_core *core, struct hc_window *window)
{
	if (hc_pacing_show_title(core, window))
		show_title(core, window);
}

void hc_windows_show_pause(struct hc_core *core)
{
	GHashTableIter iter;
	void *value = NULL;

	g_hash_table_iter_init(&iter, core->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		show_presence(core, value);
	}
}

bool hc_windows_focus_away(const struct hc_core *core)
{
	const struct hc_window *window =
		g_hash_table_lookup(core->windows, GUINT_TO_POINTER(core->focused));

	return window != NULL && window->orphan;
}

static void set_class(
	struct hc_core *core, struct hc_window *window, const struct vp_window_class *class)
{
	char *instance = hc_safe_text(class->instance);

	g_free(window->app_id);
	window->app_id = hc_safe_text(class->class_name);
	char *labelled_instance = hc_title_class(core->label.name, instance);
	char *labelled_class = hc_title_class(core->label.name, window->app_id);
	hc_presenter_window_class(core->presenter, window->id, labelled_instance, labelled_class);
	g_free(labelled_class);
	g_free(labelled_instance);
	g_free(instance);
}

static size_t count_popups(struct hc_core *core)
{
	GHashTableIter iter;
	void *value = NULL;
	size_t popups = 0;

	g_hash_table_iter_init(&iter, core->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct hc_window *window = value;
		popups += window->popup;
	}
	return popups;
}

/* The greatest content that leaves its border on the screen. */
static uint32_t find_room(const struct hc_core *core, uint32_t screen)
{
	uint32_t borders = 2 * core->label.border;

	return screen > borders ? screen - borders : VP_SIZE_MAX;
}

/* A window that nobody has let fill the screen is not larger than that both ways, its border
 * included: else a picture of a whole desktop could lie over it, and the border beyond it. True if
 * it would have been. */
static bool limit_size(const struct hc_core *core, struct hc_window *window, struct hc_rect *wanted)
{
	uint32_t width = find_room(core, core->screen_width);
	uint32_t height = find_room(core, core->screen_height);
	bool too_large = wanted->width > width && wanted->height > height;

	if (too_large) {
		wanted->width = width;
		wanted->height = height;
	}
	window->wished_width = wanted->width;
	window->wished_height = wanted->height;
	return too_large;
}

/* A wish for one may follow that for the other. */
static void place_managed(struct hc_core *core, struct hc_window *window, uint8_t fields,
	const struct hc_rect *wanted)
{
	struct hc_rect limited = *wanted;

	if ((fields & VP_FIELD_WIDTH) == 0)
		limited.width = window->wished_width;
	if ((fields & VP_FIELD_HEIGHT) == 0)
		limited.height = window->wished_height;
	if (limit_size(core, window, &limited))
		fields |= VP_FIELD_WIDTH | VP_FIELD_HEIGHT;
	hc_presenter_window_place(core->presenter, window->id, fields, &limited);
}

/* The guest is told if it is another size than it wants. */
static void place_new(struct hc_core *core, struct hc_window *window)
{
	struct hc_rect limited = window->guest;

	if (limit_size(core, window, &limited))
		hc_presenter_window_place(
			core->presenter, window->id, VP_FIELD_WIDTH | VP_FIELD_HEIGHT, &limited);
}

static bool handle_create(struct hc_core *core, const struct vp_window_create *create)
{
	if (hc_windows_find(core, create->window) != NULL)
		return hc_core_refuse(core, "window %u exists already", create->window);
	if (create->owner != 0 && hc_windows_find(core, create->owner) == NULL)
		return hc_core_refuse(core, "window %u belongs to window %u, which does not exist",
			create->window, create->owner);
	if (adopt_orphan(core, create))
		return true;
	if (g_hash_table_size(core->windows) >= VP_WINDOWS_MAX)
		return hc_core_exceed(core, "more than %d windows", VP_WINDOWS_MAX);
	if (create->popup && count_popups(core) >= VP_POPUPS_MAX)
		return hc_core_exceed(core, "more than %d popups", VP_POPUPS_MAX);

	make_way(core, create->window);
	struct hc_window *window = g_new0(struct hc_window, 1);
	*window = (struct hc_window){
		.id = create->window,
		.native = create->native,
		.popup = create->popup != 0,
		.alpha = create->alpha != 0,
		.owner = create->owner,
		.guest = { create->x, create->y, create->width, create->height },
		.title = g_strdup(""),
		.app_id = g_strdup(""),
	};
	if (!create_in_presenter(core, window)) {
		hc_windows_free(window);
		return hc_core_refuse(core, "window %u cannot be had here", create->window);
	}
	g_hash_table_insert(core->windows, GUINT_TO_POINTER(window->id), window);
	if (!window->popup)
		place_new(core, window);
	/* The label shows, whether or not the guest sends a title. */
	show_title(core, window);
	set_class(core, window,
		&(const struct vp_window_class){ .instance = { "", 0 }, .class_name = { "", 0 } });
	return true;
}

/* True if, going from owner to owner, one comes from a window to itself. */
static bool owns_itself(struct hc_core *core, const struct hc_window *window, uint32_t owner)
{
	const struct hc_window *next = hc_windows_find(core, owner);

	for (size_t i = 0; next != NULL && i <= VP_WINDOWS_MAX; i++) {
		if (next == window)
			return true;
		next = hc_windows_find(core, next->owner);
	}
	return next != NULL;
}

static bool set_owner(
	struct hc_core *core, struct hc_window *window, const struct vp_message *message)
{
	uint32_t owner = message->window_owner.owner;

	if (owner != 0 && hc_windows_find(core, owner) == NULL)
		return hc_core_refuse(core, "window %u belongs to window %u, which does not exist",
			window->id, owner);
	if (owns_itself(core, window, owner))
		return hc_core_refuse(core, "window %u belongs to itself", window->id);
	window->owner = owner;
	hc_presenter_window_set(core->presenter, message);
	hc_showing_update(core, window);
	return true;
}

static bool handle_moved(
	struct hc_core *core, struct hc_window *window, const struct vp_window_moved *moved)
{
	if (!window->popup)
		return hc_core_refuse(core, "window %u is not a popup", window->id);
	window->guest = (struct hc_rect){ moved->x, moved->y, moved->width, moved->height };
	hc_showing_move(core, window);
	return true;
}

/* A wish that was made before the guest knew of the user's last move does not undo that move. */
static bool handle_configure_request(struct hc_core *core, struct hc_window *window,
	const struct vp_window_configure_request *request)
{
	uint8_t fields = request->fields;
	const struct hc_rect wanted = { request->x, request->y, request->width, request->height };

	if (window->popup)
		return hc_core_refuse(core, "window %u is a popup", window->id);
	if (request->serial != window->configure_serial)
		fields &= VP_FIELD_WIDTH | VP_FIELD_HEIGHT;
	place_managed(core, window, fields, &wanted);
	return true;
}

static bool handle_restack(
	struct hc_core *core, struct hc_window *window, const struct vp_message *message)
{
	uint32_t sibling = message->window_restack.sibling;

	if (window->popup)
		return hc_core_refuse(core, "window %u is a popup", window->id);
	if (sibling != 0 && hc_windows_find(core, sibling) == NULL)
		return hc_core_refuse(core,
			"window %u is to lie by window %u, which does not exist", window->id,
			sibling);
	hc_presenter_window_set(core->presenter, message);
	return true;
}

static bool handle_icon(struct hc_core *core, const struct vp_message *message)
{
	const struct vp_window_icon *icon = &message->window_icon;
	size_t size = (size_t)icon->width * icon->height * 4;

	if (icon->count > 0 && (icon->index >= icon->count || size == 0))
		return hc_core_refuse(core, "window %u has an icon without pixels", icon->window);
	if (icon->pixels.len != size)
		return hc_core_refuse(
			core, "window %u has an icon of the wrong length", icon->window);
	hc_presenter_window_set(core->presenter, message);
	return true;
}

static void keep_shape(struct hc_window *window, const struct vp_window_shape *shape)
{
	g_free(window->shape);
	window->shaped = shape->shaped != 0;
	window->shape = g_memdup2(shape->rects.data, shape->rects.count * VP_RECT_BYTES);
	window->shape_count = shape->rects.count;
}

static bool handle_shape(
	struct hc_core *core, struct hc_window *window, const struct vp_message *message)
{
	const struct vp_window_shape *shape = &message->window_shape;

	if (!shape->shaped && shape->rects.count > 0)
		return hc_core_refuse(core, "window %u has rectangles but no shape", shape->window);
	if (shape->shape == VP_SHAPE_BOUNDING)
		keep_shape(window, shape);
	hc_presenter_window_set(core->presenter, message);
	return true;
}

static void handle_hints(
	struct hc_core *core, struct hc_window *window, const struct vp_message *message)
{
	struct vp_message limited = *message;
	struct vp_window_hints *hints = &limited.window_hints;

	/* Window managers make windows as large as these say. */
	hints->min_width = MIN(hints->min_width, find_room(core, core->screen_width));
	hints->min_height = MIN(hints->min_height, find_room(core, core->screen_height));
	hints->base_width = MIN(hints->base_width, find_room(core, core->screen_width));
	hints->base_height = MIN(hints->base_height, find_room(core, core->screen_height));
	window->takes_no_focus = (hints->flags & VP_HINT_NO_INPUT) != 0;
	hc_presenter_window_set(core->presenter, &limited);
}

/* The window that a message of the guest is about; 0 for messages that are not about one. */
static uint32_t subject(const struct vp_message *message)
{
	switch ((int)message->op) {
#define SUBJECT(UP, low) \
	case VP_OP_##UP: \
		return message->low.window;
		SUBJECT(WINDOW_DESTROY, window_destroy)
		SUBJECT(WINDOW_MAP, window_map)
		SUBJECT(WINDOW_UNMAP, window_unmap)
		SUBJECT(WINDOW_TITLE, window_title)
		SUBJECT(WINDOW_CLASS, window_class)
		SUBJECT(WINDOW_ICON, window_icon)
		SUBJECT(WINDOW_TYPE, window_type)
		SUBJECT(WINDOW_OWNER, window_owner)
		SUBJECT(WINDOW_HINTS, window_hints)
		SUBJECT(WINDOW_STATE_REQUEST, window_state_request)
		SUBJECT(WINDOW_MOVED, window_moved)
		SUBJECT(WINDOW_CONFIGURE_REQUEST, window_configure_request)
		SUBJECT(WINDOW_ACTIVATE, window_activate)
		SUBJECT(WINDOW_RESTACK, window_restack)
		SUBJECT(WINDOW_GRIP, window_grip)
		SUBJECT(WINDOW_SHAPE, window_shape)
		SUBJECT(WINDOW_OPACITY, window_opacity)
		SUBJECT(WINDOW_HUNG, window_hung)
		SUBJECT(POINTER_MOTION, pointer_motion)
		SUBJECT(POINTER_BUTTON, pointer_button)
		SUBJECT(POINTER_SCROLL, pointer_scroll)
		SUBJECT(POINTER_CROSSING, pointer_crossing)
		SUBJECT(FOCUS, focus)
		SUBJECT(WINDOW_CONFIGURE, window_configure)
		SUBJECT(WINDOW_STATE_SET, window_state_set)
		SUBJECT(WINDOW_CLOSE, window_close)
		SUBJECT(WINDOW_KILL, window_kill)
#undef SUBJECT
	default:
		return 0;
	}
}

static void handle_announced(struct hc_core *core)
{
	GHashTableIter iter;
	void *value = NULL;
	GPtrArray *withdrawn = g_ptr_array_new();

	hc_windows_remove_orphans(core);
	g_hash_table_iter_init(&iter, core->windows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct hc_window *window = value;
		if (window->map_due)
			g_ptr_array_add(withdrawn, window);
	}
	for (guint i = 0; i < withdrawn->len; i++)
		set_mapped(core, withdrawn->pdata[i], false);
	g_ptr_array_free(withdrawn, TRUE);
	/* That there are none is news, too, to a broker whose last view has died. */
	core->listener->windows_changed(core->data, core->managed);
}

static bool handle_window_message(
	struct hc_core *core, struct hc_window *window, const struct vp_message *message)
{
	switch ((int)message->op) {
	case VP_OP_WINDOW_DESTROY:
		hc_windows_remove(core, window);
		return true;
	case VP_OP_WINDOW_MAP:
	case VP_OP_WINDOW_UNMAP:
		set_mapped(core, window, message->op == VP_OP_WINDOW_MAP);
		return true;
	case VP_OP_WINDOW_TITLE:
		set_title(core, window, message->window_title.title);
		return true;
	case VP_OP_WINDOW_CLASS:
		set_class(core, window, &message->window_class);
		return true;
	case VP_OP_WINDOW_OWNER:
		return set_owner(core, window, message);
	case VP_OP_WINDOW_MOVED:
		return handle_moved(core, window, &message->window_moved);
	case VP_OP_WINDOW_CONFIGURE_REQUEST:
		return handle_configure_request(core, window, &message->window_configure_request);
	case VP_OP_WINDOW_STATE_REQUEST:
		hc_cover_handle_request(core, window, &message->window_state_request);
		return true;
	case VP_OP_WINDOW_RESTACK:
		return handle_restack(core, window, message);
	case VP_OP_WINDOW_ICON:
		return handle_icon(core, message);
	case VP_OP_WINDOW_SHAPE:
		return handle_shape(core, window, message);
	case VP_OP_WINDOW_HINTS:
		handle_hints(core, window, message);
		return true;
	default:
		hc_presenter_window_set(core->presenter, message);
		return true;
	}
}

bool hc_windows_handle_message(struct hc_core *core, const struct vp_message *message)
{
	if (message->op == VP_OP_WINDOW_CREATE)
		return handle_create(core, &message->window_create);
	if (message->op == VP_OP_WINDOWS_ANNOUNCED) {
		handle_announced(core);
		return true;
	}
	uint32_t id = subject(message);
	struct hc_window *window = hc_windows_find(core, id);
	if (window == NULL)
		return hc_core_refuse(core, "%s for window %u, which does not exist",
			vp_op_name((uint16_t)message->op), id);
	return handle_window_message(core, window, message);
}

bool hc_windows_filter(struct hc_core *core, const struct vp_message *message)
{
	uint32_t id = subject(message);

	if (id == 0)
		return true;
	struct hc_window *window = g_hash_table_lookup(core->windows, GUINT_TO_POINTER(id));
	if (window == NULL)
		return false;
	if (message->op == VP_OP_WINDOW_CONFIGURE)
		window->configure_serial = message->window_configure.serial;
	/* The guest is not there to close it itself. */
	if (window->orphan && core->session == NULL && message->op == VP_OP_WINDOW_CLOSE)
		hc_windows_remove(core, window);
	else if (!window->orphan)
		return true;
	return false;
}
