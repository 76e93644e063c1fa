#include "vm-config.h"

#include <assert.h>
#include <string.h>

#include "key-lines.h"
#include "publish.h"
#include "text-file.h"
#include "values.h"

#define GROUP "vm"
#define FILE_SUFFIX ".vm"

static_assert(HV_BORDER_MAX == 32, "the table of keys tells people so");
static_assert(
	HV_KEEP_ALIVE_FOREVER == -1 && HV_SESSION_TTL_FOREVER == -1, "as parse_seconds() has it");

enum {
	FILE_SIZE_MAX = 64 * 1024,
	SECONDS_MAX = 7 * 24 * 60 * 60,
	CPU_LIMIT_MIN = 10, /* thousandths of a CPU */
	CPU_LIMIT_MAX = 1024 * 1000,
};

GQuark hv_config_error_quark(void)
{
	return g_quark_from_static_string("hv-config-error");
}

const char *hv_backend_name(enum hv_backend backend)
{
	switch (backend) {
	case HV_BACKEND_LOCAL:
		return "local";
	case HV_BACKEND_XEN:
		return "xen";
	}
	return "unknown";
}

const char *hv_isolation_name(enum hv_isolation isolation)
{
	switch (isolation) {
	case HV_ISOLATION_BWRAP:
		return "bwrap";
	case HV_ISOLATION_NONE:
		return "none";
	}
	return "unknown";
}

bool hv_vm_name_valid(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t len = strlen(name);
	return len > 0 && len <= HV_VM_NAME_MAX && name[0] != '-' && strspn(name, letters) == len;
}

static bool parse_label(struct hv_vm_config *config, const char *value)
{
	if (!hv_value_parse_colour(value, &config->colour))
		return false;
	config->label = g_strdup(value);
	return true;
}

static bool parse_border(struct hv_vm_config *config, const char *value)
{
	uint64_t border;
	if (!hv_value_parse_number(value, 1, HV_BORDER_MAX, &border))
		return false;
	config->border = (uint32_t)border;
	return true;
}

static bool parse_backend(struct hv_vm_config *config, const char *value)
{
	static const enum hv_backend backends[] = { HV_BACKEND_LOCAL, HV_BACKEND_XEN };
	for (size_t i = 0; i < G_N_ELEMENTS(backends); i++)
		if (g_str_equal(value, hv_backend_name(backends[i]))) {
			config->backend = backends[i];
			return true;
		}
	return false;
}

/* True if path is directory or in it. */
static bool path_is_within(const char *path, const char *directory)
{
	size_t len = strlen(directory);
	return strncmp(path, directory, len) == 0 &&
	       (path[len] == '/' || path[len] == '\0' || g_str_equal(directory, "/"));
}

static bool parse_home(struct hv_vm_config *config, const char *value)
{
	g_autofree char *path = NULL;
	if (g_str_has_prefix(value, "~/"))
		path = g_build_filename(g_get_home_dir(), value + 2, NULL);
	else
		path = g_strdup(value);
	if (!hv_value_is_plain_path(path) || path_is_within(g_get_home_dir(), path))
		return false;
	g_free(config->home);
	config->home = g_steal_pointer(&path);
	return true;
}

static bool parse_memory(struct hv_vm_config *config, const char *value)
{
	return hv_value_parse_size(value, HV_MEMORY_MIN, HV_MEMORY_MAX, &config->memory_limit);
}

static bool parse_cpus(struct hv_vm_config *config, const char *value)
{
	return hv_value_parse_thousandths(value, CPU_LIMIT_MIN, CPU_LIMIT_MAX, &config->cpu_limit);
}

static bool parse_network(struct hv_vm_config *config, const char *value)
{
	return hv_value_parse_boolean(value, &config->network);
}

static bool parse_isolation(struct hv_vm_config *config, const char *value)
{
	static const enum hv_isolation isolations[] = { HV_ISOLATION_BWRAP, HV_ISOLATION_NONE };
	for (size_t i = 0; i < G_N_ELEMENTS(isolations); i++)
		if (g_str_equal(value, hv_isolation_name(isolations[i]))) {
			config->isolation = isolations[i];
			return true;
		}
	return false;
}

