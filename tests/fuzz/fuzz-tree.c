/*
 * A stream of files, in pieces whose length the first byte tells: nothing may come to lie outside
 * of the receiver's directory, which is empty again unless the stream is whole.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "tree-remove.h"
#include "tree-unpack.h"

static void ignore_skipped(void *data, const char *name, const char *reason)
{
	(void)data;
	(void)name;
	(void)reason;
}

static void count_placed(void *data, const char *name)
{
	unsigned int *placed = data;
	(void)name;
	(*placed)++;
}

static unsigned int count_entries(const char *path)
{
	DIR *list = opendir(path);
	unsigned int count = 0;
	if (list == NULL)
		abort();
	while (readdir(list) != NULL)
		count++;
	closedir(list);
	return count - 2;
}

static bool feed(struct vp_tree_unpack *unpack, const uint8_t *data, size_t size, size_t step)
{
	for (size_t at = 0; at < size; at += step)
		if (!vp_tree_unpack_feed(unpack, data + at, size - at < step ? size - at : step))
			return false;
	return vp_tree_unpack_finish(unpack);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct vp_tree_unpack_listener listener = { ignore_skipped, count_placed };
	static const struct vp_tree_limits limits = { 65536, 32 };
	char outer[] = "/tmp/fuzz-tree-XXXXXX";
	char inner[sizeof(outer) + 3];
	unsigned int placed = 0;
	if (size == 0 || mkdtemp(outer) == NULL)
		return 0;
	snprintf(inner, sizeof(inner), "%s/in", outer);
	mkdir(inner, 0700);
	int fd = open(inner, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct vp_tree_unpack *unpack = vp_tree_unpack_create(fd, &limits, &listener, &placed);
	if (unpack == NULL)
		abort();
	feed(unpack, data + 1, size - 1, (size_t)data[0] + 1);
	vp_tree_unpack_destroy(unpack);
	close(fd);
	if (count_entries(inner) != placed || count_entries(outer) != 1)
		abort();
	tree_remove(outer);
	return 0;
}
