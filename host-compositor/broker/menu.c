#define G_LOG_DOMAIN "hc-menu"

#include "menu.h"

#include <gio/gio.h>

#include "deadline.h"
#include "icon-stamps.h"
#include "menu-entry.h"
#include "menu-files.h"
#include "menu-vm.h"
#include "paths.h"
#include "rows.h"

#define SUFFIX ".desktop"

enum {
	/* Lists of one VM are not taken over more often: a guest is not to keep the disk busy. */
	LIST_MS = 1000,
	/* Changes that come together are told to the desktop together. */
	REFRESH_MS = 500,
};

struct entry {
	struct hc_menu_vm *vm;
	int64_t next_list_at; /* not before */
};

struct hc_menu {
	char *oriel;
	const struct hc_menu_listener *listener;
	void *data;
	struct hc_menu_shared shared;
	GHashTable *vms; /* name → struct entry */
	int64_t refresh_at; /* -1: nothing has changed */
};

static void entry_free(void *data)
{
	struct entry *entry = data;

	hc_menu_vm_destroy(entry->vm);
	g_free(entry);
}

struct hc_menu *hc_menu_create(
	const char *oriel, const struct hc_menu_listener *listener, void *data)
{
	struct hc_menu *menu = g_new0(struct hc_menu, 1);
	g_autofree char *published = hc_path_published();

	menu->oriel = g_strdup(oriel);
	menu->listener = listener;
	menu->data = data;
	menu->shared = (struct hc_menu_shared){
		.oriel = menu->oriel,
		.files = hc_menu_files_create(),
		.publishing = hc_publishing_create(published),
		.send = listener->send,
		.data = data,
	};
	menu->vms = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, entry_free);
	menu->refresh_at = -1;
	return menu;
}

void hc_menu_destroy(struct hc_menu *menu)
{
	if (!menu)
		return;
	if (menu->refresh_at >= 0)
		hc_menu_files_refresh(menu->shared.files);
	g_hash_table_destroy(menu->vms);
	hc_publishing_destroy(menu->shared.publishing);
	hc_menu_files_destroy(menu->shared.files);
	g_free(menu->oriel);
	g_free(menu);
}

static void note_changes(struct hc_menu *menu, int64_t now)
{
	if (hc_menu_files_changed(menu->shared.files) && menu->refresh_at < 0)
		menu->refresh_at = now + REFRESH_MS;
}

static int compare_names(const void *a, const void *b)
{
	return g_strcmp0(*(const char *const *)a, *(const char *const *)b);
}

/* The groups of the VMs that have entries. */
static void write_groups(struct hc_menu *menu)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *text = NULL;
	GHashTableIter iter;
	void *value;

	g_hash_table_iter_init(&iter, menu->vms);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct entry *entry = value;

		if (hc_menu_vm_shown(entry->vm))
			g_ptr_array_add(names, (char *)(uintptr_t)hc_menu_vm_name(entry->vm));
	}
	g_ptr_array_sort(names, compare_names);
	g_ptr_array_add(names, NULL);
	if (names->len > 1)
		text = hc_menu_groups((const char *const *)names->pdata);
	hc_menu_files_put_groups(menu->shared.files, text);
}

static void tell_change(struct hc_menu *menu, const struct entry *entry)
{
	menu->listener->changed(menu->data, hc_menu_vm_name(entry->vm));
}

static void write_vm(struct hc_menu *menu, struct entry *entry, int64_t now)
{
	hc_menu_vm_write(entry->vm);
	hc_menu_vm_ask_for_icons(entry->vm, now);
	write_groups(menu);
	note_changes(menu, now);
	tell_change(menu, entry);
}

/* True if there is another VM than before. */
static bool set_vm(struct hc_menu *menu, const struct hv_vm_config *config, int64_t now)
{
	struct entry *entry = g_hash_table_lookup(menu->vms, config->name);
	bool added = !entry;

	if (added) {
		entry = g_new0(struct entry, 1);
		entry->vm = hc_menu_vm_create(&menu->shared, config->name);
		g_hash_table_insert(
			menu->vms, (char *)(uintptr_t)hc_menu_vm_name(entry->vm), entry);
	}
	if (hc_menu_vm_set_config(entry->vm, config))
		write_vm(menu, entry, now);
	return added;
}

static void drop_others(struct hc_menu *menu, GHashTable *names)
{
	GHashTableIter iter;
	void *name;

	g_hash_table_iter_init(&iter, menu->vms);
	while (g_hash_table_iter_next(&iter, &name, NULL)) {
		if (!g_hash_table_contains(names, name))
			g_hash_table_iter_remove(&iter);
	}
	hc_menu_files_keep_vms(menu->shared.files, names);
	hc_icon_stamps_keep_vms(names);
	write_groups(menu);
}

