#define G_LOG_DOMAIN "hc-menu"

#include "menu-vm.h"

#include <string.h>

#include "desktop-lists.h"
#include "icon-stamps.h"
#include "menu-entry.h"
#include "menu-icon.h"
#include "paths.h"
#include "rate.h"

enum {
	FETCHES_MAX = 8, /* icons asked for and not yet answered */
	ICON_BURST = 1024, /* icons drawn at once */
	ICON_MS = 500, /* and then one in so long */
	SLICE = 64, /* entries written in one go, so that thousands hold up nobody */
};

static const struct hc_rate_bound icon_bound = { ICON_BURST, ICON_MS };

/* An icon that the guest is asked for. */
struct fetch {
	uint32_t serial;
	char *application;
	char *action; /* "" for the application's own */
	uint64_t stamp;
	unsigned int sizes; /* that have come: bits, by hc_menu_icon_sizes */
};

/* The menu that is being written. */
struct writing {
	guint next; /* of the applications */
	guint shown; /* entries so far */
	GHashTable *entries; /* names of what stays */
	GHashTable *icons;
	GString *mime_types; /* of all that is shown */
};

struct hc_menu_vm {
	const struct hc_menu_shared *shared;
	char *name;
	const struct hv_vm_config *config;
	char *config_text; /* of what in it matters here */
	struct hc_catalogue *catalogue;
	struct hc_icon_stamps *stamps;
	bool list_complete;
	bool connected; /* to a guest that has told a list, and can be asked for icons */
	GQueue wanted; /* of struct fetch */
	GPtrArray *fetches; /* of struct fetch: asked for */
	uint32_t last_serial;
	struct hc_rate icon_rate;
	struct writing *writing; /* NULL: what is to be written has been */
	guint shown; /* entries */
};

static void fetch_free(void *data)
{
	struct fetch *fetch = data;

	g_free(fetch->application);
	g_free(fetch->action);
	g_free(fetch);
}

struct hc_menu_vm *hc_menu_vm_create(const struct hc_menu_shared *shared, const char *name)
{
	struct hc_menu_vm *vm = g_new0(struct hc_menu_vm, 1);
	g_autofree char *directory = hc_path_applications();
	g_autofree char *list = g_strdup_printf("%s/%s.list", directory, name);
	g_autofree char *icons = hc_icon_stamps_path(name);

	vm->shared = shared;
	vm->name = g_strdup(name);
	vm->config_text = g_strdup("");
	vm->catalogue = hc_catalogue_create(list);
	vm->stamps = hc_icon_stamps_create(icons);
	vm->fetches = g_ptr_array_new_with_free_func(fetch_free);
	/* What was asked for by an earlier broker is not to be taken for an answer to this one. */
	vm->last_serial = g_random_int();
	return vm;
}

static void forget_fetches(struct hc_menu_vm *vm)
{
	g_queue_clear_full(&vm->wanted, fetch_free);
	g_ptr_array_set_size(vm->fetches, 0);
}

static void drop_writing(struct hc_menu_vm *vm)
{
	if (!vm->writing)
		return;
	g_hash_table_destroy(vm->writing->entries);
	g_hash_table_destroy(vm->writing->icons);
	g_string_free(vm->writing->mime_types, TRUE);
	g_clear_pointer(&vm->writing, g_free);
}

void hc_menu_vm_destroy(void *data)
{
	struct hc_menu_vm *vm = data;

	drop_writing(vm);
	forget_fetches(vm);
	g_ptr_array_unref(vm->fetches);
	hc_icon_stamps_destroy(vm->stamps);
	hc_catalogue_destroy(vm->catalogue);
	g_free(vm->config_text);
	g_free(vm->name);
	g_free(vm);
}

const char *hc_menu_vm_name(const struct hc_menu_vm *vm)
{
	return vm->name;
}

static void remove_icons(struct hc_menu_vm *vm)
{
	g_autoptr(GHashTable) none = g_hash_table_new(g_str_hash, g_str_equal);

	hc_menu_files_keep_icons(vm->shared->files, vm->name, none);
}

bool hc_menu_vm_set_config(struct hc_menu_vm *vm, const struct hv_vm_config *config)
{
	g_autofree char *patterns = g_strjoinv(" ", config->publish);
	char *text = g_strdup_printf("%06x %s %s", config->colour, config->path, patterns);
	bool same = strcmp(text, vm->config_text) == 0;

	vm->config = config;
	/* An icon with the badge of another label would tell a lie. */
	if (hc_icon_stamps_set_colour(vm->stamps, config->colour))
		remove_icons(vm);
	g_free(vm->config_text);
	vm->config_text = text;
	return !same;
}

