#include "publishing.h"

#include <gio/gio.h>

#include "publish.h"

enum { DIRECTORY_MODE = 0700 };

struct hc_publishing {
	char *path;
	GKeyFile *choices; /* groups are VMs, keys applications, values booleans */
};

struct hc_publishing *hc_publishing_create(const char *path)
{
	struct hc_publishing *publishing = g_new0(struct hc_publishing, 1);

	publishing->path = g_strdup(path);
	publishing->choices = g_key_file_new();
	g_key_file_load_from_file(publishing->choices, path, G_KEY_FILE_KEEP_COMMENTS, NULL);
	return publishing;
}

void hc_publishing_destroy(struct hc_publishing *publishing)
{
	if (!publishing)
		return;
	g_key_file_unref(publishing->choices);
	g_free(publishing->path);
	g_free(publishing);
}

static bool in_patterns(const struct hv_vm_config *config, const char *application)
{
	return hv_publish_matches((const char *const *)config->publish, application);
}

/* True if the VM's file is one that the user could write. */
static bool is_users_own(const struct hv_vm_config *config)
{
	g_autofree char *directory = g_strconcat(g_get_user_config_dir(), "/", NULL);

	return g_str_has_prefix(config->path, directory);
}

bool hc_publishing_shows(const struct hc_publishing *publishing, const struct hv_vm_config *config,
	const char *application)
{
	g_autoptr(GError) error = NULL;
	bool chosen =
		g_key_file_get_boolean(publishing->choices, config->name, application, &error);

	if (error)
		return in_patterns(config, application);
	return chosen && (is_users_own(config) || in_patterns(config, application));
}

static bool save(const struct hc_publishing *publishing, GError **error)
{
	g_autofree char *directory = g_path_get_dirname(publishing->path);
	g_autoptr(GError) reason = NULL;

	g_mkdir_with_parents(directory, DIRECTORY_MODE);
	if (g_key_file_save_to_file(publishing->choices, publishing->path, &reason))
		return true;
	g_set_error(error, reason->domain, reason->code,
		"the choice is not kept, as %s cannot be written: make its directory writable, and "
		"see that there is room (%s)",
		publishing->path, reason->message);
	return false;
}

bool hc_publishing_choose(struct hc_publishing *publishing, const struct hv_vm_config *config,
	const char *application, bool shown, GError **error)
{
	bool matches = in_patterns(config, application);
	g_autofree char *before =
		g_key_file_get_value(publishing->choices, config->name, application, NULL);

	if (shown && !matches && !is_users_own(config)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
			"%s: the administrator's file %s does not let '%s' be published: its key "
			"publish= bounds what the menu may offer",
			config->name, config->path, application);
		return false;
	}
	if (shown == matches)
		g_key_file_remove_key(publishing->choices, config->name, application, NULL);
	else
		g_key_file_set_boolean(publishing->choices, config->name, application, shown);
	if (save(publishing, error))
		return true;
	if (before)
		g_key_file_set_value(publishing->choices, config->name, application, before);
	else
		g_key_file_remove_key(publishing->choices, config->name, application, NULL);
	return false;
}
