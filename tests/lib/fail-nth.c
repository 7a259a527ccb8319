// SPDX-License-Identifier: GPL-2.0
/*
 * fail-nth: do one thing while one of the kernel's allocations for it fails.
 *
 * A shell's command allocates itself: here all is prepared before, and only the one system
 * call can meet the failure. Prints "done", or "failed" and the error's number, then "left"
 * and how many allocations were still to come before the one that would have failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pages.h"

#define PAGE TEST_PAGE_SIZE
#define PAGES 16

static const char usage[] =
"Usage: fail-nth NTH load MODULE-FILE\n"
"       fail-nth NTH write|read DEVICE\n"
"Load a module, or write or read the first 64 KiB of a block device past its cache, and fail\n"
"the NTH allocation (from 1) of this task. The kernel needs fault injection\n"
"(/proc/self/fail-nth). What was written is NTH's, and is read again and compared; what was\n"
"read has to be a write's before. Exit status: 0 if it was done, 1 if not, 3 if a page is\n"
"wrong.\n";

static int armed;

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

static void arm(const char *nth)
{
	armed = open("/proc/self/fail-nth", O_RDWR);
	if (armed < 0)
		fail("/proc/self/fail-nth");
	if (write(armed, nth, strlen(nth)) < 0)
		fail(nth);
}

static int disarm(void)
{
	char number[16];
	ssize_t n;

	n = pread(armed, number, sizeof(number) - 1, 0);
	if (n < 0 || write(armed, "0", 1) < 0)
		fail("/proc/self/fail-nth");
	number[n] = 0;
	return atoi(number);
}

static void fill(char *buf, uint32_t round)
{
	struct corpus corpus;
	unsigned int page;

	corpus_open(&corpus, "/corpus");
	for (page = 0; page < PAGES; page++)
		page_fill(&corpus, 1, page, round, buf + page * PAGE);
}

static char *buffer(void)
{
	void *buf;

	if (posix_memalign(&buf, PAGE, PAGES * PAGE))
		die("no memory");
	memset(buf, 0, PAGES * PAGE);
	return buf;
}

static int transfer(int fd, char *buf, int writes)
{
	ssize_t n = writes ? pwrite(fd, buf, PAGES * PAGE, 0) :
			     pread(fd, buf, PAGES * PAGE, 0);

	if (n == PAGES * PAGE)
		return 0;
	return n < 0 ? errno : EIO;
}

int main(int argc, char **argv)
{
	int fd, error = 0, left, loads, writes;
	char *buf = NULL, *want = NULL;

	if (argc != 4)
		goto usage;
	loads = !strcmp(argv[2], "load");
	writes = !strcmp(argv[2], "write");
	if (!loads && !writes && strcmp(argv[2], "read"))
		goto usage;
	fd = open(argv[3], loads ? O_RDONLY | O_CLOEXEC : O_RDWR | O_DIRECT);
	if (fd < 0)
		fail(argv[3]);
	if (!loads) {
		buf = buffer();
		want = buffer();
	}
	if (writes) {
		fill(buf, strtoul(argv[1], NULL, 10));
		memcpy(want, buf, PAGES * PAGE);
	} else if (!loads && transfer(fd, want, 0)) {
		fail(argv[3]);
	}

	arm(argv[1]);
	if (!loads)
		error = transfer(fd, buf, writes);
	else if (syscall(SYS_finit_module, fd, "", 0))
		error = errno;
	left = disarm();

	if (error)
		printf("failed %d\n", error);
	else
		printf("done\n");
	printf("left %d\n", left);
	if (error)
		return 1;
	if (writes && transfer(fd, buf, 0))
		fail(argv[3]);
	if (!loads && memcmp(buf, want, PAGES * PAGE)) {
		printf("wrong\n");
		return 3;
	}
	return 0;

usage:
	fputs(usage, stderr);
	return 2;
}
