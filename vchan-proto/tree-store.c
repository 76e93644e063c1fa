#include "tree-store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree-name.h"
#include "tree.h"

#define HIDDEN_PREFIX ".oriel-incoming-"

enum {
	HIDDEN_NAME_BYTES = sizeof(HIDDEN_PREFIX) + 16,
	REMOVE_DEPTH_MAX = 2 * VP_TREE_DEPTH_MAX,
	NAMES_MAX = 8 * 1048576, /* bytes; who names paths one by one names fewer */
	NAMES_MIN = 4096,
	OWNER_FILE = 0600,
	OWNER_DIRECTORY = 0700,
};

/* A file or directory that is being filled. */
struct open_entry {
	int fd; /* or -1 */
	mode_t mode;
	int64_t mtime;
};

struct vp_tree_store {
	int directory;
	char hidden[HIDDEN_NAME_BYTES];
	struct open_entry levels[VP_TREE_DEPTH_MAX + 1]; /* the first is the hidden directory */
	size_t depth;
	struct open_entry file;
	char file_name[VP_TREE_NAME_MAX + 1];
	char *names; /* of what is in the hidden directory, in the order of coming, each with its
			NUL */
	size_t names_len;
	size_t names_capacity;
	mode_t mask; /* bits of modes that the receiver grants to nobody */
};

static int open_directory(int parent, const char *name)
{
	return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Removal */

static void remove_entry(int parent, const char *name, unsigned int depth);

static void remove_content(int directory, unsigned int depth)
{
	DIR *list = fdopendir(directory);
	const struct dirent *found;
	if (list == NULL) {
		close(directory);
		return;
	}
	while ((found = readdir(list)) != NULL)
		if (strcmp(found->d_name, ".") != 0 && strcmp(found->d_name, "..") != 0)
			remove_entry(directory, found->d_name, depth);
	closedir(list);
}

static void remove_entry(int parent, const char *name, unsigned int depth)
{
	if (unlinkat(parent, name, 0) == 0 || depth == REMOVE_DEPTH_MAX)
		return;
	int directory = open_directory(parent, name);
	if (directory == -1)
		return;
	remove_content(directory, depth + 1);
	unlinkat(parent, name, AT_REMOVEDIR);
}

/* A receiver holds a lock on its own hidden directory as long as it lives. */
static void remove_if_left(int parent, const char *name)
{
	int directory = open_directory(parent, name);
	if (directory == -1)
		return;
	if (flock(directory, LOCK_EX | LOCK_NB) == 0)
		remove_entry(parent, name, 0);
	close(directory);
}

static void remove_left_overs(int directory)
{
	int copy = open_directory(directory, ".");
	DIR *list = copy != -1 ? fdopendir(copy) : NULL;
	const struct dirent *found;
	if (list == NULL) {
		if (copy != -1)
			close(copy);
		return;
	}
	while ((found = readdir(list)) != NULL)
		if (strncmp(found->d_name, HIDDEN_PREFIX, strlen(HIDDEN_PREFIX)) == 0 &&
			strlen(found->d_name) == HIDDEN_NAME_BYTES - 1)
			remove_if_left(directory, found->d_name);
	closedir(list);
}

/* Life */

/* Under the parent's lock, so that nobody takes the new directory for a left-over before it is
 * locked, too. */
static bool make_hidden(struct vp_tree_store *store)
{
	uint64_t number;
	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return false;
	snprintf(store->hidden, sizeof(store->hidden), HIDDEN_PREFIX "%016llx",
		(unsigned long long)number);
	if (flock(store->directory, LOCK_EX) == -1)
		return false;
	remove_left_overs(store->directory);
	int fd = -1;
	if (mkdirat(store->directory, store->hidden, OWNER_DIRECTORY) == 0)
		fd = open_directory(store->directory, store->hidden);
	bool made = fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == 0;
	flock(store->directory, LOCK_UN);
	store->levels[0].fd = fd;
	return made;
}

struct vp_tree_store *vp_tree_store_create(int directory)
{
	struct vp_tree_store *store = calloc(1, sizeof(*store));
	if (store == NULL)
		return NULL;
	store->directory = directory;
	store->file.fd = -1;
	store->levels[0].fd = -1;
	store->mask = umask(0);
	umask(store->mask);
	if (make_hidden(store))
		return store;
	int error = errno;
	vp_tree_store_destroy(store);
	errno = error;
	return NULL;
}

void vp_tree_store_destroy(struct vp_tree_store *store)
{
	if (store == NULL)
		return;
	if (store->file.fd != -1)
		close(store->file.fd);
	while (store->depth > 0)
		close(store->levels[store->depth--].fd);
	if (store->hidden[0] != '\0')
		remove_entry(store->directory, store->hidden, 0);
	if (store->levels[0].fd != -1)
		close(store->levels[0].fd);
	free(store->names);
	free(store);
}

/* Filling */

static int top(const struct vp_tree_store *store)
{
	return store->levels[store->depth].fd;
}

/* Notes what has come to the hidden directory itself. */
static bool note_name(struct vp_tree_store *store, const char *name)
{
	size_t len = strlen(name) + 1;
	if (store->depth > 0)
		return true;
	if (store->names_len + len > store->names_capacity) {
		size_t wanted = store->names_capacity > 0 ? 2 * store->names_capacity : NAMES_MIN;
		char *names = wanted <= NAMES_MAX ? realloc(store->names, wanted) : NULL;
		if (names == NULL) {
			errno = ENOMEM;
			return false;
		}
		store->names = names;
		store->names_capacity = wanted;
	}
	memcpy(store->names + store->names_len, name, len);
	store->names_len += len;
	return true;
}

/* It was the last to be noted. */
static void forget_name(struct vp_tree_store *store, const char *name)
{
	if (store->depth == 0)
		store->names_len -= strlen(name) + 1;
}

/* Sets what was put off, and closes. */
static bool finish_entry(struct open_entry *entry)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = entry->mtime } };
	bool done = fchmod(entry->fd, entry->mode) == 0;
	/* A time that the file system cannot express is no reason to lose the file. */
	futimens(entry->fd, times);
	done = close(entry->fd) == 0 && done;
	entry->fd = -1;
	return done;
}

