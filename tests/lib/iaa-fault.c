// SPDX-License-Identifier: GPL-2.0
/*
 * iaa-fault: make an emulated accelerator fail, and read what it counted.
 *
 * Drives the fault region (BAR 4) that the QEMU model alone has; the region is described
 * in qemu/docs/specs/iaa.rst. Exit status: 0 done, 1 it could not be done, 2 wrong usage.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../qemu/hw/misc/iaa/iaa-fault-bits.h"

#define PCI_DEVICES "/sys/bus/pci/devices"
#define MAX_WQS 64

static const char usage[] =
"Usage: iaa-fault list\n"
"       iaa-fault DEVICE|all FAULT [PARAMETER=VALUE]...\n"
"       iaa-fault DEVICE|all clear | zero | halt [reset=N] | remove | return\n"
"       iaa-fault DEVICE stats [NAME] | rules\n"
"\n"
"DEVICE is a PCI address (0000:01:00.0) or an idxd name (iax1).\n"
"\n"
"Faults, each in force from the next descriptor on:\n"
"  drop                     never completed\n"
"  late [time=10ms]         completed that much later; the engine goes on\n"
"  hang-wq [time=0]         the queue stops; 0: until reset or cleared\n"
"  hang-engine [time=0]     the engine stops; same\n"
"  status code=N [error=N]  completed with this status and error code, no output\n"
"  crc [xor=N]              wrong CRC (default: all bits)\n"
"  output [bit=N]           one bit of the output flipped (default: bit 0)\n"
"  size [delta=N]           wrong output size (default: -1)\n"
"  cmd-hang [time=0]        a command takes that long; 0: until cleared\n"
"  cmd-status error=N       a command fails\n"
"  cmd-junk [xor=N]         a command leaves this in the unused bits of its status\n"
"  flr-ignored              a reset of the function does nothing\n"
"  flr-restored             it is done, and its configuration restored as by a hypervisor\n"
"  halt-at [reset=N]        halts; GENSTS asks for reset type 0 software, 1 FLR, 2 warm, 3 cold\n"
"  remove-at                surprise removal\n"
"Which descriptors (or commands, or resets):\n"
"  count=N                  how many (default: all from now on)\n"
"  skip=N                   how many to let pass before\n"
"  op=NAME|N                compress, decompress, noop, drain; a command's number\n"
"  wq=N[,N...] engine=N[,N...]\n"
"\n"
"  clear    removes all faults, and what hung by them goes on\n"
"  zero     sets the counters to 0\n"
"  halt     halts at once; remove, return: surprise removal and back\n"
"  stats    prints all counters as \"name value\" lines, or one value\n"
"  rules    prints the faults in force and how often each struck\n"
"\n"
"Times take ns, us, ms or s (default ns), on the guest's clock. Numbers may be hexadecimal.\n";

enum param { P_NONE, P_TIME, P_CODE, P_XOR, P_BIT, P_DELTA, P_ERROR, P_RESET };

static const struct fault {
	const char *name;
	unsigned int kind;
	enum param param;	/* the one that becomes the rule's argument */
	const char *fallback;	/* its default; NULL where it must be given */
} faults[] = {
	{ "drop", IAA_FAULT_DROP, P_NONE, "0" },
	{ "late", IAA_FAULT_LATE, P_TIME, "10ms" },
	{ "hang-wq", IAA_FAULT_HANG_WQ, P_TIME, "0" },
	{ "hang-engine", IAA_FAULT_HANG_ENGINE, P_TIME, "0" },
	{ "status", IAA_FAULT_STATUS, P_CODE, NULL },
	{ "crc", IAA_FAULT_CRC, P_XOR, "0xffffffff" },
	{ "output", IAA_FAULT_OUTPUT, P_BIT, "0" },
	{ "size", IAA_FAULT_SIZE, P_DELTA, "-1" },
	{ "cmd-hang", IAA_FAULT_CMD_HANG, P_TIME, "0" },
	{ "cmd-status", IAA_FAULT_CMD_STATUS, P_ERROR, NULL },
	{ "cmd-junk", IAA_FAULT_CMD_JUNK, P_XOR, "0xffffffff" },
	{ "flr-ignored", IAA_FAULT_FLR_IGNORED, P_NONE, "0" },
	{ "flr-restored", IAA_FAULT_FLR_RESTORED, P_NONE, "0" },
	{ "halt-at", IAA_FAULT_HALT, P_RESET, "0" },
	{ "remove-at", IAA_FAULT_REMOVE, P_NONE, "0" },
};

