/*
 * Names of files and directories that come from another VM: which are taken, and how others are
 * made of those that are not.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { VP_TREE_NAME_MAX = 255, VP_TREE_NUMBER_MAX = 1000 /* of things of one name */ };

/* True for one component of a path, in UTF-8, of 1 to VP_TREE_NAME_MAX bytes, that is not "." or
 * ".." and has no '/', no control character, and none that changes the direction of text or ends a
 * line. */
bool vp_tree_name_valid(const char *name, size_t len);

/* The name with %XX for each byte of what is not valid in it, ended by NUL. False if that is too
 * long, or nothing makes it valid. */
bool vp_tree_name_escape(const char *name, char escaped[VP_TREE_NAME_MAX + 1]);

/* A valid name with a number: "name (2).txt", "directory.d (2)"; cut at a character if that is too
 * long. */
void vp_tree_name_number(
	const char *name, unsigned int number, bool directory, char numbered[VP_TREE_NAME_MAX + 1]);

/* True if that is the valid name, or what has become of it by a number up to VP_TREE_NUMBER_MAX. */
bool vp_tree_name_stems(const char *numbered, const char *name);
