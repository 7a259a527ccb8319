// SPDX-License-Identifier: GPL-2.0
/*
 * map-race: one CPU changes the memory map, and the others read a device's register.
 *
 * A PCI device, which must have no driver, loses its addresses and gets them back again
 * and again, as in a reset of its function. Another device's first register is read
 * meanwhile, and must not change. An emulator whose CPUs see half of such a change sends
 * accesses to the wrong device; what that costs a guest are lost interrupts.
 * Prints "name value" lines; exit status 1 if a value was wrong.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096
#define PCI_COMMAND 4
#define PCI_COMMAND_MEMORY 2
#define MAX_READERS 16
/*
 * Passes between two reads, at most: milliseconds. A read that waits for the change of
 * the map knows already where it goes, so most have to come before or after that.
 */
#define MAX_PAUSE 500000

static const char usage[] =
"Usage: map-race MOVING STILL COUNT\n"
"MOVING and STILL are PCI addresses; the memory space of MOVING is switched off and on\n"
"COUNT times, while all other CPUs read from STILL.\n";

struct reader {
	pthread_t thread;
	int cpu;
	unsigned long reads;
	unsigned long wrong;
};

static const volatile uint32_t *reg;
static int done;

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

static int open_file(const char *device, const char *name, int flags)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", device, name);
	fd = open(path, flags);
	if (fd < 0)
		fail(path);
	return fd;
}

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail("sched_setaffinity");
}

static void *run_reader(void *arg)
{
	struct reader *reader = arg;
	uint32_t expected = *reg, random = 1 + reader->cpu;

	stay_on(reader->cpu);
	while (!__atomic_load_n(&done, __ATOMIC_RELAXED)) {
		random = random * 1664525 + 1013904223;
		for (volatile uint32_t i = (random >> 8) % MAX_PAUSE; i; i--)
			;
		reader->wrong += *reg != expected;
		reader->reads++;
	}
	return NULL;
}

static void write_command(int fd, uint16_t value)
{
	if (pwrite(fd, &value, sizeof(value), PCI_COMMAND) != sizeof(value))
		fail("the command register");
}

int main(int argc, char **argv)
{
	struct reader readers[MAX_READERS] = {};
	unsigned long reads = 0, wrong = 0, count;
	long nr = sysconf(_SC_NPROCESSORS_ONLN) - 1;
	int config;

	if (argc != 4) {
		fputs(usage, stderr);
		return 2;
	}
	count = strtoul(argv[3], NULL, 0);
	config = open_file(argv[1], "config", O_RDWR);
	reg = mmap(NULL, PAGE, PROT_READ, MAP_SHARED,
		   open_file(argv[2], "resource0", O_RDWR | O_SYNC), 0);
	if (reg == MAP_FAILED)
		fail("the registers");

	if (nr > MAX_READERS)
		nr = MAX_READERS;
	for (int i = 0; i < nr; i++) {
		readers[i].cpu = i + 1;
		if (pthread_create(&readers[i].thread, NULL, run_reader, &readers[i]))
			fail("pthread_create");
	}
	stay_on(0);
	for (unsigned long i = 0; i < count; i++) {
		write_command(config, 0);
		write_command(config, PCI_COMMAND_MEMORY);
	}
	__atomic_store_n(&done, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < nr; i++) {
		pthread_join(readers[i].thread, NULL);
		reads += readers[i].reads;
		wrong += readers[i].wrong;
	}
	printf("changes %lu\nreads %lu\nwrong %lu\n", 2 * count, reads, wrong);
	return wrong != 0;
}
