/* Where a popup may be. Pure geometry. */
#pragma once

#include "presenter.h"

enum {
	HC_POPUP_VISIBLE_MIN =
		16, /* pixels of a popup, both ways, that are always on its monitor */
};

/* Where the popup of an owner is to be: popup and owner_guest are places on the guest's screen,
 * owner_primary is where the owner really is. The place is neither larger than the monitor nor
 * fully off it. border pixels are left around it for the label. */
struct hc_rect hc_popup_place(const struct hc_rect *popup, const struct hc_rect *owner_guest,
	const struct hc_rect *owner_primary, const struct hc_rect *monitor, uint32_t border);
