#include "tree-walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct level {
	DIR *directory;
	size_t path_len; /* of its path */
};

struct vp_tree_walk {
	const char *const *paths;
	size_t left; /* of paths */
	struct level levels[VP_TREE_DEPTH_MAX];
	size_t depth;
	char path[PATH_MAX]; /* of the last entry; cut if it is longer */
	char name[VP_TREE_NAME_MAX + 1];
	char error[VP_TREE_ERROR_MAX];
};

/* One entry of a directory, or a given path. */
struct place {
	int directory; /* or AT_FDCWD */
	const char *name; /* in it */
	int follow; /* 0 or AT_SYMLINK_NOFOLLOW */
};

struct vp_tree_walk *vp_tree_walk_create(const char *const *paths, size_t count)
{
	struct vp_tree_walk *walk = calloc(1, sizeof(*walk));
	if (walk == NULL)
		return NULL;
	walk->paths = paths;
	walk->left = count;
	return walk;
}

void vp_tree_walk_destroy(struct vp_tree_walk *walk)
{
	if (walk == NULL)
		return;
	while (walk->depth > 0)
		closedir(walk->levels[--walk->depth].directory);
	free(walk);
}

const char *vp_tree_walk_error(const struct vp_tree_walk *walk)
{
	return walk->error;
}

static enum vp_tree_step fail(struct vp_tree_walk *walk, const char *path, const char *why)
{
	snprintf(walk->error, sizeof(walk->error), "'%s': %s", path, why);
	return VP_STEP_ERROR;
}

static void skip(struct vp_tree_entry *entry, enum vp_tree_reason reason)
{
	entry->kind = VP_TREE_SKIPPED;
	entry->reason = reason;
}

/* Never waits for a FIFO or a device that took a file's place. -1 if it is not what it was. */
static int open_place(const struct place *place, const struct stat *seen)
{
	int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	struct stat now;
	if (place->follow != 0)
		flags |= O_NOFOLLOW;
	if (S_ISDIR(seen->st_mode))
		flags |= O_DIRECTORY;
	int fd = openat(place->directory, place->name, flags);
	if (fd == -1)
		return -1;
	if (fstat(fd, &now) == 0 && now.st_dev == seen->st_dev && now.st_ino == seen->st_ino)
		return fd;
	close(fd);
	return -1;
}

static void enter(struct vp_tree_walk *walk, const struct place *place, const struct stat *info,
	struct vp_tree_entry *entry)
{
	if (walk->depth == VP_TREE_DEPTH_MAX) {
		skip(entry, VP_TREE_DEEP);
		return;
	}
	int fd = open_place(place, info);
	DIR *directory = fd != -1 ? fdopendir(fd) : NULL;
	if (directory == NULL) {
		if (fd != -1)
			close(fd);
		skip(entry, VP_TREE_UNREADABLE);
		return;
	}
	walk->levels[walk->depth++] = (struct level){ directory, strlen(walk->path) };
	entry->kind = VP_TREE_DIRECTORY;
}

static void take_file(const struct place *place, const struct stat *info, bool open_files,
	struct vp_tree_entry *entry)
{
	entry->kind = VP_TREE_FILE;
	entry->size = (uint64_t)info->st_size;
	if (!open_files)
		return;
	entry->fd = open_place(place, info);
	if (entry->fd == -1)
		skip(entry, VP_TREE_UNREADABLE);
}

static void take_place(struct vp_tree_walk *walk, const struct place *place,
	const struct stat *info, bool open_files, struct vp_tree_entry *entry)
{
	entry->mode = (uint16_t)(info->st_mode & VP_TREE_MODE_ALL);
	entry->mtime = info->st_mtim.tv_sec;
	if (S_ISREG(info->st_mode))
		take_file(place, info, open_files, entry);
	else if (S_ISDIR(info->st_mode))
		enter(walk, place, info, entry);
	else
		skip(entry, S_ISLNK(info->st_mode) ? VP_TREE_LINK : VP_TREE_SPECIAL);
}

static void set_entry(struct vp_tree_walk *walk, struct vp_tree_entry *entry)
{
	*entry = (struct vp_tree_entry){ .name = walk->name, .path = walk->path, .fd = -1 };
}

/* The last component of a given path; of "." and the like, that of where it leads to. */
static const char *base_name(char *path)
{
	size_t len = strlen(path);
	while (len > 1 && path[len - 1] == '/')
		path[--len] = '\0';
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
		return name;
	char *real = realpath(path, NULL);
	if (real != NULL)
		snprintf(path, PATH_MAX, "%s", real);
	free(real);
	slash = strrchr(path, '/');
	return slash != NULL ? slash + 1 : path;
}

static enum vp_tree_step take_path(
	struct vp_tree_walk *walk, bool open_files, struct vp_tree_entry *entry)
{
	const char *path = *walk->paths++;
	walk->left--;
	struct place place = { AT_FDCWD, path, 0 };
	struct stat info;
	if (strlen(path) >= sizeof(walk->path))
		return fail(walk, path, strerror(ENAMETOOLONG));
	if (fstatat(place.directory, path, &info, 0) == -1)
		return fail(walk, path, strerror(errno));
	snprintf(walk->path, sizeof(walk->path), "%s", path);
	if (!vp_tree_name_escape(base_name(walk->path), walk->name))
		return fail(walk, path, "has no name to be handed over under");
	set_entry(walk, entry);
	take_place(walk, &place, &info, open_files, entry);
	return VP_STEP_ENTRY;
}

static void append_path(struct vp_tree_walk *walk, const struct level *level, const char *name)
{
	snprintf(walk->path + level->path_len, sizeof(walk->path) - level->path_len, "/%s", name);
}

static void take_name(struct vp_tree_walk *walk, const struct level *level, const char *name,
	bool open_files, struct vp_tree_entry *entry)
{
	struct place place = { dirfd(level->directory), name, AT_SYMLINK_NOFOLLOW };
	struct stat info;
	append_path(walk, level, name);
	set_entry(walk, entry);
	if (!vp_tree_name_escape(name, walk->name)) {
		snprintf(walk->name, sizeof(walk->name), "?");
		skip(entry, VP_TREE_NAME);
	} else if (fstatat(place.directory, name, &info, place.follow) == -1) {
		skip(entry, VP_TREE_UNREADABLE);
	} else {
		take_place(walk, &place, &info, open_files, entry);
	}
}

/* The next entry of a directory but itself and its parent; NULL at the end. */
static const char *read_name(struct level *level)
{
	const struct dirent *found;
	do
		found = readdir(level->directory);
	while (found != NULL &&
		(strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0));
	return found != NULL ? found->d_name : NULL;
}

enum vp_tree_step vp_tree_walk_next(
	struct vp_tree_walk *walk, bool open_files, struct vp_tree_entry *entry)
{
	if (walk->depth == 0)
		return walk->left > 0 ? take_path(walk, open_files, entry) : VP_STEP_END;
	struct level *level = &walk->levels[walk->depth - 1];
	const char *name = read_name(level);
	if (name != NULL) {
		take_name(walk, level, name, open_files, entry);
		return VP_STEP_ENTRY;
	}
	closedir(level->directory);
	walk->depth--;
	*entry = (struct vp_tree_entry){ .kind = VP_TREE_UP, .fd = -1 };
	return VP_STEP_ENTRY;
}
