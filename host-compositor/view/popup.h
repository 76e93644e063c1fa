/* Where a popup may be. Pure geometry. */
#pragma once

#include "presenter.h"

/* Where a popup's content is to be, whose place counts from its owner's left and top edge at x and
 * y: within the area, together with border pixels around it for the label. */
struct hc_rect hc_popup_place(const struct hc_rect *popup, int32_t x, int32_t y,
	const struct hc_rect *area, uint32_t border);
