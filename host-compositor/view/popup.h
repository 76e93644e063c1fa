/* Where a popup may be. Pure geometry. */
#pragma once

#include "presenter.h"

enum {
	HC_POPUP_VISIBLE_MIN =
		16, /* pixels of a popup, both ways, that are always on its monitor */
};

/* Where a popup is to be, whose place counts from its owner's left and top edge at x and y. The
 * place is neither larger than the monitor nor fully off it. border pixels are left around it for
 * the label. */
struct hc_rect hc_popup_place(const struct hc_rect *popup, int32_t x, int32_t y,
	const struct hc_rect *monitor, uint32_t border);
