// SPDX-License-Identifier: GPL-2.0
/*
 * A fuzz target without a fuzzer: the files of a corpus, and then inputs made of them by
 * chance, the same ones at every run. What an input was when it ends in an abort stands in
 * the file "crash", for the fuzzer as well.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target.h"

#define MAX_FILES	4096
#define MAX_LEN		16384

static const char usage[] =
"Usage: TARGET [--random N] [--seed N] [--crash FILE] CORPUS...\n"
"  --random N    inputs made of the corpus (default 0)\n"
"  --seed N      of these (default 1)\n"
"  --crash FILE  keep the input of a crash there (default crash)\n"
"  CORPUS        files or directories of files\n";

static struct input {
	uint8_t *data;
	size_t len;
} inputs[MAX_FILES];
static unsigned int nr_inputs;
static const char *crash = "crash";
static uint64_t rng_state;

static unsigned int rng(unsigned int n)
{
	rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
	return (rng_state >> 33) % n;
}

static void die(const char *what, const char *path)
{
	fprintf(stderr, "%s %s\n", what, path);
	exit(2);
}

static void load(const char *path)
{
	struct input *in = &inputs[nr_inputs];
	FILE *f = fopen(path, "rb");

	if (!f || nr_inputs == MAX_FILES)
		die("cannot read", path);
	in->data = malloc(MAX_LEN);
	if (!in->data)
		die("no memory for", path);
	in->len = fread(in->data, 1, MAX_LEN, f);
	fclose(f);
	nr_inputs++;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* By name: the same order on every file system */
static void load_all(const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, NULL, by_name);
	char file[4096];

	if (n < 0) {
		load(path);
		return;
	}
	for (int i = 0; i < n; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			load(file);
		free(entries[i]);
	}
	free(entries);
}

static void run(const struct input *in)
{
	/* Memory of its own, so that a read behind it is seen; and kept for the case of one */
	uint8_t *data = malloc(in->len ?: 1);
	FILE *f = fopen(crash, "wb");

	if (!data || !f || fwrite(in->data, 1, in->len, f) != in->len || fclose(f))
		die("cannot write", crash);
	memcpy(data, in->data, in->len);
	LLVMFuzzerTestOneInput(data, in->len);
	free(data);
	remove(crash);
}

static void mutate(struct input *in)
{
	const struct input *other = &inputs[rng(nr_inputs)];
	size_t at, n;

	switch (rng(6)) {
	case 0:
		in->len = rng(in->len + 1);
		return;
	case 1:		/* the other's end behind this one's start */
		at = rng((in->len < other->len ? in->len : other->len) + 1);
		memcpy(in->data + at, other->data + at, other->len - at);
		in->len = other->len;
		return;
	case 2:
		at = rng(in->len + 1);
		n = rng(64) + 1;
		n = n < MAX_LEN - at ? n : MAX_LEN - at;
		for (size_t i = 0; i < n; i++)
			in->data[at + i] = rng(256);
		in->len = in->len > at + n ? in->len : at + n;
		return;
	default:
		for (n = rng(4) + 1; n && in->len; n--) {
			at = rng(in->len);
			in->data[at] = rng(2) ? rng(256) : in->data[at] ^ 1 << rng(8);
		}
	}
}

static void run_random(unsigned int count)
{
	struct input in = { malloc(MAX_LEN), 0 };

	if (!in.data)
		die("no memory for", "inputs");
	while (count--) {
		const struct input *from = &inputs[rng(nr_inputs)];

		memcpy(in.data, from->data, from->len);
		in.len = from->len;
		for (unsigned int n = rng(3) + 1; n; n--)
			mutate(&in);
		run(&in);
	}
	free(in.data);
}

int main(int argc, char **argv)
{
	unsigned int random = 0, seed = 1;
	int i;

	for (i = 1; i + 1 < argc && argv[i][0] == '-'; i += 2) {
		if (!strcmp(argv[i], "--random"))
			random = strtoul(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--seed"))
			seed = strtoul(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--crash"))
			crash = argv[i + 1];
		else
			break;
	}
	if (i >= argc || argv[i][0] == '-') {
		fputs(usage, stderr);
		return 2;
	}
	LLVMFuzzerInitialize(&argc, &argv);
	for (; i < argc; i++)
		load_all(argv[i]);
	if (!nr_inputs)
		die("no inputs in", argv[argc - 1]);
	for (unsigned int n = 0; n < nr_inputs; n++)
		run(&inputs[n]);
	rng_state = seed;
	run_random(random);
	printf("%u inputs, %u made of them with seed %u\n", nr_inputs, random, seed);
	for (unsigned int n = 0; n < nr_inputs; n++)
		free(inputs[n].data);
	return 0;
}
