/*
 * In place of libFuzzer: runs a fuzz target once for each file that is named, or lies in a
 * directory that is. A target that finds something wrong aborts.
 */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "fuzz.h"

static unsigned int inputs;

static void run_file(const char *path, size_t size)
{
	FILE *file = fopen(path, "rb");
	/* Of just that size, so that sanitizers see what is read beyond it. */
	uint8_t *data = malloc(size > 0 ? size : 1);

	if (file == NULL || data == NULL || fread(data, 1, size, file) != size) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	fclose(file);
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	inputs++;
}

static void run_path(const char *path);

static void run_directory(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		char entry[4096];

		if (entries[i]->d_name[0] != '.') {
			snprintf(entry, sizeof(entry), "%s/%s", path, entries[i]->d_name);
			run_path(entry);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static void run_path(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return;
	if (S_ISDIR(status.st_mode))
		run_directory(path);
	else
		run_file(path, (size_t)status.st_size);
}

int main(int argc, char **argv)
{
	LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++)
		run_path(argv[i]);
	printf("%u inputs\n", inputs);
	return inputs > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
