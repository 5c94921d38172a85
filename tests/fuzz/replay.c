/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plain runner of the fuzz entries: feeds every file of the given folders (or the given files),
 * and each of them cut at every length and with single bytes changed, to LLVMFuzzerTestOneInput().
 * For `make check`; under libFuzzer the same entries get inputs that nobody thought of.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_MAX (1024 * 1024)
#define MUTATE_MAX 4096 /* longer inputs are cut and changed at this many places only */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned files;
static unsigned long inputs;

/* A copy of exactly that size, so that ASan sees each byte read past the end. */
static void
run_copy(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, data, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	inputs++;
}

static void
run_mutations(uint8_t *data, size_t size)
{
	static const uint8_t bytes[] = {0x00, 0xff, 0x7f, '<', '\n'};
	size_t step = size / MUTATE_MAX + 1;

	for (size_t at = 0; at < size; at += step) {
		uint8_t was = data[at];

		run_copy(data, at);
		data[at] = bytes[at % sizeof(bytes)];
		run_copy(data, size);
		data[at] = was ^ (uint8_t)(1U << (at % 8));
		run_copy(data, size);
		data[at] = was;
	}
}

static bool
run_file(const char *path)
{
	uint8_t *data = malloc(INPUT_MAX);
	FILE *f = fopen(path, "rb");
	size_t size;

	if (data == NULL || f == NULL) {
		fprintf(stderr, "replay: cannot read %s\n", path);
		free(data);
		if (f != NULL)
			(void)fclose(f);
		return false;
	}
	size = fread(data, 1, INPUT_MAX, f);
	(void)fclose(f);
	run_copy(data, size);
	run_mutations(data, size);
	free(data);
	files++;
	return true;
}

static bool
run_folder(const char *path)
{
	struct dirent **list;
	int n = scandir(path, &list, NULL, alphasort);
	bool ok = n >= 0;

	if (n < 0)
		fprintf(stderr, "replay: cannot read folder %s\n", path);
	for (int i = 0; i < n; i++) {
		char file[4096];

		if (list[i]->d_name[0] != '.') {
			(void)snprintf(file, sizeof(file), "%s/%s", path, list[i]->d_name);
			ok = run_file(file) && ok;
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return ok;
}

int
main(int argc, char **argv)
{
	bool ok = argc > 1;

	for (int i = 1; i < argc; i++) {
		struct stat st;
		bool folder = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode);

		ok = (folder ? run_folder(argv[i]) : run_file(argv[i])) && ok;
	}
	if (files == 0) {
		fprintf(stderr, "replay: no input\n");
		ok = false;
	}
	printf("%u files, %lu inputs\n", files, inputs);
	return ok ? 0 : 1;
}
