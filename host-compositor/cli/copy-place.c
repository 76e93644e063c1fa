#include "copy-place.h"

#include <string.h>

#include <gio/gio.h>

char *hc_place_vm(const char *word, const char **path)
{
	const char *colon = strchr(word, ':');
	const char *slash = strchr(word, '/');

	if (!colon || colon == word || (slash && slash < colon))
		return NULL;
	*path = colon + 1;
	return g_strndup(word, (gsize)(colon - word));
}

static bool fail(GError **error, const char *what, const char *word)
{
	g_autofree char *shown = g_utf8_make_valid(word, -1);
	g_autofree char *message = g_strconcat(what, shown, NULL);

	g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, message);
	return false;
}

/* NULL is no VM, and no wrong one. */
static bool check_vm(const char *vm, const char *word, GError **error)
{
	return !vm || g_utf8_validate(vm, -1, NULL) ||
	       fail(error, "no VM can have such a name: ", word);
}

static bool parse_source(
	const char *word, struct hc_places *places, GStrvBuilder *paths, GError **error)
{
	const char *path = word;
	g_autofree char *vm = hc_place_vm(word, &path);
	g_autofree char *absolute = vm ? NULL : g_canonicalize_filename(word, NULL);
	const char *from = vm ? vm : HC_PLACE_PRIMARY;

	if (!check_vm(vm, word, error))
		return false;
	if (vm && !*path)
		return fail(error, "name what is to be copied: ", word);
	if (places->from && strcmp(places->from, from) != 0)
		return fail(error, "all that is copied at once has to come from one place: ", word);
	if (!places->from)
		places->from = g_strdup(from);
	g_strv_builder_add(paths, vm ? path : absolute);
	return true;
}

static bool parse_destination(const char *word, struct hc_places *places, GError **error)
{
	const char *path = word;
	g_autofree char *vm = hc_place_vm(word, &path);

	if (!check_vm(vm, word, error))
		return false;
	if (vm && *path)
		return fail(error,
			"a VM receives into ~/Incoming; end the destination with its colon: ",
			word);
	places->to = g_strdup(vm ? vm : HC_PLACE_PRIMARY);
	places->directory = vm ? g_strdup("") : g_canonicalize_filename(word, NULL);
	return true;
}

bool hc_places_parse(
	const char *const *words, guint count, struct hc_places *places, GError **error)
{
	struct hc_places result = { 0 };
	g_autoptr(GStrvBuilder) paths = g_strv_builder_new();
	bool parsed = parse_destination(words[count - 1], &result, error);

	for (guint i = 0; parsed && i + 1 < count; i++)
		parsed = parse_source(words[i], &result, paths, error);
	if (parsed && g_strcmp0(result.from, HC_PLACE_PRIMARY) == 0 &&
		strcmp(result.to, HC_PLACE_PRIMARY) == 0)
		parsed = fail(error, "one side has to be a VM, written VM: or VM:PATH, not ",
			words[count - 1]);
	result.paths = g_strv_builder_end(paths);
	if (parsed)
		*places = result;
	else
		hc_places_clear(&result);
	return parsed;
}

void hc_places_clear(struct hc_places *places)
{
	g_free(places->from);
	g_strfreev(places->paths);
	g_free(places->to);
	g_free(places->directory);
	*places = (struct hc_places){ 0 };
}