const struct hv_vm_config *hc_menu_vm_config(const struct hc_menu_vm *vm)
{
	return vm->config;
}

bool hc_menu_vm_shown(const struct hc_menu_vm *vm)
{
	return vm->shown > 0;
}

bool hc_menu_vm_has_list(const struct hc_menu_vm *vm)
{
	return vm->list_complete;
}

const struct hc_catalogue *hc_menu_vm_catalogue(const struct hc_menu_vm *vm)
{
	return vm->catalogue;
}

/* Icons */

static bool has_icon(
	const struct hc_menu_vm *vm, const struct hc_application *application, const char *action)
{
	g_autofree char *name = hc_menu_icon_name(vm->name, application->id, action);

	return hc_menu_files_has_icon(vm->shared->files, name);
}

/* True if the guest is to be asked: it has another icon than the files, or they are gone. */
static bool needs_icon(
	const struct hc_menu_vm *vm, const struct hc_application *application, const char *action)
{
	g_autofree char *name = hc_menu_icon_name(vm->name, application->id, action);
	bool present = false;

	if (!hc_icon_stamps_find(vm->stamps, name, application->icon_stamp, &present))
		return true;
	return present && !hc_menu_files_has_icon(vm->shared->files, name);
}

static void want_icon(
	struct hc_menu_vm *vm, const struct hc_application *application, const char *action)
{
	struct fetch *fetch;

	if (!needs_icon(vm, application, action))
		return;
	fetch = g_new0(struct fetch, 1);
	fetch->application = g_strdup(application->id);
	fetch->action = g_strdup(action);
	fetch->stamp = application->icon_stamp;
	g_queue_push_tail(&vm->wanted, fetch);
}

static void want_icons(struct hc_menu_vm *vm, const struct hc_application *application)
{
	if (*application->icon)
		want_icon(vm, application, "");
	for (guint i = 0; i < application->actions->len; i++) {
		const struct hc_action *action = g_ptr_array_index(application->actions, i);

		if (*action->icon)
			want_icon(vm, application, action->id);
	}
}

static bool wants_icons(const struct hc_menu_vm *vm)
{
	return vm->connected && vm->fetches->len < FETCHES_MAX && vm->wanted.length > 0;
}

int64_t hc_menu_vm_icons_deadline(const struct hc_menu_vm *vm)
{
	return wants_icons(vm) ? hc_rate_next(&vm->icon_rate, &icon_bound) : -1;
}

void hc_menu_vm_ask_for_icons(struct hc_menu_vm *vm, int64_t now)
{
	while (wants_icons(vm) && hc_rate_take(&vm->icon_rate, &icon_bound, now)) {
		struct fetch *fetch = g_queue_pop_head(&vm->wanted);

		fetch->serial = ++vm->last_serial;
		g_ptr_array_add(vm->fetches, fetch);
		vm->shared->send(vm->shared->data, vm->name,
			HC_LINK_MESSAGE(APPLICATION_ICONS_REQUEST, application_icons_request,
				.serial = fetch->serial,
				.application =
					vp_text_from(fetch->application, VP_APPLICATION_ID_MAX),
				.action = vp_text_from(fetch->action, VP_ACTION_ID_MAX)));
	}
}

static struct fetch *find_fetch(const struct hc_menu_vm *vm, uint32_t serial, guint *index)
{
	for (guint i = 0; i < vm->fetches->len; i++) {
		struct fetch *fetch = g_ptr_array_index(vm->fetches, i);

		if (fetch->serial == serial) {
			*index = i;
			return fetch;
		}
	}
	return NULL;
}

/* The bit of a size in struct fetch, 0 for one that icons are not kept in. */
static unsigned int size_bit(unsigned int size)
{
	for (unsigned int i = 0; i < HC_MENU_ICON_SIZES; i++) {
		if (hc_menu_icon_sizes[i] == size)
			return 1U << i;
	}
	return 0;
}

static void handle_icon(
	struct hc_menu_vm *vm, const struct hc_link_application_icon *message, int fd)
{
	guint index;
	struct fetch *fetch = find_fetch(vm, message->serial, &index);
	unsigned int bit = size_bit(message->size);
	g_autofree uint8_t *pixels = NULL;
	g_autofree char *name = NULL;
	g_autoptr(GBytes) png = NULL;

