#include "selections-private.h"

/* In the order of preference among those of one type. */
static const struct {
	enum vp_clipboard_type type;
	int atom; /* enum vp_selection_atom */
	bool asked_for; /* an owner; otherwise it is only given */
} known_targets[] = {
	{ VP_CLIPBOARD_TEXT, VP_SELECTION_ATOM_UTF8_STRING, true },
	{ VP_CLIPBOARD_TEXT, VP_SELECTION_ATOM_TEXT_UTF8, true },
	{ VP_CLIPBOARD_TEXT, VP_SELECTION_ATOM_TEXT_UTF8_UPPER, true },
	{ VP_CLIPBOARD_TEXT, VP_SELECTION_ATOM_TEXT_PLAIN, true },
	{ VP_CLIPBOARD_TEXT, VP_SELECTION_ATOM_STRING, true },
	{ VP_CLIPBOARD_TEXT, VP_SELECTION_ATOM_TEXT, false },
	{ VP_CLIPBOARD_HTML, VP_SELECTION_ATOM_HTML, true },
	{ VP_CLIPBOARD_PNG, VP_SELECTION_ATOM_PNG, true },
	{ VP_CLIPBOARD_BMP, VP_SELECTION_ATOM_BMP, true },
	{ VP_CLIPBOARD_BMP, VP_SELECTION_ATOM_X_BMP, true },
	{ VP_CLIPBOARD_BMP, VP_SELECTION_ATOM_MS_BMP, true },
	{ VP_CLIPBOARD_TIFF, VP_SELECTION_ATOM_TIFF, true },
	{ VP_CLIPBOARD_URI_LIST, VP_SELECTION_ATOM_URI_LIST, true },
};

enum { KNOWN = sizeof(known_targets) / sizeof(known_targets[0]) };

_Static_assert(KNOWN <= (int)VP_SELECTION_KNOWN_MAX, "the list of a requestor holds all");

uint32_t vp_selection_targets_find(
	const struct vp_selections *selections, const xcb_atom_t *targets, size_t count)
{
	uint32_t known = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < KNOWN; k++)
			if (known_targets[k].asked_for &&
				selections->atoms[known_targets[k].atom] == targets[i])
				known |= 1U << k;
	return known;
}

uint32_t vp_selection_targets_types(uint32_t known)
{
	uint32_t types = 0;
	for (size_t k = 0; k < KNOWN; k++)
		if ((known & 1U << k) != 0)
			types |= known_targets[k].type;
	if ((types & VP_CLIPBOARD_PNG) != 0)
		types &= ~(uint32_t)(VP_CLIPBOARD_BMP | VP_CLIPBOARD_TIFF);
	return types;
}

xcb_atom_t vp_selection_targets_best(
	const struct vp_selections *selections, uint32_t known, enum vp_clipboard_type type)
{
	for (size_t k = 0; k < KNOWN; k++)
		if ((known & 1U << k) != 0 && known_targets[k].type == type)
			return selections->atoms[known_targets[k].atom];
	return XCB_NONE;
}

size_t vp_selection_targets_list(
	const struct vp_selections *selections, uint32_t types, xcb_atom_t *targets)
{
	size_t count = 0;
	for (size_t k = 0; k < KNOWN; k++)
		if ((types & known_targets[k].type) != 0)
			targets[count++] = selections->atoms[known_targets[k].atom];
	return count;
}

bool vp_selection_targets_form(
	const struct vp_selections *selections, xcb_atom_t target, struct vp_selection_form *form)
{
	for (size_t k = 0; k < KNOWN; k++) {
		int atom = known_targets[k].atom;
		if (selections->atoms[atom] != target)
			continue;
		/* TEXT: in the encoding that suits the owner (ICCCM 2.6.2). */
		bool any = atom == VP_SELECTION_ATOM_TEXT;
		*form = (struct vp_selection_form){
			.type = known_targets[k].type,
			.property_type =
				any ? selections->atoms[VP_SELECTION_ATOM_UTF8_STRING] : target,
			.latin1 = atom == VP_SELECTION_ATOM_STRING,
		};
		return true;
	}
	return false;
}
