/*
 * The arguments of a launch. Some may be files of the primary's: those are copied to the VM before,
 * and the application is given the paths of their copies.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

struct hc_launch_arguments;

/* Copies the words. files: the places, from 0, of those that are files of the primary's, count of
 * them. NULL with an error if there is no such word, or it is no absolute path. */
struct hc_launch_arguments *hc_launch_arguments_create(
	const char *const *words, const guint32 *files, size_t count, GError **error);

/* NULL is legal. */
void hc_launch_arguments_destroy(struct hc_launch_arguments *arguments);

/* The words, until they are replaced or destroyed. */
const char *const *hc_launch_arguments_words(const struct hc_launch_arguments *arguments);

/* The paths of the files; NULL if there is none. The caller frees the array with g_free(); the
 * paths are the arguments', until they are replaced or destroyed. */
const char **hc_launch_arguments_files(const struct hc_launch_arguments *arguments);

/* Has the paths of the copies take the place of those of the files, in their order. False with an
 * error, and nothing replaced, if there are more or fewer. */
bool hc_launch_arguments_replace_files(
	struct hc_launch_arguments *arguments, const char *const *copies, GError **error);

/* The words, each ended by NUL, as a link's launch message has them. The caller's. */
GByteArray *hc_launch_arguments_join(const struct hc_launch_arguments *arguments);