	if (!fetch || !bit || (fetch->sizes & bit))
		return;
	pixels = hc_menu_icon_read(fd, message->size);
	if (pixels)
		png = hc_menu_icon_draw(pixels, message->size, vm->config->colour);
	if (!png)
		return;
	fetch->sizes |= bit;
	name = hc_menu_icon_name(vm->name, fetch->application, fetch->action);
	hc_menu_files_put_icon(vm->shared->files, name, message->size, png);
}

/* Sizes of another picture must not stay. */
static void drop_other_sizes(struct hc_menu_vm *vm, const char *icon, unsigned int sizes)
{
	for (unsigned int i = 0; i < HC_MENU_ICON_SIZES; i++) {
		if (!(sizes & 1U << i))
			hc_menu_files_remove_icon(vm->shared->files, icon, hc_menu_icon_sizes[i]);
	}
}

static bool is_shown(const struct hc_menu_vm *vm, const struct hc_application *application)
{
	return hc_publishing_shows(vm->shared->publishing, vm->config, application->id);
}

static void put_entry(struct hc_menu_vm *vm, const struct hc_application *application)
{
	const struct hc_menu_owner owner = { vm->name, vm->shared->oriel };
	g_autoptr(GHashTable) icons = g_hash_table_new(g_str_hash, g_str_equal);
	g_autofree char *name = hc_menu_file_name(vm->name, application->id);
	g_autofree char *text = NULL;

	if (*application->icon && has_icon(vm, application, ""))
		g_hash_table_add(icons, (char *)(uintptr_t) "");
	for (guint i = 0; i < application->actions->len; i++) {
		const struct hc_action *action = g_ptr_array_index(application->actions, i);

		if (*action->icon && has_icon(vm, application, action->id))
			g_hash_table_add(icons, action->id);
	}
	text = hc_menu_entry(&owner, application, icons);
	hc_menu_files_put_entry(vm->shared->files, name, text);
}

static void handle_icons_end(struct hc_menu_vm *vm, uint32_t serial)
{
	guint index;
	struct fetch *fetch = find_fetch(vm, serial, &index);
	const struct hc_application *application;
	g_autofree char *name = NULL;

	if (!fetch)
		return;
	name = hc_menu_icon_name(vm->name, fetch->application, fetch->action);
	drop_other_sizes(vm, name, fetch->sizes);
	hc_icon_stamps_set(vm->stamps, name, fetch->stamp, fetch->sizes != 0);
	application = hc_catalogue_find(vm->catalogue, fetch->application);
	if (application && is_shown(vm, application))
		put_entry(vm, application);
	g_ptr_array_remove_index(vm->fetches, index);
	if (vm->fetches->len == 0)
		hc_icon_stamps_save(vm->stamps);
}

/* Writing */

/* Adds the names of the icons that an application can have. */
static void keep_icons(
	const struct hc_menu_vm *vm, const struct hc_application *application, GHashTable *names)
{
	g_hash_table_add(names, hc_menu_icon_name(vm->name, application->id, ""));
	for (guint i = 0; i < application->actions->len; i++) {
		const struct hc_action *action = g_ptr_array_index(application->actions, i);

		g_hash_table_add(names, hc_menu_icon_name(vm->name, application->id, action->id));
	}
}

/* The group of the VM's applications. */
static void put_group(struct hc_menu_vm *vm, GHashTable *icons)
{
	g_autofree char *text = hc_menu_directory(vm->name);
	char *icon = hc_menu_vm_icon_name(vm->name);

	hc_menu_files_put_directory(vm->shared->files, vm->name, text);
	for (size_t i = 0; i < HC_MENU_ICON_SIZES; i++) {
		unsigned int size = hc_menu_icon_sizes[i];
		g_autoptr(GBytes) png = hc_menu_icon_draw_vm(size, vm->config->colour);

		if (png)
			hc_menu_files_put_icon(vm->shared->files, icon, size, png);
	}
	g_hash_table_add(icons, icon);
}

