# SPDX-License-Identifier: GPL-2.0
#
# results.json as lines of tab-separated cells: "# TITLE<tab>columns of text", the
# head, the rows. bench/table lays them out.

def number(digits):
  if . == null then "-"
  elif digits == 0 then round | tostring
  else (. * pow(10; digits) | round) as $n
    | ($n / pow(10; digits) | floor | tostring) + "."
      + (($n % pow(10; digits)) + pow(10; digits) | tostring | .[1:])
  end;
def percent: if . == null then "-" else (. * 100 | number(0)) + " %" end;

# What a measurement is of, for people.
def subject:
  .kernel + (if .batch then ", batch " + (.batch | tostring) else "" end)
  + (if .api then ", " + .api else "" end);
def device:
  if .devices == 0 then "-"
  else (.devices | tostring) + (if .device_time == "zero" then ", instant" else "" end) end;

def order: [.row, (.devices == 0 | not), .algorithm, .devices, (.device_time == "zero"), (.batch // 0), .kernel];

def row_tables:
  .scale as $scale
  | (.row_order // []) as $order
  | .rows | map(select(.kind == "all" and .scale == $scale))
  | group_by([.row, .direction])
  | sort_by([(.[0].row as $row | $order | index($row)), .[0].direction == "in"])[]
  | ["# " + .[0].row + (if .[0].job == "driver" then " (" + .[0].direction + ")" else "" end), "3"],
    ["algorithm", "kernel", "devices", "insn/page", "ns/page", "MB/s", "ratio", "of stock", "of lz4", "of limit", "submit", "store", "wait"],
    (sort_by(order)[]
     | [.algorithm, subject, device, (.ticks_per_page | number(0)), (.ns_per_page | number(0)),
        (.mb_per_s | number(0)), (.ratio | number(2)), (.vs_stock | number(2)), (.vs_lz4 | number(2)),
        (.limit_share | percent), (.submit_ns_per_page | number(0)), (.store_ns_per_page | number(0)),
        (.wait_ns_per_page | number(0))])
  | join("\t");

def workload_tables:
  (.workloads // []) | group_by(.row)[]
  | ["# " + .[0].row, "3"],
    ["algorithm", "kernel", "devices", "MB/s", "elapsed ms", "sys ms", "swapped out", "large folios", "fallbacks", "throughput", "elapsed", "sys"],
    (sort_by([.algorithm, .kernel == "ours"])[]
     | [.algorithm, .kernel, (.devices | tostring), (.mb_per_s | number(0)), (.elapsed_ms | number(0)), (.sys_ms | number(0)),
        (.swap_out | number(0)), (.large_folios_out | number(0)), (.swap_fallbacks | number(0)),
        (.throughput_vs_stock | percent), (.elapsed_vs_stock | percent), (.sys_vs_stock | percent)])
  | join("\t");

def headline_table:
  if (.headline // {}) == {} then empty
  else . as $all | (["# headline", "1"], ["figure"] + ($all.headline_by_scale | keys | map("scale " + .)),
    ($all.headline | keys_unsorted[] as $k
      | [$k] + ($all.headline_by_scale | keys
                | map(($all.headline_by_scale[.][$k] // (if . == ($all.scale | tostring) then $all.headline[$k] else null end))
                      | number(if $k == "repeat_spread" then 5 else 3 end)))))
    | join("\t")
  end;

def tables: row_tables, workload_tables, headline_table;

# What the headline's figures are, for a reader of README.md
def meaning: {
  zswap_store_64k_vs_stock: "zswap, storing 64 KiB folios, deflate-iaa, 4 devices: pages a second against stock 7.3",
  zswap_store_2m_vs_stock: "zswap, storing 2 MiB folios, deflate-iaa, 4 devices: pages a second against stock 7.3",
  zswap_store_lz4_insn_vs_stock: "zswap, storing with lz4: instructions against stock (less is better)",
  zswap_store_zstd_insn_vs_stock: "zswap, storing with zstd: instructions against stock (less is better)",
  zram_write_64k_vs_single: "zram, 64 KiB writes, deflate-iaa, 4 devices: pages a second against one page at a time",
  zram_read_64k_vs_single: "zram, 64 KiB reads, deflate-iaa, 4 devices: pages a second against one page at a time",
  zram_write_64k_vs_single_one_device: "the same writes with 1 device",
  zram_read_64k_vs_single_one_device: "the same reads with 1 device",
  zram_write_64k_vs_lz4: "zram, 64 KiB writes, deflate-iaa, 1 device: pages a second against lz4",
  zram_read_64k_vs_lz4: "zram, 64 KiB reads, deflate-iaa, 1 device: pages a second against lz4",
  zram_write_2m_limit_share: "zram, 2 MiB writes, 1 device: share of what device or CPU allow",
  zram_lz4_insn_vs_stock: "zram with lz4: instructions against stock (less is better)",
  driver_insn_vs_stock: "the driver, submission to retirement, batch of 8: instructions against stock (less is better)",
  repeat_spread: "spread of two runs"
};

def readme:
  . as $all
  | "", "Measured by `make bench` at commit \(.commit), \(.date[:10]), in virtual time: an emulated",
    "device, and a clock that counts instructions (`bench/README.md` says what it cannot see).",
    "The scale is how many instructions make a nanosecond; \(.scale) is calibrated.", "",
    "| | " + (.headline_by_scale | keys | map("scale " + .) | join(" | ")) + " |",
    "|---|" + (.headline_by_scale | keys | map("---:|") | join("")),
    (.headline | keys_unsorted[] as $k
     | "| " + (meaning[$k] // $k) + " | "
       + ($all.headline_by_scale | keys
          | map(($all.headline_by_scale[.][$k] // (if . == ($all.scale | tostring) then $all.headline[$k] else null end))
                | number(if $k == "repeat_spread" then 5 else 2 end)) | join(" | ")) + " |"),
    "";
