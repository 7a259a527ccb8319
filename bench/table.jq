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
def gain: if . == null then "-" else (if . > 0 then "+" else "" end) + (. * 100 | round | tostring) + " %" end;
def percent: if . == null then "-" else (. * 100 | number(0)) + " %" end;

# What a measurement is of, for people.
def subject:
  .kernel + (if .row == "devices" then ", " + .job else "" end) + (if .batch then ", batch " + (.batch | tostring) else "" end)
  + (if .api then ", " + .api else "" end) + (if .looks_at then ", looks at " + (.looks_at | tostring) else "" end)
  + (if .row | startswith("readahead-") then ", page-cluster " + (.cluster | tostring) else "" end);
def device:
  if .devices == 0 then "-"
  else (.devices | tostring) + (if .device_time == "zero" then ", instant" else "" end) end;

# What others published for the same thing, in MB/s: zram's table is of one device, the
# driver's of requests through the whole driver.
def published_mb($published):
  . as $m
  | if .row | test("^zram-(write|read)-")
    then if .batch == null and .kernel == "ours" and (.devices == 0 or (.devices == 1 and .device_time != "zero"))
      then (.row | capture("^zram-(?<op>write|read)-(?<size>.*)$")) as $r
        | ($published.zram.rows[] | select(.size == $r.size and .algorithm == $m.algorithm) | .[$r.op]) // null
      else null end
    elif .row == "driver-timed" and .algorithm == "deflate-iaa"
    then (($published.driver.rows[] | select(.batch == $m.batch and .devices == $m.devices)
           | if $m.direction == "out" then .compress else .decompress end) // null)
      | if . then 4096 * 1000 / . else null end
    else null end;

def order: [.row, .job, (.devices == 0 | not), .algorithm, .devices, (.device_time == "zero"), (.batch // 0), (.looks_at // 4096), .kernel];

def row_tables:
  .scale as $scale
  | (.row_order // []) as $order
  | .published as $published
  | .rows | map(select(.kind == "all" and .scale == $scale and (.row | contains("-pageout-") or . == "iommu" | not)))
  | group_by([.row, .direction])
  | sort_by([(.[0].row as $row | $order | index($row)), .[0].direction == "in"])[]
  | ["# " + .[0].row + (if .[0].row | test("^(zram-(write|read)|zswap-(store|load)|swap-(out|in))-") then "" else " (" + .[0].direction + ")" end), "3"],
    ["algorithm", "kernel", "devices", "insn/page", "ns/page", "MB/s", "published", "ratio", "of stock", "of lz4", "of limit", "submit", "store", "wait"],
    (sort_by(order)[]
     | [.algorithm, subject, device, (.ticks_per_page | number(0)), (.ns_per_page | number(0)),
        (.mb_per_s | number(0)), (published_mb($published) | number(0)), (.ratio | number(2)), (.vs_stock | number(2)), (.vs_lz4 | number(2)),
        (.limit_share | percent), (.submit_ns_per_page | number(0)), (.store_ns_per_page | number(0)),
        (.wait_ns_per_page | number(0))])
  | join("\t");

def pageout_tables:
  (.row_order // []) as $order
  | (.pageout // []) | group_by(.row) | sort_by(.[0].row as $row | $order | index($row))[]
  | ["# " + .[0].row + ": MADV_PAGEOUT of folios of a page, and a touch each; ns a page, beside what Intel published of its devices", "2"],
    ["algorithm", "kernel", "devices", "out", "published", "target", "in", "published", "target", "ratio", "published"],
    (sort_by([(.devices == 0 | not), .algorithm, .kernel])[]
     | [.algorithm, .kernel, (if .devices == 0 then "-" else (.devices | tostring) end),
        (.out_ns | number(0)), (.published.out | number(0)), (.target.out | number(0)),
        (.in_ns | number(0)), (.published.in | number(0)), (.target.in | number(0)),
        (.ratio | number(2)), (.published.ratio | number(2))])
  | join("\t");

# What the series published of a workload's figure: "+49 % (v12), ..."
def published_gain($published; $figure):
  . as $w
  | if .kernel != "ours" then null
    else [$published.workloads.rows[]
          | . as $p
          | select($w.row | startswith($p.workload + "-"))
          | select((.size == null or ($w.row | endswith("-" + $p.size))) and .algorithm == $w.algorithm and .[$figure])
          | "\(.[$figure]) (\(.series))"]
      | if length == 0 then null else join(", ") end end;

def workload_tables:
  .published as $published
  | (.workloads // []) | map(select(.row | startswith("zswap-writeback-") | not)) | group_by(.row)[]
  | ["# " + .[0].row + (if .[0].row | startswith("pressure-") then "" else ", beside the gains that the series published of its batching (its usemem and kernel builds, on servers)" end), "3"],
    ["algorithm", "kernel", "devices", "contention", "MB/s", "elapsed ms", "user ms", "sys ms", "swapped out", "large folios", "fallbacks",
     "throughput", "published", "elapsed", "published", "sys", "published"],
    (sort_by([.algorithm, .devices, .contention, .kernel == "ours"])[]
     | [.algorithm, .kernel, (.devices | tostring), (if .contention then "\(.contention) %" else "-" end), (.mb_per_s | number(0)), (.elapsed_ms | number(0)), (.user_ms | number(0)), (.sys_ms | number(0)),
        (.swap_out | number(0)), (.large_folios_out | number(0)), (.swap_fallbacks | number(0)),
        (.throughput_vs_stock | gain), published_gain($published; "throughput"),
        (.elapsed_vs_stock | gain), published_gain($published; "elapsed"),
        (.sys_vs_stock | gain), published_gain($published; "sys")])
  | join("\t");

# In the form of the series' table: a line a compressor, without batches and with them
def writeback_tables:
  (.workloads // []) | map(select(.row | startswith("zswap-writeback-"))) | group_by(.row)[]
  | ["# " + .[0].row + ": the shrinker under pressure, without batches (stock) and with them (ours); pages", "3"],
    ["compressor", "batches", "devices", "zswpout", "zswpin", "zswpwb", "written back of stored", "elapsed ms", "user ms", "sys ms", "elapsed", "sys"],
    (sort_by([.algorithm, .kernel == "ours"])[]
     | [.algorithm, (if .kernel == "ours" then "with" else "without" end), (.devices | tostring),
        (.zswap_out, .zswap_in, .zswap_written_back | number(0)),
        (if .zswap_out > 0 then .zswap_written_back / .zswap_out else null end | percent),
        (.elapsed_ms, .user_ms, .sys_ms | number(0)), (.elapsed_vs_stock | gain), (.sys_vs_stock | gain)])
  | join("\t");

def mixed_tables:
  def title: if . == "latency"
    then "zram reads and zswap faults of one page, one after the other, and beside a writer of 2 MiB blocks to a zram on the same CPU"
    else "64K and 4K reads beside a writer of 2 MiB blocks, on one CPU" end;
  (.mixed // []) | group_by(.row)[]
  | ["# " + .[0].row + ": " + (.[0].row | title) + "; beside one, a read counts from when it was due", "4"],
    ["what", "algorithm", "kernel", "writer", "devices", "batch", "reads/s", "average us", "p50 us", "p99 us", "maximum us", "written MB/s"],
    (sort_by([.what, .size, .beside, .devices, .algorithm, .batch, .kernel])[]
     | ["\(.size / 1024)K \(.what)", .algorithm, .kernel, (if .beside then .writer // "same" else "none" end),
        (if .devices == 0 then "software" else (.devices | tostring) end), (.batch // "-" | tostring), (.reads_per_s | number(0)),
        (.read_us, .read_p50_us, .read_p99_us, .read_max_us | number(1)),
        (if .beside then .written_mb_per_s | number(0) else "-" end)])
  | join("\t");

def iommu_table:
  (.iommu // []) | if length == 0 then empty
    else ["# iommu: instructions a page, 4 devices that answer at once, behind an IOMMU that translates", "1"],
      ["what", "without", "lazy", "strict", "lazy", "limit", "strict", "limit"],
      (sort_by([(.what | startswith("zswap")), .size < 65536, .what])[]
       | ["\(.size / 1024)K \(.what)", (.none, .lazy, .strict | number(0)),
          (.lazy_ratio, .lazy_limit, .strict_ratio, .strict_limit | number(2))])
      | join("\t") end;

def headline_table:
  if (.headline // {}) == {} then empty
  else . as $all | (["# headline", "1"], ["figure"] + ($all.headline_by_scale | keys | map("scale " + .)),
    ($all.headline | keys_unsorted[] as $k
      | [$k] + ($all.headline_by_scale | keys
                | map(($all.headline_by_scale[.][$k] // (if . == ($all.scale | tostring) then $all.headline[$k] else null end))
                      | number(if $k == "repeat_spread" then 5 else 3 end)))))
    | join("\t")
  end;

def tables: row_tables, pageout_tables, workload_tables, writeback_tables, mixed_tables, iommu_table, headline_table;

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
  driver_insn_vs_stock: "the driver, submission to retirement, batch of 8 against single pages of stock: instructions against stock (less is better)",
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
