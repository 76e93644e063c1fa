/*
 * Removes a directory with all that is in it.
 */
#pragma once

void tree_remove(const char *path);
