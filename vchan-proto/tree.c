#include "tree.h"

const char *vp_tree_reason_text(enum vp_tree_reason reason)
{
	static const char *const texts[VP_TREE_REASONS] = {
		[VP_TREE_LINK] = "is a symbolic link",
		[VP_TREE_SPECIAL] = "is neither a file nor a directory",
		[VP_TREE_UNREADABLE] = "cannot be read",
		[VP_TREE_NAME] = "has a name that is too long",
		[VP_TREE_DEEP] = "lies in too many directories",
	};
	return texts[reason];
}
