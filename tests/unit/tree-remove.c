#include "tree-remove.h"

#include <ftw.h>
#include <stdio.h>

enum { OPEN_MAX_COUNT = 16 };

static int remove_path(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	(void)info;
	(void)type;
	(void)walk;
	return remove(path);
}

void tree_remove(const char *path)
{
	nftw(path, remove_path, OPEN_MAX_COUNT, FTW_DEPTH | FTW_PHYS);
}
