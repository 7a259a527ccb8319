#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Filesystems on a zram with rings: a real tree is copied, some of it is deleted and
# copied again, free space is trimmed, and everything has the checksum it had, also after
# mounting again. Fails on a file that differs, or on what the filesystem's own check finds.
#
# vm: kernel=filesystems
# last: its kernel has 220 objects that no other has; fio.sh and batch_fio.sh write such bios
# timeout: 600
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

# tree_list: real files, small and large, some MiB together
tree_list()
{
	find /tests /usr/lib/modules /etc /usr/sbin -xdev -type f -size -2048k 2>/dev/null | sort | sed -n 1,400p
}

sums() { (cd "$1" && find . -xdev -type f ! -name SUMS -print0 | sort -z | xargs -0 sha256sum); }

# on_filesystem NAME MKFS-CMD -- FSCK-CMD
on_filesystem()
{
	local dev mnt=$KTAP_TMP/mnt mkfs=() name=$1
	shift
	while [ "$1" != -- ]; do mkfs+=("$1"); shift; done
	shift
	need_zram deflate-iaa
	need_command "${mkfs[0]}" fstrim sha256sum
	modprobe -q "$name" 2>/dev/null || grep -qw "$name" /proc/filesystems || skip "no $name in this kernel"
	if [ -n "$(iaa_devices)" ]; then
		need_iaa
		iaa_configure -q 2
	fi
	zram_create dev deflate-iaa 400M
	must "${mkfs[@]}" "$dev"
	mkdir -p "$mnt"
	must mount -t "$name" "$dev" "$mnt"
	defer umount "$mnt"
	mkdir "$mnt/tree"
	must xargs cp --parents -p -t "$mnt/tree" < <(tree_list)
	sums "$mnt/tree" >"$KTAP_TMP/sums"
	at_least "$(wc -l <"$KTAP_TMP/sums")" 50 "files"
	must cp -a "$mnt/tree" "$mnt/second"
	rm -r "$mnt/second/tests"
	must fstrim "$mnt"
	must cp -a "$mnt/tree/tests" "$mnt/second/"
	sync
	must umount "$mnt"
	must "$@" "$dev"
	must mount -t "$name" "$dev" "$mnt"
	sums "$mnt/tree" | cmp - "$KTAP_TMP/sums" || fail "the tree differs"
	sums "$mnt/second" | cmp - "$KTAP_TMP/sums" || fail "the copied tree differs"
	info "$(du -sh "$mnt/tree" | cut -f1) in $(wc -l <"$KTAP_TMP/sums") files, $(batch_stat "$dev" write_bios) bios written in rings, $(batch_stat "$dev" read_bios) of reads"
	at_least "$(batch_stat "$dev" write_bios)" 20 "bios written in rings"
	at_least "$(batch_stat "$dev" read_bios)" 20 "bios read in rings"
}

test_ext4() { on_filesystem ext4 mkfs.ext4 -q -F -- e2fsck -fn; }
test_xfs() { on_filesystem xfs mkfs.xfs -q -f -- xfs_repair -n; }
test_btrfs() { on_filesystem btrfs mkfs.btrfs -q -f -- btrfs check; }

ktap_main
