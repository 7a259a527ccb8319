# SPDX-License-Identifier: GPL-2.0
#
# results.json from the guests' raw lines (slurped). Arguments: $scale, $scales (all that
# the headline is given at), $about (versions and so on), $published, $targets.
include "results";
include "headline";
include "pageout";
include "iommu";

# What lz4 and zstd cost here, and what they were published to take: instructions a
# nanosecond that would make the two the same.
def calibration($scale; $published):
  [.[] | select(.device_time == "none" and .kernel == "stock" and (.algorithm == "lz4" or .algorithm == "zstd")
                and (.row | test("^zram-(write|read)-")))
   | . as $m
   | (.row | capture("^zram-(?<op>write|read)-(?<size>.*)$")) as $r
   | ($published.zram.rows[] | select(.size == $r.size and .algorithm == $m.algorithm) | .[$r.op]) as $mb
   | (4096 * 1000 / $mb) as $ns
   | {row, algorithm, kind, insn_per_page: .ticks_per_page, modelled_ns_per_page: (.ticks_per_page / $scale),
      published_ns_per_page: $ns, insn_per_published_ns: (.ticks_per_page / $ns)} | tidy];

def workloads($scale):
  def mb: if .pages then .pages * 4096 * 1000 / (.written.ns / $scale) else null end;
  [.[] | select(.result.elapsed)
   | {row: .rows[0], kernel, algorithm: .result.algorithm, task,
      devices: (if .result.algorithm | is_iaa then (.env.DEVICES // "0" | tonumber) else 0 end),
      contention: (.env.CONTENTION // null | if . then tonumber else null end),
      elapsed_ms: (.result.elapsed.ns / $scale / 1e6),
      user_ms: (.result.user_us / $scale / 1e3), sys_ms: (.result.sys_us / $scale / 1e3),
      mb_per_s: (.result | mb),
      verify_compress: .settings.verify_compress, distribute_decomps: .settings.distribute_decomps} + (.result | {pages, swap_out, swap_in, zswap_out, zswap_in, zswap_written_back, large_folios_out, swap_fallbacks, folio_fallbacks, device_out, device_in})]
  | . as $all
  | map(. as $w
        | def same: [.row, .algorithm, .devices, .contention];
          (first($all[] | select(.kernel == "stock" and same == ($w | same))) // null) as $stock
        | if $w.kernel == "ours" and $stock
          then . + {throughput_vs_stock: (if $w.mb_per_s then $w.mb_per_s / $stock.mb_per_s - 1 else null end),
                    elapsed_vs_stock: ($w.elapsed_ms / $stock.elapsed_ms - 1),
                    sys_vs_stock: (if $stock.sys_ms > 0 then $w.sys_ms / $stock.sys_ms - 1 else null end)}
          else . end
        | tidy);

# How late reads are, alone or beside a writer, and what is written
def mixed($scale):
  def us: . / $scale / 1e3;
  [.[] | select(.result.read_ns)
   | {row: .rows[0], kernel, algorithm: .result.algorithm, batch: .result.batch, task,
      what: (if .env.SWAP then "zswap fault" else "zram read" end),
      beside: (.env.INTERVAL != null), writer: .env.WRITER,
      devices: (if .result.algorithm | is_iaa then (.env.DEVICES // "0" | tonumber) else 0 end),
      size: (.env.SIZE | tonumber), reads: .result.reads,
      reads_per_s: (.result.reads / (.result.span.ns / $scale / 1e9)),
      read_us: (.result.read_ns | us), read_p50_us: (.result.read_p50_ns | us),
      read_p99_us: (.result.read_p99_ns | us), read_max_us: (.result.read_max_ns | us),
      written_mb_per_s: (.result.written_pages * 4096 * 1000 / (.result.span.ns / $scale))} | tidy];

# How far figures of two runs of the same tasks are apart, at worst
def spread:
  [.[] | select(.rows[0] == "repeat")
   | {key: [.env.SAME, .result.algorithm, .result.kind] | tojson, out: .result.out.ns, in: .result.in.ns}]
  | group_by(.key)
  | map((map(.out) | (max - min) / min), (map(.in) | (max - min) / min))
  | if length == 0 then null else max end;

. as $raw
| (map(select(.rows[0] != "repeat")) | measurements($scale)) as $rows
| ($rows | headline_by_scale($scales)) as $by_scale
| ($raw | spread) as $spread
| $about + {
    scale: $scale,
    headline: ($by_scale[$scale | tostring] + if $spread == null then {} else {repeat_spread: $spread} end),
    headline_by_scale: $by_scale,
    rows: $rows,
    pageout: ($rows | pageout($published; $targets)),
    iommu: ($rows | iommu($targets)),
    workloads: ($raw | workloads($scale)),
    mixed: ($raw | mixed($scale)),
    calibration: ($rows | calibration($scale; $published)),
    published: $published
  }
