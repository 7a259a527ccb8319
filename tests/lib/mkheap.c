// SPDX-License-Identifier: GPL-2.0
/*
 * mkheap: print the heap of a process, this one, as pages to compress.
 *
 * It does what programs do with memory: it reads text (standard input) into allocated
 * lines, and indexes its words in a hash table whose entries keep growing lists of
 * pointers to the lines, so that the heap holds strings, pointers, counters, slack and
 * freed pieces. Restarts itself without address space randomization and without
 * malloc's randomly keyed cache, so that the same text gives the same bytes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <unistd.h>

#include "pages.h"

#define BUCKETS		4096
#define LINE		1024
#define TUNABLES	"glibc.malloc.tcache_count=0"

struct line {
	struct line *previous;
	uint32_t number;
	uint32_t length;
	char text[];
};

struct word {
	struct word *next;
	struct line **lines;
	uint32_t count;
	uint32_t room;
	char text[];
};

static struct word *table[BUCKETS];

static void *allocate(size_t bytes)
{
	void *p = calloc(1, bytes);

	if (!p)
		die("no memory");
	return p;
}

static struct word *word_get(const char *text)
{
	struct word **slot, *word;
	uint32_t hash = 5381;

	for (const char *c = text; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	slot = &table[hash % BUCKETS];
	for (word = *slot; word; word = word->next)
		if (!strcmp(word->text, text))
			return word;
	word = allocate(sizeof(*word) + strlen(text) + 1);
	strcpy(word->text, text);
	word->next = *slot;
	*slot = word;
	return word;
}

static void word_add(struct word *word, struct line *line)
{
	if (word->count == word->room) {
		word->room = word->room ? 2 * word->room : 2;
		word->lines = realloc(word->lines, word->room * sizeof(*word->lines));
		if (!word->lines)
			die("no memory");
	}
	word->lines[word->count++] = line;
}

static struct line *line_add(struct line *previous, char *text)
{
	struct line *line = allocate(sizeof(*line) + strlen(text) + 1);
	char *save, *word;

	line->previous = previous;
	line->number = previous ? previous->number + 1 : 1;
	line->length = strlen(text);
	strcpy(line->text, text);
	for (word = strtok_r(text, " \t\n.,;:()[]{}<>\"'*&=+-/", &save); word;
	     word = strtok_r(NULL, " \t\n.,;:()[]{}<>\"'*&=+-/", &save))
		word_add(word_get(word), line);
	return line;
}

int main(int argc, char **argv)
{
	static char text[LINE];
	struct line *last = NULL;
	char *start, *end;
	uint64_t bytes;

	if (argc != 2)
		die("Usage: mkheap BYTES <TEXT >PAGES");
	if (!getenv("MKHEAP_AGAIN")) {
		char *env[] = { "MKHEAP_AGAIN=1", "GLIBC_TUNABLES=" TUNABLES, NULL };

		/* Where it is forbidden the bytes merely differ from run to run. */
		personality(ADDR_NO_RANDOMIZE);
		execve("/proc/self/exe", argv, env);
		die("cannot restart");
	}
	bytes = parse_size(argv[1]);
	start = sbrk(0);
	while (fgets(text, sizeof(text), stdin)) {
		last = line_add(last, text);
		end = sbrk(0);
		if ((uint64_t)(end - start) >= bytes)
			break;
	}
	end = sbrk(0);
	if ((uint64_t)(end - start) < bytes)
		die("too little text for %llu bytes of heap", (unsigned long long)bytes);
	if (fwrite(start, 1, bytes, stdout) != bytes || fflush(stdout))
		die("cannot write");
	return 0;
}
