/*
 * Icons of the start menu: a guest's pixels under the badge of its VM, and a VM's own. They are
 * drawn here, so that no bytes of a guest's image files get as far as the desktop's programs, and
 * none can go without a badge.
 */
#pragma once

#include <stdint.h>

#include <glib.h>

/* The size * size pixels in a memfd that nobody can change any more; the caller frees them. NULL if
 * it is something else, or of another length. */
uint8_t *hc_menu_icon_read(int fd, unsigned int size);

/* pixels: size * size of non-premultiplied ARGB, little-endian. colour: 0xRRGGBB. A PNG file, the
 * caller's; NULL if there is no memory for it. */
GBytes *hc_menu_icon_draw(const uint8_t *pixels, unsigned int size, uint32_t colour);

/* As above, for the VM itself. */
GBytes *hc_menu_icon_draw_vm(unsigned int size, uint32_t colour);
