# SPDX-License-Identifier: GPL-2.0
#
# The headline of results.json from its rows. Ratios are of pages a second, larger is
# better; those with "insn" in their name are of instructions a page, smaller is better.
# What was not measured is left out.
include "timing";

# The rows that a selection asks for; sizes, kernels and so on by name.
def pick($selection): map(select(.kind == "all" and (. as $m | $selection | to_entries | all(.value == $m[.key]))));
def one($selection): pick($selection)[0];
def div(a; b): if a == null or b == null or b == 0 then null else a / b end;

# Modelled ns a page at a scale: of an accelerator as timed at that scale, of software
# its instructions.
def iaa($at; $selection):
  one({algorithm: "deflate-iaa", device_time: ($at | tostring), batch: null} + $selection) | .ns_per_page;
def software($at; $selection): one({device_time: "none", kernel: "ours"} + $selection) | div(.ticks_per_page; $at);

# The worst ratio of instructions, ours to stock's, over all rows of a kind. A row's is
# the median of its kinds of pages: now and then the kernel does something of its own,
# half a millisecond long, and that falls to one of them.
def worst_insn($prefixes; $algorithm):
  def software: select(.kind != "all" and .algorithm == $algorithm and .device_time == "none");
  (map(software | select(.kernel == "stock")) | INDEX([.row, .kind] | tojson)) as $stock
  | map(software | select(.kernel == "ours" and (.row as $row | any($prefixes[]; . as $p | $row | startswith($p))))
        | {row, ratio: div(.ticks_per_page; $stock[[.row, .kind] | tojson].ticks_per_page)}
        | select(.ratio))
  | group_by(.row) | map(map(.ratio) | sort | .[length / 2 | floor]) | max;

def driver:
  . as $rows
  | def ticks(kernel; api; batch): $rows
      | pick({row: "driver", kernel: kernel, api: api, batch: batch, algorithm: "deflate-iaa", device_time: "zero"})
      | if length == 2 then map(.ticks_per_page) | add else null end;
  div(ticks("ours"; "core"; 8); ticks("stock"; "acomp"; 1));

# Pages a second of one measurement, as a multiple of another one's
def times($s; $this; $that): div(iaa($s; $that); iaa($s; $this));

def vs_stock($s; $row):
  {row: $row, devices: 4} as $m | times($s; $m + {kernel: "ours"}; $m + {kernel: "stock"});
def vs_single($s; $row; $devices):
  {row: $row, kernel: "ours", devices: $devices} as $m | times($s; $m; $m + {batch: 1});
def vs_lz4($s; $row):
  div(software($s; {row: $row, algorithm: "lz4"}); iaa($s; {row: $row, kernel: "ours", devices: 1}));

# Of what one device can do, or the CPU alone with a device that answers at once
def limit_share($s; $row):
  (one({row: $row, kernel: "ours", algorithm: "deflate-iaa", device_time: "zero", batch: null}) | .ticks_per_page) as $cpu
  | {row: $row, kernel: "ours", devices: 1} as $timed
  | (one($timed + {algorithm: "deflate-iaa", device_time: ($s | tostring), batch: null}) | .device_share_of_pages // 1) as $seen
  | if $cpu then div([page_limit("deflate-iaa"; "out") * $seen, $cpu / $s] | max; iaa($s; $timed)) else null end;

def at_scale($s): {
    zswap_store_64k_vs_stock: vs_stock($s; "zswap-store-64k"),
    zswap_store_2m_vs_stock: vs_stock($s; "zswap-store-2m"),
    zswap_store_lz4_insn_vs_stock: worst_insn(["zswap-store"]; "lz4"),
    zswap_store_zstd_insn_vs_stock: worst_insn(["zswap-store"]; "zstd"),
    zram_write_64k_vs_single: vs_single($s; "zram-write-64k"; 4),
    zram_read_64k_vs_single: vs_single($s; "zram-read-64k"; 4),
    zram_write_64k_vs_single_one_device: vs_single($s; "zram-write-64k"; 1),
    zram_read_64k_vs_single_one_device: vs_single($s; "zram-read-64k"; 1),
    zram_write_64k_vs_lz4: vs_lz4($s; "zram-write-64k"),
    zram_read_64k_vs_lz4: vs_lz4($s; "zram-read-64k"),
    zram_write_2m_limit_share: limit_share($s; "zram-write-2m"),
    zram_lz4_insn_vs_stock: worst_insn(["zram-write", "zram-read"]; "lz4"),
    driver_insn_vs_stock: driver
  };

def headline_by_scale(scales):
  . as $rows
  | [scales[] | {key: tostring, value: (. as $s | $rows | at_scale($s) | with_entries(select(.value != null) | .value |= (. * 10000 | round / 10000)))}]
  | from_entries;
