// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define MAX_TAGS	16

static const char *tags[MAX_TAGS];
static unsigned int nr_tags;
static bool first;

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

uint64_t bench_size(const char *text)
{
	static const char units[] = "KMG";
	const char *unit;
	uint64_t value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	unit = *end ? strchr(units, *end) : NULL;
	if (errno || end == text || *text == '-' || (*end && (!unit || end[1])))
		die("'%s' is no size; use a number with K, M or G", text);
	return unit ? value << (10 * (unit - units + 1)) : value;
}

void bench_tag(const char *name_value)
{
	const char *p = strchr(name_value, '=');

	if (!p || p == name_value || strpbrk(name_value, "\"\\"))
		die("--tag wants NAME=VALUE without quotes, got '%s'", name_value);
	if (nr_tags == MAX_TAGS)
		die("more than %d --tag", MAX_TAGS);
	tags[nr_tags++] = name_value;
}

static void name(const char *text, size_t len)
{
	printf("%s\"%.*s\":", first ? "" : ",", (int)len, text);
	first = false;
}

static bool is_number(const char *text)
{
	if (!*text || strlen(text) > 15)
		return false;
	while (isdigit((unsigned char)*text))
		text++;
	return !*text;
}

void bench_begin(void)
{
	printf("RESULT {");
	first = true;
	for (unsigned int i = 0; i < nr_tags; i++) {
		const char *value = strchr(tags[i], '=') + 1;

		name(tags[i], value - 1 - tags[i]);
		printf(is_number(value) ? "%s" : "\"%s\"", value);
	}
}

void bench_u64(const char *key, uint64_t value)
{
	name(key, strlen(key));
	printf("%llu", (unsigned long long)value);
}

void bench_time(const char *key, struct bench_time span)
{
	name(key, strlen(key));
	printf("{\"ns\":%lld", (long long)span.ns);
	if (span.insn >= 0)
		printf(",\"insn\":%lld", (long long)span.insn);
	putchar('}');
}

void bench_end(void)
{
	printf("}\n");
	fflush(stdout);
}
