// SPDX-License-Identifier: GPL-2.0
/*
 * Switches the module iaa_prof (bench/kmod) on and off, if bench/profile loaded it.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

void bench_profile(const char *name)
{
	const char *path = getenv("BENCH_PROFILE");
	static int fd = -1;

	if (!path)
		return;
	if (fd < 0)
		fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, name, strlen(name)) != (ssize_t)strlen(name))
		die("%s cannot be written", path);
}