static const char *const params[] = {
	[P_TIME] = "time", [P_CODE] = "code", [P_XOR] = "xor", [P_BIT] = "bit",
	[P_DELTA] = "delta", [P_ERROR] = "error", [P_RESET] = "reset",
};

static const struct action {
	const char *name;
	unsigned int action;
	bool takes_reset;
} actions[] = {
	{ "halt", IAA_FAULT_ACTION_HALT, true },
	{ "remove", IAA_FAULT_ACTION_REMOVE, false },
	{ "return", IAA_FAULT_ACTION_RETURN, false },
	{ "clear", IAA_FAULT_ACTION_CLEAR, false },
	{ "zero", IAA_FAULT_ACTION_ZERO, false },
};

static const char *const counters[IAA_COUNTERS] = {
	[IAA_COUNT_CONTROL_SUBMITTED] = "control_submitted",
	[IAA_COUNT_COMPRESS_SUBMITTED] = "compress_submitted",
	[IAA_COUNT_DECOMPRESS_SUBMITTED] = "decompress_submitted",
	[IAA_COUNT_CONTROL_COMPLETED] = "control_completed",
	[IAA_COUNT_COMPRESS_COMPLETED] = "compress_completed",
	[IAA_COUNT_DECOMPRESS_COMPLETED] = "decompress_completed",
	[IAA_COUNT_CONTROL_FAILED] = "control_failed",
	[IAA_COUNT_COMPRESS_FAILED] = "compress_failed",
	[IAA_COUNT_DECOMPRESS_FAILED] = "decompress_failed",
	[IAA_COUNT_REJECTED] = "rejected",
	[IAA_COUNT_DISCARDED] = "discarded",
	[IAA_COUNT_DROPPED] = "dropped",
	[IAA_COUNT_LATE] = "late",
	[IAA_COUNT_BYTES_READ] = "bytes_read",
	[IAA_COUNT_BYTES_WRITTEN] = "bytes_written",
	[IAA_COUNT_INTERRUPTS] = "interrupts",
	[IAA_COUNT_SWERRS] = "swerrs",
	[IAA_COUNT_COMMANDS] = "commands",
	[IAA_COUNT_DYNAMIC_COMPLETED] = "dynamic_completed",
};

struct rule {
	uint64_t count;
	uint64_t skip;
	uint64_t opcode;
	uint64_t wqs;
	uint64_t engines;
	const char *arg;	/* as given */
	const char *error;	/* with code= */
};

static __attribute__((noreturn, format(printf, 2, 3)))
void die(int status, const char *fmt, ...)
{
	va_list ap;

	fputs("iaa-fault: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(status);
}

/* Values */

static uint64_t number(const char *text, char **end)
{
	uint64_t val;

	errno = 0;
	val = strtoull(text, end, 0);
	if (*end == text || errno)
		die(2, "'%s' is not a number", text);
	return val;
}

static uint64_t plain_number(const char *text)
{
	char *end;
	uint64_t val = number(text, &end);

	if (*end)
		die(2, "'%s' is not a number", text);
	return val;
}

static uint64_t time_ns(const char *text)
{
	static const struct { const char *unit; uint64_t ns; } units[] = {
		{ "", 1 }, { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 },
	};
	char *end;
	uint64_t val = number(text, &end);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(end, units[i].unit))
			return val * units[i].ns;
	die(2, "'%s' is not a time; use a number with ns, us, ms or s", text);
}

static uint64_t bit_list(const char *text)
{
	uint64_t bits = 0;
	char *end;

	for (;;) {
		uint64_t bit = number(text, &end);

		if (bit >= MAX_WQS || (*end && *end != ','))
			die(2, "'%s' is not a list of numbers below %d", text, MAX_WQS);
		bits |= 1ull << bit;
		if (!*end)
			return bits;
		text = end + 1;
	}
}

