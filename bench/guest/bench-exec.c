// SPDX-License-Identifier: GPL-2.0
/*
 * bench-exec: time a command, run several times at once, and what it made the system
 * swap.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static const char usage[] =
"Usage: bench-exec [OPTION]... -- COMMAND [ARG]...\n"
"  --processes N    of it at once (default 1); in ARG, @ becomes 0 to N - 1\n"
"  --tag NAME=VALUE one more member of the result; may be repeated\n";

/* The arguments with the process' number in them. */
static void run(char **argv, unsigned int process)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", process);
	for (int i = 0; argv[i]; i++) {
		char *at = strchr(argv[i], '@');
		char *text;

		if (!at)
			continue;
		if (asprintf(&text, "%.*s%s%s", (int)(at - argv[i]), argv[i], number, at + 1) < 0)
			die("no memory");
		argv[i] = text;
	}
	execvp(argv[0], argv);
	die("%s: %s", argv[0], strerror(errno));
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "processes", required_argument, NULL, 'n' },
		{ "tag", required_argument, NULL, 't' },
		{ }
	};
	unsigned int processes = 1;
	struct bench_workload before;
	int c, status, bad = 0;

	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (c) {
		case 'n':
			processes = bench_size(optarg);
			break;
		case 't':
			bench_tag(optarg);
			break;
		default:
			die("%s", usage);
		}
	}
	if (optind == argc || !processes || processes > 1000)
		die("%s", usage);
	bench_clock_init();

	bench_workload_start(&before);
	for (unsigned int i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork: %s", strerror(errno));
		if (!pid)
			run(argv + optind, i);
	}
	for (unsigned int i = 0; i < processes; i++)
		if (wait(&status) < 0 || status)
			bad++;
	if (bad)
		die("%d of %u processes of '%s' failed", bad, processes, argv[optind]);

	bench_begin();
	bench_u64("processes", processes);
	bench_workload_end(&before);
	bench_end();
	return 0;
}