/* Some, or -1 for ever. */
static bool parse_seconds(const char *value, int32_t *seconds)
{
	uint64_t number;
	if (g_str_equal(value, "forever")) {
		*seconds = -1;
		return true;
	}
	if (!hv_value_parse_number(value, 0, SECONDS_MAX, &number))
		return false;
	*seconds = (int32_t)number;
	return true;
}

static bool parse_keep_alive(struct hv_vm_config *config, const char *value)
{
	return parse_seconds(value, &config->keep_alive);
}

static bool parse_session_ttl(struct hv_vm_config *config, const char *value)
{
	return parse_seconds(value, &config->session_ttl);
}

static bool parse_start(struct hv_vm_config *config, const char *value)
{
	config->starts_at_login = g_str_equal(value, "login");
	return config->starts_at_login || g_str_equal(value, "demand");
}

static bool parse_input_quantum(struct hv_vm_config *config, const char *value)
{
	uint64_t quantum;
	if (!hv_value_parse_number(value, 0, HV_INPUT_QUANTUM_MAX, &quantum))
		return false;
	config->input_quantum = (uint32_t)quantum;
	return true;
}

static bool parse_publish(struct hv_vm_config *config, const char *value)
{
	char **patterns;
	if (!hv_publish_parse(value, &patterns))
		return false;
	g_strfreev(config->publish);
	config->publish = patterns;
	return true;
}

enum { LOCAL = 1 << HV_BACKEND_LOCAL, ANY = LOCAL | 1 << HV_BACKEND_XEN };

static const struct hv_config_key keys[] = {
	{ "label", parse_label, "one of " HV_VALUE_COLOURS ", or #rrggbb", ANY },
	{ "border", parse_border, "pixels, 1 to 32", ANY },
	{ "backend", parse_backend, "local or xen", ANY },
	{ "home", parse_home,
		"an absolute path or ~/PATH, without . or .., and not around your own home",
		LOCAL },
	{ "memory", parse_memory, "a size like 512M or 2G, 64M to 64T", ANY },
	{ "cpus", parse_cpus, "a number like 2 or 1.5, 0.01 to 1024", LOCAL },
	{ "network", parse_network, "yes or no", LOCAL },
	{ "isolation", parse_isolation, "bwrap or none", LOCAL },
	{ "start", parse_start, "demand or login", ANY },
	{ "keep-alive", parse_keep_alive, "forever, or seconds after the last window, 0 to 604800",
		ANY },
	{ "session-ttl", parse_session_ttl,
		"forever, or seconds that windows wait for their guest, 0 to 604800", ANY },
	{ "input-quantum", parse_input_quantum, "milliseconds, 0 to 100", ANY },
	{ "publish", parse_publish,
		"application ids between spaces, with * and ? for any characters, and ! before "
		"those that are not meant",
		ANY },
};

static const struct hv_config_key *find_key(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		if (g_str_equal(name, keys[i].name))
			return &keys[i];
	for (size_t i = 0; i < hv_xen_config_key_count; i++)
		if (g_str_equal(name, hv_xen_config_keys[i].name))
			return &hv_xen_config_keys[i];
	return NULL;
}

/* The names of a backend's keys, NULL-terminated; the caller frees the array alone. */
static const char **key_names(enum hv_backend backend)
{
	const char **names = g_new0(const char *, G_N_ELEMENTS(keys) + hv_xen_config_key_count + 1);
	size_t count = 0;
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		if ((keys[i].backends & 1U << backend) != 0)
			names[count++] = keys[i].name;
	for (size_t i = 0; i < hv_xen_config_key_count; i++)
		if ((hv_xen_config_keys[i].backends & 1U << backend) != 0)
			names[count++] = hv_xen_config_keys[i].name;
	return names;
}