/* What opens files and links in the VM, of the types that its published applications open. */
static void put_open_entry(struct hc_menu_vm *vm, const char *mime_types, GHashTable *entries)
{
	const struct hc_menu_owner owner = { vm->name, vm->shared->oriel };
	g_autofree char *types =
		hc_desktop_mime_types(vp_text_from(mime_types, strlen(mime_types)));
	g_autofree char *text = hc_menu_open_entry(&owner, types);
	char *name;

	if (!*types)
		return;
	name = hc_menu_open_file_name(vm->name);
	hc_menu_files_put_entry(vm->shared->files, name, text);
	g_hash_table_add(entries, name);
}

static void begin_writing(struct hc_menu_vm *vm)
{
	drop_writing(vm);
	g_queue_clear_full(&vm->wanted, fetch_free);
	vm->writing = g_new0(struct writing, 1);
	vm->writing->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	vm->writing->icons = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	vm->writing->mime_types = g_string_new(NULL);
}

static void write_application(struct hc_menu_vm *vm, const struct hc_application *application)
{
	struct writing *writing = vm->writing;

	if (!is_shown(vm, application))
		return;
	writing->shown++;
	put_entry(vm, application);
	want_icons(vm, application);
	keep_icons(vm, application, writing->icons);
	g_hash_table_add(writing->entries, hc_menu_file_name(vm->name, application->id));
	if (application->opens)
		g_string_append(writing->mime_types, application->mime_types);
}

static void end_writing(struct hc_menu_vm *vm)
{
	struct writing *writing = vm->writing;

	vm->shown = writing->shown;
	put_open_entry(vm, writing->mime_types->str, writing->entries);
	if (vm->shown > 0)
		put_group(vm, writing->icons);
	else
		hc_menu_files_put_directory(vm->shared->files, vm->name, NULL);
	hc_menu_files_keep_entries(vm->shared->files, vm->name, writing->entries);
	hc_menu_files_keep_icons(vm->shared->files, vm->name, writing->icons);
	hc_icon_stamps_keep(vm->stamps, writing->icons);
	hc_icon_stamps_save(vm->stamps);
	drop_writing(vm);
}

bool hc_menu_vm_writing(const struct hc_menu_vm *vm)
{
	return vm->writing != NULL;
}

void hc_menu_vm_write_some(struct hc_menu_vm *vm)
{
	const GPtrArray *applications = hc_catalogue_applications(vm->catalogue);

	if (!vm->writing)
		return;
	for (guint i = 0; i < SLICE && vm->writing->next < applications->len; i++)
		write_application(vm, g_ptr_array_index(applications, vm->writing->next++));
	if (vm->writing->next >= applications->len)
		end_writing(vm);
}

void hc_menu_vm_write(struct hc_menu_vm *vm)
{
	begin_writing(vm);
	while (vm->writing)
		hc_menu_vm_write_some(vm);
}

/* Lists */

void hc_menu_vm_end_session(struct hc_menu_vm *vm)
{
	vm->connected = false;
	if (!vm->list_complete)
		hc_catalogue_drop_list(vm->catalogue);
	g_ptr_array_set_size(vm->fetches, 0);
}

static void add_application(struct hc_menu_vm *vm, const struct hc_link_application *message)
{
	/* The newer list takes the place of one that has not been looked at. */
	if (vm->list_complete)
		hc_catalogue_drop_list(vm->catalogue);
	vm->list_complete = false;
	hc_catalogue_add(vm->catalogue, message);
}

void hc_menu_vm_handle_message(struct hc_menu_vm *vm, const struct hc_link_message *message, int fd)
{
	switch ((int)message->op) {
	case HC_LINK_OP_APPLICATION:
		add_application(vm, &message->application);
		break;
	case HC_LINK_OP_APPLICATION_ACTION:
		if (!vm->list_complete)
			hc_catalogue_add_action(vm->catalogue, &message->application_action);
		break;
	case HC_LINK_OP_APPLICATIONS_END:
		vm->list_complete = true;
		break;
	case HC_LINK_OP_APPLICATION_ICON:
		handle_icon(vm, &message->application_icon, fd);
		break;
	case HC_LINK_OP_APPLICATION_ICONS_END:
		handle_icons_end(vm, message->application_icons_end.serial);
		break;
	default:
		break;
	}
}

bool hc_menu_vm_take_list(struct hc_menu_vm *vm)
{
	bool first = !vm->connected;
	bool changed;

	if (!vm->list_complete)
		return false;
	vm->list_complete = false;
	vm->connected = true;
	changed = hc_catalogue_end_list(vm->catalogue);
	if (changed || first) {
		begin_writing(vm);
		hc_menu_vm_write_some(vm);
	}
	return changed;
}