static uint64_t opcode(const char *text)
{
	static const struct { const char *name; unsigned int code; } ops[] = {
		{ "noop", 0x00 }, { "drain", 0x02 }, { "decompress", 0x42 }, { "compress", 0x43 },
	};

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (!strcmp(text, ops[i].name))
			return ops[i].code;
	return plain_number(text);
}

/* Devices */

static volatile uint64_t *region_map(const char *address, bool must)
{
	char path[256];
	void *map;
	int fd;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/resource4", address);
	fd = open(path, O_RDWR | O_SYNC | O_CLOEXEC);
	if (fd < 0) {
		if (must)
			die(1, "%s: %s (an emulated accelerator with fault-control=on has it)",
			    path, strerror(errno));
		return NULL;
	}
	map = mmap(NULL, IAA_FAULT_REGION_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED) {
		if (must)
			die(1, "%s: %s", path, strerror(errno));
		return NULL;
	}
	if (*(volatile uint64_t *)map != IAA_FAULT_MAGIC_VALUE) {
		munmap(map, IAA_FAULT_REGION_SIZE);
		if (must)
			die(1, "%s is no emulated accelerator, or disabled: echo 1 >" PCI_DEVICES
			    "/%s/enable", address, address);
		return NULL;
	}
	return map;
}

static uint64_t region_read(volatile uint64_t *region, unsigned int offset)
{
	return region[offset / 8];
}

static void region_write(volatile uint64_t *region, unsigned int offset, uint64_t val)
{
	region[offset / 8] = val;
}

static bool is_accelerator(const char *address)
{
	char path[512], vendor[16] = "";
	FILE *f;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/device", address);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (!fgets(vendor, sizeof(vendor), f))
		vendor[0] = '\0';
	fclose(f);
	return !strncmp(vendor, "0x0cfe", 6);
}

typedef void device_fn(volatile uint64_t *region, const char *address, void *arg);

/* Calls @fn for every accelerator that has a fault region; returns how many. */
static int on_all_devices(device_fn *fn, void *arg)
{
	struct dirent **list;
	int n = scandir(PCI_DEVICES, &list, NULL, alphasort), found = 0;

	if (n < 0)
		die(1, PCI_DEVICES ": %s", strerror(errno));
	for (int i = 0; i < n; i++) {
		volatile uint64_t *region = NULL;

		if (list[i]->d_name[0] != '.' && is_accelerator(list[i]->d_name))
			region = region_map(list[i]->d_name, false);
		if (region) {
			fn(region, list[i]->d_name, arg);
			found++;
		}
		free(list[i]);
	}
	free(list);
	return found;
}

/* A PCI address as it is; of an idxd name, the PCI device above it. */
static const char *device_address(const char *name)
{
	static char path[512], real[4096];
	char *slash;

	if (strchr(name, ':'))
		return name;
	snprintf(path, sizeof(path), "/sys/bus/dsa/devices/%s", name);
	if (!realpath(path, real))
		die(1, "%s: %s", path, strerror(errno));
	slash = strrchr(real, '/');
	*slash = '\0';
	return strrchr(real, '/') + 1;
}

/* What is done to a device */

static void print_device(volatile uint64_t *region, const char *address, void *arg)
{
	uint64_t state = region_read(region, IAA_FAULT_STATE);

	(void)arg;
	printf("%s state %" PRIu64 "%s rules 0x%" PRIx64 "\n", address, state >> 8 & 3,
	       state & 1 ? " removed" : "", region_read(region, IAA_FAULT_ACTIVE));
}

static void do_action(volatile uint64_t *region, const char *address, void *arg)
{
	(void)address;
	region_write(region, IAA_FAULT_KEY, IAA_FAULT_KEY_VALUE);
	region_write(region, IAA_FAULT_ACTION, *(uint64_t *)arg);
}

struct request {
	const struct fault *fault;
	struct rule rule;
	uint64_t arg;
};

