/*
 * Confines a process that unpacks what another VM sent: from then on, and for good, it can do
 * nothing but read and write the descriptors that it has, and make files below one directory.
 */
#pragma once

#include <stdbool.h>

/* No other program, socket, process or signal, no file elsewhere (Landlock, where the kernel can
 * move files between directories under it), no memory that can be run. False with errno if that
 * cannot be had; then nothing is to be unpacked. */
bool vp_tree_confine(int directory);