static void report_unknown_key(
	const struct hv_vm_config *config, const struct hv_key_line *entry, GError **error)
{
	g_autofree const char **names = key_names(config->backend);
	g_autofree char *all = g_strjoinv(", ", (char **)(uintptr_t)names);
	size_t count = 0;
	while (names[count] != NULL)
		count++;
	const char *nearest = hv_value_nearest(entry->key, names, count);
	g_autofree char *shown = g_strescape(entry->key, NULL);
	if (nearest != NULL)
		g_set_error(error, HV_CONFIG_ERROR, HV_CONFIG_ERROR_VALUE,
			"%s:%u: %.40s: is not a key; \"%s\" may be meant", config->path,
			entry->line, shown, nearest);
	else
		g_set_error(error, HV_CONFIG_ERROR, HV_CONFIG_ERROR_VALUE,
			"%s:%u: %.40s: is not a key; the keys are %s", config->path, entry->line,
			shown, all);
}

static bool parse_key(struct hv_vm_config *config, GKeyFile *file, const struct hv_key_line *entry,
	GError **error)
{
	if (!g_str_equal(entry->group, GROUP)) {
		g_autofree char *key = g_strescape(entry->key, NULL);
		g_autofree char *group = g_strescape(entry->group, NULL);
		g_set_error(error, HV_CONFIG_ERROR, HV_CONFIG_ERROR_VALUE,
			"%s:%u: %.40s: is in the group [%.40s], which is not known; \"[" GROUP
			"]\" is meant",
			config->path, entry->line, key, group);
		return false;
	}
	const struct hv_config_key *key = find_key(entry->key);
	if (key == NULL) {
		report_unknown_key(config, entry, error);
		return false;
	}
	g_autofree char *value = g_key_file_get_string(file, GROUP, entry->key, NULL);
	if (value != NULL && key->parse(config, g_strchomp(value)))
		return true;
	g_autofree char *raw = g_key_file_get_value(file, GROUP, entry->key, NULL);
	g_autofree char *shown = g_strescape(raw != NULL ? raw : "", NULL);
	g_set_error(error, HV_CONFIG_ERROR, HV_CONFIG_ERROR_VALUE,
		"%s:%u: %s: \"%.60s\" is not allowed; allowed is %s", config->path, entry->line,
		entry->key, shown, key->allowed);
	return false;
}

static bool check_backend(
	const struct hv_vm_config *config, const struct hv_key_line *entry, GError **error)
{
	if ((find_key(entry->key)->backends & 1U << config->backend) != 0)
		return true;
	g_autofree const char **names = key_names(config->backend);
	g_autofree char *all = g_strjoinv(", ", (char **)(uintptr_t)names);
	g_set_error(error, HV_CONFIG_ERROR, HV_CONFIG_ERROR_VALUE,
		"%s:%u: %s: is not a key of backend=%s; its keys are %s", config->path, entry->line,
		entry->key, hv_backend_name(config->backend), all);
	return false;
}

/* The keys taken together, in whatever order they came. */
static bool check_keys(struct hv_vm_config *config, const GPtrArray *entries, GError **error)
{
	const char *key = "label";
	const char *wrong = NULL;
	for (guint i = 0; i < entries->len; i++)
		if (!check_backend(config, g_ptr_array_index(entries, i), error))
			return false;
	if (config->label == NULL)
		wrong = "is missing; every VM needs a colour, like label=blue in the group "
			"[" GROUP "]";
	else if (config->backend == HV_BACKEND_XEN)
		wrong = hv_xen_config_check(config, &key);
	if (wrong == NULL)
		return true;
	for (guint i = 0; i < entries->len; i++) {
		const struct hv_key_line *entry = g_ptr_array_index(entries, i);
		if (!g_str_equal(entry->key, key))
			continue;
		g_set_error(error, HV_CONFIG_ERROR, HV_CONFIG_ERROR_VALUE, "%s:%u: %s: %s",
			config->path, entry->line, key, wrong);
		return false;
	}
	g_set_error(error, HV_CONFIG_ERROR, HV_CONFIG_ERROR_VALUE, "%s: %s: %s", config->path, key,
		wrong);
	return false;
}

