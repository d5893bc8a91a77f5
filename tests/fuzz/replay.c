/* replay.c - give a fuzz target the files of its corpus, without a fuzzer */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUT_MAX (4u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
	FILE *in = fopen(path, "rb");
	uint8_t *data;
	size_t size;

	if (!in) {
		perror(path);
		return -1;
	}
	data = malloc(INPUT_MAX);
	size = data ? fread(data, 1, INPUT_MAX, in) : 0;
	fclose(in);
	/* An exact copy, so that a read past the end is seen by asan. */
	data = realloc(data, size ? size : 1);
	if (!data)
		return -1;
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i]);
	printf("%d inputs\n", argc - 1);
	return failed != 0;
}
