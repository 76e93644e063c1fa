#include "tree-name.h"

#include <stdio.h>
#include <string.h>

#include "wire.h"

enum {
	CHARACTER_MAX = 4, /* bytes of UTF-8 */
	EXTENSION_MAX = 16, /* bytes; what is longer is no extension */
	NUMBER_MAX = 16, /* bytes of " (4294967295)" and NUL */
	DELETE = 0x7f,
};

/* Bytes of the character at the start, 0 if it is none. */
static size_t character_bytes(const char *at, size_t len)
{
	for (size_t n = 1; n <= CHARACTER_MAX && n <= len; n++)
		if (vp_text_valid(at, n))
			return n;
	return 0;
}

/* C1, line and paragraph separators, embeddings, overrides and isolates of direction. */
static bool misleads(const char *at, size_t n)
{
	static const struct {
		const char *first;
		const char *last;
	} ranges[] = {
		{ "\xc2\x80", "\xc2\x9f" },
		{ "\xe2\x80\xa8", "\xe2\x80\xae" },
		{ "\xe2\x81\xa6", "\xe2\x81\xa9" },
	};
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (n == strlen(ranges[i].first) && memcmp(at, ranges[i].first, n) >= 0 &&
			memcmp(at, ranges[i].last, n) <= 0)
			return true;
	return false;
}

/* Bytes of the character at the start, if a name may have it; else 0. */
static size_t safe_bytes(const char *at, size_t len)
{
	size_t n = character_bytes(at, len);
	if (n == 1 && ((unsigned char)*at < ' ' || *at == DELETE || *at == '/'))
		return 0;
	return misleads(at, n) ? 0 : n;
}

bool vp_tree_name_valid(const char *name, size_t len)
{
	if (len < 1 || len > VP_TREE_NAME_MAX)
		return false;
	if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return false;
	while (len > 0) {
		size_t n = safe_bytes(name, len);
		if (n == 0)
			return false;
		name += n;
		len -= n;
	}
	return true;
}

bool vp_tree_name_escape(const char *name, char escaped[VP_TREE_NAME_MAX + 1])
{
	size_t left = strlen(name);
	size_t used = 0;
	while (left > 0) {
		size_t n = safe_bytes(name, left);
		size_t size = n > 0 ? n : strlen("%XX");
		if (used + size > VP_TREE_NAME_MAX)
			return false;
		if (n > 0)
			memcpy(escaped + used, name, n);
		else
			snprintf(escaped + used, size + 1, "%%%02X", (unsigned char)*name);
		used += size;
		name += n > 0 ? n : 1;
		left -= n > 0 ? n : 1;
	}
	escaped[used] = '\0';
	return vp_tree_name_valid(escaped, used);
}

/* Where the extension begins, "tar.gz" as a whole; the end if there is none. */
static const char *find_extension(const char *name)
{
	const char *end = name + strlen(name);
	const char *dot = strrchr(name, '.');
	if (dot == NULL || dot == name || end - dot > EXTENSION_MAX)
		return end;
	static const char tar[] = ".tar";
	size_t tar_len = strlen(tar);
	if ((size_t)(dot - name) > tar_len && memcmp(dot - tar_len, tar, tar_len) == 0)
		return dot - tar_len;
	return dot;
}

void vp_tree_name_number(
	const char *name, unsigned int number, bool directory, char numbered[VP_TREE_NAME_MAX + 1])
{
	const char *extension = directory ? name + strlen(name) : find_extension(name);
	char suffix[NUMBER_MAX];
	snprintf(suffix, sizeof(suffix), " (%u)", number);
	size_t room = VP_TREE_NAME_MAX - strlen(suffix) - strlen(extension);
	size_t stem = (size_t)(extension - name);
	if (stem > room)
		stem = vp_text_from(name, room).len;
	snprintf(numbered, VP_TREE_NAME_MAX + 1, "%.*s%s%s", (int)stem, name, suffix, extension);
}

bool vp_tree_name_stems(const char *numbered, const char *name)
{
	char candidate[VP_TREE_NAME_MAX + 1];
	if (strcmp(numbered, name) == 0)
		return true;
	for (unsigned int n = 2; n <= VP_TREE_NUMBER_MAX; n++)
		for (int directory = 0; directory <= 1; directory++) {
			vp_tree_name_number(name, n, directory != 0, candidate);
			if (strcmp(numbered, candidate) == 0)
				return true;
		}
	return false;
}