/* The VM's name, by the name of its file. */
static char *name_from_path(const char *path, GError **error)
{
	g_autofree char *name = g_path_get_basename(path);
	if (g_str_has_suffix(name, FILE_SUFFIX))
		name[strlen(name) - strlen(FILE_SUFFIX)] = '\0';
	if (hv_vm_name_valid(name))
		return g_steal_pointer(&name);
	g_autofree char *shown = g_strescape(name, NULL);
	g_set_error(error, HV_CONFIG_ERROR, HV_CONFIG_ERROR_VALUE,
		"%s: \"%.60s\" cannot be a VM's name; allowed are the letters a-z, digits and -, "
		"at most %d, and no - at the beginning",
		path, shown, HV_VM_NAME_MAX);
	return NULL;
}

static struct hv_vm_config *config_create(const char *path, GError **error)
{
	char *name = name_from_path(path, error);
	if (name == NULL)
		return NULL;
	struct hv_vm_config *config = g_new0(struct hv_vm_config, 1);
	config->name = name;
	config->path = g_strdup(path);
	config->border = HV_BORDER_DEFAULT;
	config->isolation = HV_ISOLATION_BWRAP;
	config->keep_alive = HV_KEEP_ALIVE_FOREVER;
	config->session_ttl = HV_SESSION_TTL_DEFAULT;
	hv_xen_config_init(&config->xen);
	hv_publish_parse(HV_PUBLISH_DEFAULT, &config->publish);
	config->home = g_build_filename(g_get_user_data_dir(), "oriel", "vms", name, NULL);
	return config;
}

static bool parse_text(struct hv_vm_config *config, const char *text, size_t len, GError **error)
{
	g_autoptr(GPtrArray) entries = hv_key_lines_parse(config->path, text, len, error);
	if (entries == NULL)
		return false;
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) cause = NULL;
	if (!g_key_file_load_from_data(file, text, len, G_KEY_FILE_NONE, &cause)) {
		g_set_error(error, HV_CONFIG_ERROR, HV_CONFIG_ERROR_SYNTAX, "%s: %s", config->path,
			cause->message);
		return false;
	}
	for (guint i = 0; i < entries->len; i++)
		if (!parse_key(config, file, g_ptr_array_index(entries, i), error))
			return false;
	if (config->backend == HV_BACKEND_XEN && config->memory_limit == 0)
		config->memory_limit = HV_XEN_MEMORY_DEFAULT;
	return check_keys(config, entries, error);
}

struct hv_vm_config *hv_vm_config_parse(
	const char *path, const char *text, size_t len, GError **error)
{
	struct hv_vm_config *config = config_create(path, error);
	if (config == NULL)
		return NULL;
	if (parse_text(config, text, len, error))
		return config;
	hv_vm_config_free(config);
	return NULL;
}

struct hv_vm_config *hv_vm_config_load(const char *path, GError **error)
{
	g_autofree char *text = NULL;
	size_t len;
	g_autoptr(GError) cause = NULL;
	text = hv_text_file_read(path, FILE_SIZE_MAX, &len, &cause);
	if (text != NULL)
		return hv_vm_config_parse(path, text, len, error);
	g_set_error(error, HV_CONFIG_ERROR, HV_CONFIG_ERROR_READ, "%s: cannot be read: %s", path,
		cause->message);
	return NULL;
}

char *hv_vm_config_applications_log(const struct hv_vm_config *config)
{
	/* the guest's XDG_STATE_HOME is never set */
	return g_build_filename(config->home, ".local", "state", "oriel", "applications.log", NULL);
}

void hv_vm_config_free(struct hv_vm_config *config)
{
	if (config == NULL)
		return;
	g_free(config->name);
	g_free(config->label);
	g_free(config->home);
	g_free(config->path);
	g_strfreev(config->publish);
	hv_xen_config_finish(&config->xen);
	g_free(config);
}