void hc_menu_set_vms(struct hc_menu *menu, const GPtrArray *configs, int64_t now)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	bool others = false;

	for (guint i = 0; i < configs->len; i++) {
		const struct hv_vm_config *config = g_ptr_array_index(configs, i);

		g_hash_table_add(names, config->name);
		others |= set_vm(menu, config, now);
	}
	if (others || g_hash_table_size(menu->vms) != configs->len)
		drop_others(menu, names);
	note_changes(menu, now);
}

static void take_list(struct hc_menu *menu, struct entry *entry, int64_t now)
{
	bool changed = hc_menu_vm_take_list(entry->vm);

	hc_menu_vm_ask_for_icons(entry->vm, now);
	entry->next_list_at = now + LIST_MS;
	write_groups(menu);
	note_changes(menu, now);
	if (changed)
		tell_change(menu, entry);
}

static void write_some(struct hc_menu *menu, struct entry *entry, int64_t now)
{
	hc_menu_vm_write_some(entry->vm);
	hc_menu_vm_ask_for_icons(entry->vm, now);
	write_groups(menu);
	note_changes(menu, now);
}

void hc_menu_handle_message(struct hc_menu *menu, const char *vm,
	const struct hc_link_message *message, int fd, int64_t now)
{
	struct entry *entry = g_hash_table_lookup(menu->vms, vm);

	if (!entry)
		return;
	hc_menu_vm_handle_message(entry->vm, message, fd);
	hc_menu_vm_ask_for_icons(entry->vm, now);
	if (hc_menu_vm_has_list(entry->vm) && !hc_menu_vm_writing(entry->vm) &&
		now >= entry->next_list_at)
		take_list(menu, entry, now);
	note_changes(menu, now);
}

void hc_menu_handle_session_ended(struct hc_menu *menu, const char *vm)
{
	struct entry *entry = g_hash_table_lookup(menu->vms, vm);

	if (entry)
		hc_menu_vm_end_session(entry->vm);
}

bool hc_menu_knows(const struct hc_menu *menu, const char *vm)
{
	const struct entry *entry = g_hash_table_lookup(menu->vms, vm);

	return entry && hc_catalogue_known(hc_menu_vm_catalogue(entry->vm));
}

void hc_menu_list(struct hc_menu *menu, const char *vm, GPtrArray *rows, int64_t now)
{
	struct entry *entry = g_hash_table_lookup(menu->vms, vm);
	const GPtrArray *applications;

	if (!entry)
		return;
	if (hc_menu_vm_has_list(entry->vm))
		take_list(menu, entry, now);
	applications = hc_catalogue_applications(hc_menu_vm_catalogue(entry->vm));
	for (guint i = 0; i < applications->len; i++) {
		const struct hc_application *application = g_ptr_array_index(applications, i);
		bool shown = hc_publishing_shows(
			menu->shared.publishing, hc_menu_vm_config(entry->vm), application->id);

		g_ptr_array_add(
			rows, g_variant_ref_sink(hc_row_application(vm, application, shown)));
	}
}

bool hc_menu_publish(struct hc_menu *menu, const char *vm, const char *id, bool shown, int64_t now,
	GError **error)
{
	struct entry *entry = g_hash_table_lookup(menu->vms, vm);
	g_autofree char *whole =
		g_str_has_suffix(id, SUFFIX) ? g_strdup(id) : g_strconcat(id, SUFFIX, NULL);

	if (!entry || !hc_catalogue_find(hc_menu_vm_catalogue(entry->vm), whole)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			"%s: no application '%s' is known: 'oriel apps %s' lists them", vm, whole,
			vm);
		return false;
	}
	if (!hc_publishing_choose(
		    menu->shared.publishing, hc_menu_vm_config(entry->vm), whole, shown, error))
		return false;
	write_vm(menu, entry, now);
	return true;
}

int64_t hc_menu_deadline(const struct hc_menu *menu)
{
	int64_t deadline = menu->refresh_at;
	GHashTableIter iter;
	void *value;

	g_hash_table_iter_init(&iter, menu->vms);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct entry *entry = value;

		if (hc_menu_vm_writing(entry->vm))
			return 0;
		if (hc_menu_vm_has_list(entry->vm))
			deadline = vp_earlier(deadline, entry->next_list_at);
		deadline = vp_earlier(deadline, hc_menu_vm_icons_deadline(entry->vm));
	}
	return deadline;
}

void hc_menu_dispatch(struct hc_menu *menu, int64_t now)
{
	GHashTableIter iter;
	void *value;

	g_hash_table_iter_init(&iter, menu->vms);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct entry *entry = value;

		if (hc_menu_vm_writing(entry->vm))
			write_some(menu, entry, now);
		else if (hc_menu_vm_has_list(entry->vm) && now >= entry->next_list_at)
			take_list(menu, entry, now);
		hc_menu_vm_ask_for_icons(entry->vm, now);
	}
	if (menu->refresh_at < 0 || now < menu->refresh_at)
		return;
	menu->refresh_at = -1;
	hc_menu_files_refresh(menu->shared.files);
}