static void add_rule(volatile uint64_t *region, const char *address, void *arg)
{
	const struct request *req = arg;
	uint64_t active = region_read(region, IAA_FAULT_ACTIVE);
	unsigned int n = 0, base;

	while (n < IAA_FAULT_RULES && active >> n & 1)
		n++;
	if (n == IAA_FAULT_RULES)
		die(1, "%s has all %d faults in force; iaa-fault %s clear", address,
		    IAA_FAULT_RULES, address);
	base = IAA_FAULT_RULE(n);
	region_write(region, IAA_FAULT_KEY, IAA_FAULT_KEY_VALUE);
	region_write(region, base + IAA_FAULT_RULE_KIND, IAA_FAULT_NONE);
	region_write(region, base + IAA_FAULT_RULE_COUNT, req->rule.count);
	region_write(region, base + IAA_FAULT_RULE_SKIP, req->rule.skip);
	region_write(region, base + IAA_FAULT_RULE_OPCODE, req->rule.opcode);
	region_write(region, base + IAA_FAULT_RULE_WQS, req->rule.wqs);
	region_write(region, base + IAA_FAULT_RULE_ENGINES, req->rule.engines);
	region_write(region, base + IAA_FAULT_RULE_ARG, req->arg);
	region_write(region, base + IAA_FAULT_RULE_KIND, req->fault->kind);
}

static void print_rules(volatile uint64_t *region)
{
	for (unsigned int n = 0; n < IAA_FAULT_RULES; n++) {
		unsigned int base = IAA_FAULT_RULE(n);
		uint64_t kind = region_read(region, base + IAA_FAULT_RULE_KIND);
		uint64_t count = region_read(region, base + IAA_FAULT_RULE_COUNT);

		for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
			if (faults[i].kind != kind)
				continue;
			printf("%u %s left ", n, faults[i].name);
			printf(count == UINT32_MAX ? "all" : "%" PRIu64, count);
			printf(" skip %" PRIu64 " argument 0x%" PRIx64 " hits %" PRIu64 "\n",
			       region_read(region, base + IAA_FAULT_RULE_SKIP),
			       region_read(region, base + IAA_FAULT_RULE_ARG),
			       region_read(region, base + IAA_FAULT_RULE_HITS));
		}
	}
}

static bool print_stat(const char *wanted, const char *name, uint64_t val)
{
	if (!wanted)
		printf("%s %" PRIu64 "\n", name, val);
	else if (!strcmp(wanted, name))
		printf("%" PRIu64 "\n", val);
	else
		return false;
	return true;
}

static bool print_wq_stats(volatile uint64_t *region, unsigned int wq, const char *wanted)
{
	unsigned int base = IAA_FAULT_WQ(wq);
	uint64_t occupancy = region_read(region, base + IAA_FAULT_WQ_OCCUPANCY);
	const struct { const char *name; uint64_t val; } stats[] = {
		{ "submitted", region_read(region, base + IAA_FAULT_WQ_SUBMITTED) },
		{ "completed", region_read(region, base + IAA_FAULT_WQ_COMPLETED) },
		{ "rejected", region_read(region, base + IAA_FAULT_WQ_REJECTED) },
		{ "occupancy", occupancy & UINT32_MAX },
		{ "max_occupancy", occupancy >> 32 },
	};
	bool found = false;

	if (!wanted && !stats[0].val && !stats[2].val)
		return false;
	for (size_t i = 0; i < sizeof(stats) / sizeof(stats[0]); i++) {
		char name[64];

		snprintf(name, sizeof(name), "wq%u_%s", wq, stats[i].name);
		found |= print_stat(wanted, name, stats[i].val);
	}
	return found;
}

static void print_stats(volatile uint64_t *region, const char *wanted)
{
	bool found = false;
	char name[64];

	for (unsigned int n = 0; n < IAA_COUNTERS; n++)
		found |= print_stat(wanted, counters[n], region_read(region, IAA_FAULT_COUNTER(n)));
	for (unsigned int wq = 0; wq < MAX_WQS; wq++)
		found |= print_wq_stats(region, wq, wanted);
	for (unsigned int n = 0; n < MAX_WQS; n++) {
		uint64_t started = region_read(region, IAA_FAULT_ENGINE_STARTED(n));

		snprintf(name, sizeof(name), "engine%u_started", n);
		if (wanted || started)
			found |= print_stat(wanted, name, started);
	}
	if (wanted && !found)
		die(2, "no counter '%s'; iaa-fault DEVICE stats prints them all", wanted);
}

