// SPDX-License-Identifier: GPL-2.0
/*
 * load-failing: load a kernel module while one of the allocations for that fails.
 *
 * modprobe allocates, too: here the file is opened before, and only the system call that
 * loads it can meet the failure. Prints "loaded" or "failed" and the error's number, then
 * "left" and how many allocations were still to come before the one that would have failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char usage[] =
"Usage: load-failing NTH MODULE-FILE\n"
"Load a module, of which the kernel needs fault injection (/proc/self/fail-nth), and fail\n"
"the NTH allocation (from 1) of this task. Exit status: 0 if it was loaded, 1 if not.\n";

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

int main(int argc, char **argv)
{
	char number[16];
	int file, nth, error = 0;
	ssize_t n;

	if (argc != 3) {
		fputs(usage, stderr);
		return 2;
	}
	file = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (file < 0)
		fail(argv[2]);
	nth = open("/proc/self/fail-nth", O_RDWR);
	if (nth < 0)
		fail("/proc/self/fail-nth");
	if (write(nth, argv[1], strlen(argv[1])) < 0)
		fail(argv[1]);
	if (syscall(SYS_finit_module, file, "", 0))
		error = errno;
	n = pread(nth, number, sizeof(number) - 1, 0);
	if (n < 0 || write(nth, "0", 1) < 0)
		fail("/proc/self/fail-nth");
	number[n] = 0;
	if (error)
		printf("failed %d\n", error);
	else
		printf("loaded\n");
	printf("left %d\n", atoi(number));
	return error ? 1 : 0;
}
