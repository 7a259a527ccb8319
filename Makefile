# SPDX-License-Identifier: GPL-2.0
#
# make help lists what there is. Every stage knows by itself what it has to do again,
# so all targets are phony, and quick when there is nothing to do.

SHELL := /bin/bash
STAGE := scripts/stage
export LINUX_SRC V FULL KERNEL JOBS TEST_DEADLINE HOURS MINUTES SEED

.PHONY: help run shell test coverage mutants soak fuzz bench bench-check check kernel qemu qemu-tests \
	clean distclean host sysroot sources overlay
.NOTPARALLEL:
.DEFAULT_GOAL := help

help:
	@sed -n 's/^#: //p' $(firstword $(MAKEFILE_LIST))

#: make run      fio and swap on zram, compressed by an emulated IAA, and a table of it
run: qemu guest-run
	@scripts/demo

#: make shell    a VM with everything configured, and you in it
shell: qemu guest-run
	@scripts/vm $(VM)

#: make test     all tests (TESTS="zram/fio.sh ..." some; FULL=1: all on both kernels)
test: qemu-tests
	@scripts/test $(TESTS)

#: make coverage  which of the project's lines and branches the tests execute
coverage: qemu-tests
	@scripts/coverage $(TESTS)

#: make mutants  break the code in a dozen ways, each of which a test has to find
mutants: qemu-tests guest-run
	@scripts/mutants $(MUTANTS)

#: make soak     everything at once, for hours if you like (HOURS=N), on the slow kernels
soak: qemu-tests
	@scripts/soak

#: make fuzz     look for inputs that break codecs or accelerator (MINUTES=N each; TARGETS=...)
fuzz: qemu
	@scripts/fuzz $(TARGETS)

#: make bench    the measurements in virtual time (ONLY=row,... some of them)
bench: bench-check qemu guest-run guest-stock
	@bench/run $(if $(ONLY),--only '$(ONLY)')
bench-check:
	@bench/run --check-only $(if $(ONLY),--only '$(ONLY)')

#: make check    style, static analysis, documentation, scripts; no VM
check: overlay
	@scripts/check

#: make kernel   our kernel (FLAVOUR=run|test|stock|kcsan|builtin|filesystems|gcov)
FLAVOUR ?= run
kernel: guest-$(FLAVOUR)

#: make qemu     the emulator with the accelerator
qemu: overlay
	@$(STAGE) qemu scripts/qemu
qemu-tests: overlay
	@$(STAGE) "qemu and its tests" scripts/qemu --tests

#: make clean    remove what was built; distclean: what was fetched, too
clean:
	rm -rf build/{kernel,qemu,qemu-asan,fuzz,linux,qemu-src,initramfs,vm,log,bench} build/.overlay-*
distclean:
	rm -rf build

#:
#: LINUX_SRC=TREE|TARBALL builds on your kernel sources instead of Debian's.
#: V=1 shows the commands. Logs are in build/log/.

host:
	@$(STAGE) host scripts/host
sysroot: host
	@$(STAGE) sysroot scripts/sysroot
sources: sysroot
	@$(STAGE) sources scripts/fetch
overlay: sources
	@$(STAGE) overlay scripts/overlay
kernel-%: overlay
	@$(STAGE) "kernel $*" scripts/kernel $*
guest-%: kernel-%
	@$(STAGE) "guest $*" scripts/initramfs $*