/* The command line */

static uint64_t rule_argument(const struct fault *fault, const struct rule *rule)
{
	const char *text = rule->arg ? rule->arg : fault->fallback;
	uint64_t val;

	if (!text)
		die(2, "%s needs %s=", fault->name, params[fault->param]);
	if (rule->error && fault->param != P_CODE)
		die(2, "%s has no parameter error", fault->name);
	val = fault->param == P_TIME ? time_ns(text) : plain_number(text);
	if (fault->param == P_CODE)
		val |= (rule->error ? plain_number(rule->error) : 0) << 8;
	return val;
}

/* Whether @text starts with "@name=" */
static bool is_parameter(const char *text, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(text, name, len) && text[len] == '=';
}

static void parse_parameter(const struct fault *fault, struct rule *rule, const char *text)
{
	const char *val = strchr(text, '=');

	if (!val)
		die(2, "'%s' is not PARAMETER=VALUE", text);
	val++;
	if (is_parameter(text, "count"))
		rule->count = plain_number(val);
	else if (is_parameter(text, "skip"))
		rule->skip = plain_number(val);
	else if (is_parameter(text, "op"))
		rule->opcode = opcode(val);
	else if (is_parameter(text, "wq"))
		rule->wqs = bit_list(val);
	else if (is_parameter(text, "engine"))
		rule->engines = bit_list(val);
	else if (fault->param != P_NONE && is_parameter(text, params[fault->param]))
		rule->arg = val;
	else if (is_parameter(text, "error"))
		rule->error = val;
	else
		die(2, "%s has no parameter %.*s", fault->name, (int)(val - 1 - text), text);
}

static void apply(const char *device, device_fn *fn, void *arg)
{
	if (strcmp(device, "all")) {
		const char *address = device_address(device);

		fn(region_map(address, true), address, arg);
	} else if (!on_all_devices(fn, arg)) {
		die(1, "no emulated accelerator here");
	}
}

static void run_fault(const char *device, const struct fault *fault, char **args)
{
	struct request req = {
		.fault = fault,
		.rule = {
			.count = UINT32_MAX, .opcode = UINT32_MAX,
			.wqs = UINT64_MAX, .engines = UINT64_MAX,
		},
	};

	for (; *args; args++)
		parse_parameter(fault, &req.rule, *args);
	if (!req.rule.count)
		die(2, "count=0 makes no fault; leave it out for no limit");
	req.arg = rule_argument(fault, &req.rule);
	apply(device, add_rule, &req);
}

static void run_action(const char *device, const struct action *action, char **args)
{
	uint64_t val = action->action;

	if (*args && action->takes_reset && !strncmp(*args, "reset=", 6))
		val |= plain_number(*args++ + 6) << 32;
	if (*args)
		die(2, "%s takes no '%s'", action->name, *args);
	apply(device, do_action, &val);
}

int main(int argc, char **argv)
{
	if (argc == 2 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "list"))
		return on_all_devices(print_device, NULL) ? 0 : 1;
	if (argc < 3) {
		fputs(usage, stderr);
		return 2;
	}
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if (!strcmp(argv[2], faults[i].name)) {
			run_fault(argv[1], &faults[i], argv + 3);
			return 0;
		}
	}
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (!strcmp(argv[2], actions[i].name)) {
			run_action(argv[1], &actions[i], argv + 3);
			return 0;
		}
	}
	if (!strcmp(argv[2], "stats") && argc <= 4) {
		print_stats(region_map(device_address(argv[1]), true), argv[3]);
		return 0;
	}
	if (!strcmp(argv[2], "rules") && argc == 3) {
		print_rules(region_map(device_address(argv[1]), true));
		return 0;
	}
	die(2, "'%s' is neither a fault nor an action; iaa-fault --help lists them", argv[2]);
}
