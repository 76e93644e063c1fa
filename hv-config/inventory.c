#include "inventory.h"

#include <string.h>

#define SYSTEM_DIRECTORY "/etc/oriel/vms"
#define FILE_SUFFIX ".vm"

char **hv_inventory_directories(void)
{
	char **directories = g_new0(char *, 3);
	directories[0] = g_strdup(SYSTEM_DIRECTORY);
	directories[1] = g_build_filename(g_get_user_config_dir(), "oriel", "vms", NULL);
	return directories;
}

/* Notes which files there are, by name; one in a later directory replaces that of an earlier. */
static void collect_files(const char *directory, GHashTable *files, GPtrArray *errors)
{
	g_autoptr(GError) error = NULL;
	GDir *dir = g_dir_open(directory, 0, &error);
	if (dir == NULL) {
		if (!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
			g_ptr_array_add(errors, g_strdup_printf("%s: cannot be read: %s", directory,
							error->message));
		return;
	}
	for (const char *file = g_dir_read_name(dir); file != NULL; file = g_dir_read_name(dir))
		if (file[0] != '.' && g_str_has_suffix(file, FILE_SUFFIX))
			g_hash_table_replace(
				files, g_strdup(file), g_build_filename(directory, file, NULL));
	g_dir_close(dir);
}

static bool homes_overlap(const char *a, const char *b)
{
	size_t len = MIN(strlen(a), strlen(b));
	return strncmp(a, b, len) == 0 && (a[len] == '/' || a[len] == '\0') &&
	       (b[len] == '/' || b[len] == '\0');
}

/* A VM that has the home of another, or lies around it, would see what is in there. */
static bool home_is_own(const struct hv_inventory *inventory, const struct hv_vm_config *config)
{
	for (guint i = 0; i < inventory->vms->len; i++) {
		const struct hv_vm_config *other = g_ptr_array_index(inventory->vms, i);
		if (!homes_overlap(other->home, config->home))
			continue;
		g_ptr_array_add(inventory->errors,
			g_strdup_printf("%s: home: %s is shared with the VM %s (%s); give each a "
					"home of its own",
				config->path, config->home, other->name, other->path));
		return false;
	}
	return true;
}

/* Two VMs that are the same domain would show its windows under two labels. */
static bool domain_is_own(const struct hv_inventory *inventory, const struct hv_vm_config *config)
{
	if (config->backend != HV_BACKEND_XEN)
		return true;
	for (guint i = 0; i < inventory->vms->len; i++) {
		const struct hv_vm_config *other = g_ptr_array_index(inventory->vms, i);
		if (other->backend != HV_BACKEND_XEN ||
			!g_str_equal(hv_xen_domain(other), hv_xen_domain(config)))
			continue;
		g_ptr_array_add(inventory->errors,
			g_strdup_printf("%s: domain: %s is the domain of the VM %s (%s) already; "
					"remove one of the files",
				config->path, hv_xen_domain(config), other->name, other->path));
		return false;
	}
	return true;
}

static void add_vm(struct hv_inventory *inventory, const char *path)
{
	g_autoptr(GError) error = NULL;
	struct hv_vm_config *config = hv_vm_config_load(path, &error);
	if (config == NULL)
		g_ptr_array_add(inventory->errors, g_strdup(error->message));
	else if (home_is_own(inventory, config) && domain_is_own(inventory, config))
		g_ptr_array_add(inventory->vms, config);
	else
		hv_vm_config_free(config);
}

/* Names of files may be of any bytes, and what is told of them goes to programs that take text. */
static void make_text(GPtrArray *errors)
{
	for (guint i = 0; i < errors->len; i++) {
		char *error = g_ptr_array_index(errors, i);
		g_ptr_array_index(errors, i) = g_utf8_make_valid(error, -1);
		g_free(error);
	}
}

static void config_free(gpointer config)
{
	hv_vm_config_free(config);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	const struct hv_vm_config *const *first = a;
	const struct hv_vm_config *const *second = b;
	return strcmp((*first)->name, (*second)->name);
}

static int compare_files(gconstpointer a, gconstpointer b)
{
	return strcmp(a, b);
}

struct hv_inventory *hv_inventory_load(const char *const *directories)
{
	struct hv_inventory *inventory = g_new0(struct hv_inventory, 1);
	inventory->vms = g_ptr_array_new_with_free_func(config_free);
	inventory->errors = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GHashTable) files =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	for (size_t i = 0; directories[i] != NULL; i++)
		collect_files(directories[i], files, inventory->errors);
	GList *names = g_list_sort(g_hash_table_get_keys(files), compare_files);
	for (const GList *name = names; name != NULL; name = name->next)
		add_vm(inventory, g_hash_table_lookup(files, name->data));
	g_list_free(names);
	g_ptr_array_sort(inventory->vms, compare_names);
	make_text(inventory->errors);
	return inventory;
}

const struct hv_vm_config *hv_inventory_find(const struct hv_inventory *inventory, const char *name)
{
	for (guint i = 0; i < inventory->vms->len; i++) {
		const struct hv_vm_config *config = g_ptr_array_index(inventory->vms, i);
		if (g_str_equal(config->name, name))
			return config;
	}
	return NULL;
}

void hv_inventory_free(struct hv_inventory *inventory)
{
	if (inventory == NULL)
		return;
	g_ptr_array_unref(inventory->vms);
	g_ptr_array_unref(inventory->errors);
	g_free(inventory);
}