static void close_keeping_errno(int fd)
{
	int error = errno;
	if (fd != -1)
		close(fd);
	errno = error;
}

/* The candidate name number n, from 1 on. */
static const char *candidate(const char *name, unsigned int n, bool directory, char *numbered)
{
	if (n == 1)
		return name;
	vp_tree_name_number(name, n, directory, numbered);
	return numbered;
}

bool vp_tree_store_enter(
	struct vp_tree_store *store, const char *name, uint16_t mode, int64_t mtime)
{
	char numbered[VP_TREE_NAME_MAX + 1];
	if (store->depth == VP_TREE_DEPTH_MAX) {
		errno = ELOOP;
		return false;
	}
	for (unsigned int n = 1; n <= VP_TREE_NUMBER_MAX; n++) {
		const char *free_name = candidate(name, n, true, numbered);
		if (mkdirat(top(store), free_name, OWNER_DIRECTORY) == -1) {
			if (errno == EEXIST)
				continue;
			return false;
		}
		int fd = open_directory(top(store), free_name);
		if (fd == -1 || !note_name(store, free_name)) {
			close_keeping_errno(fd);
			return false;
		}
		store->levels[++store->depth] = (struct open_entry){
			.fd = fd,
			.mode = (mode & ~store->mask) | OWNER_DIRECTORY,
			.mtime = mtime,
		};
		return true;
	}
	return false;
}

bool vp_tree_store_leave(struct vp_tree_store *store)
{
	if (store->depth == 0) {
		errno = ELOOP;
		return false;
	}
	return finish_entry(&store->levels[store->depth--]);
}

bool vp_tree_store_begin_file(
	struct vp_tree_store *store, const char *name, uint16_t mode, int64_t mtime)
{
	char numbered[VP_TREE_NAME_MAX + 1];
	for (unsigned int n = 1; n <= VP_TREE_NUMBER_MAX; n++) {
		const char *free_name = candidate(name, n, false, numbered);
		int fd = openat(top(store), free_name,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, OWNER_FILE);
		if (fd == -1 && errno == EEXIST)
			continue;
		if (fd == -1 || !note_name(store, free_name)) {
			close_keeping_errno(fd);
			return false;
		}
		store->file = (struct open_entry){
			.fd = fd,
			.mode = (mode & ~store->mask) | OWNER_FILE,
			.mtime = mtime,
		};
		snprintf(store->file_name, sizeof(store->file_name), "%s", free_name);
		return true;
	}
	return false;
}

bool vp_tree_store_write(struct vp_tree_store *store, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(store->file.fd, data, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

bool vp_tree_store_end_file(struct vp_tree_store *store, bool keep)
{
	bool kept = finish_entry(&store->file);
	if (keep)
		return kept;
	forget_name(store, store->file_name);
	return unlinkat(top(store), store->file_name, 0) == 0;
}

bool vp_tree_store_at_top(const struct vp_tree_store *store)
{
	return store->depth == 0;
}

/* Placing */

/* As a rename that replaces nothing, for file systems that have none: a directory may replace the
 * empty one that was just made, and a file gets a second name. */
static bool move_in_steps(int from, const char *name, int to, const char *new_name, bool directory)
{
	if (directory) {
		if (mkdirat(to, new_name, OWNER_DIRECTORY) == -1)
			return false;
		return renameat(from, name, to, new_name) == 0;
	}
	return linkat(from, name, to, new_name, 0) == 0 && unlinkat(from, name, 0) == 0;
}

static bool move(int from, const char *name, int to, const char *new_name, bool directory)
{
	if (renameat2(from, name, to, new_name, RENAME_NOREPLACE) == 0)
		return true;
	return errno == EINVAL && move_in_steps(from, name, to, new_name, directory);
}

static bool place(struct vp_tree_store *store, const char *name,
	void (*placed)(void *data, const char *name), void *data)
{
	char numbered[VP_TREE_NAME_MAX + 1];
	struct stat info;
	int from = store->levels[0].fd;
	if (fstatat(from, name, &info, AT_SYMLINK_NOFOLLOW) == -1)
		return false;
	bool directory = S_ISDIR(info.st_mode);
	for (unsigned int n = 1; n <= VP_TREE_NUMBER_MAX; n++) {
		const char *free_name = candidate(name, n, directory, numbered);
		if (move(from, name, store->directory, free_name, directory)) {
			placed(data, free_name);
			return true;
		}
		if (errno != EEXIST)
			return false;
	}
	return false;
}

bool vp_tree_store_commit(
	struct vp_tree_store *store, void (*placed)(void *data, const char *name), void *data)
{
	const char *end = store->names + store->names_len;
	for (const char *name = store->names; name < end; name += strlen(name) + 1)
		if (!place(store, name, placed, data))
			return false;
	return true;
}
