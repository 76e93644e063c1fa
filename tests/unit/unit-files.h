/*
 * Files for tests.
 */
#pragma once

/* Writes a file, and makes the directories that it lies in; ends the test if it cannot. */
void unit_write_file(const char *path, const char *text);

/* Removes a file, or a directory with all that is in it. */
void unit_remove_tree(const char *path);
