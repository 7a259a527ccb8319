# SPDX-License-Identifier: GPL-2.0
#
# The published figures beside ours, and the calibration, as HTML tables.

def cell: if . == null then "-" elif type == "number" then (. * 100 | round / 100 | tostring) else tostring end;
def row($tag): "<tr>" + (map("<\($tag)>" + (cell | @html) + "</\($tag)>") | join("")) + "</tr>";
def table($title; $head; rows): "<h3>" + ($title | @html) + "</h3>", "<table>", ($head | row("th")), (rows | row("td")), "</table>";

def published:
  . as $all
  | (.scale | tostring) as $time
  | def ours($row; $algorithm):
      first($all.rows[] | select(.kind == "all" and .row == $row and .algorithm == $algorithm and .kernel == "ours"
        and .batch == null and .scale == $all.scale and (.devices == 0 or (.devices == 1 and .device_time == $time)))) // {};
    table("zram, MB/s: \(.published.zram.source)"; ["size", "algorithm", "write, published", "write, ours", "read, published", "read, ours"];
      .published.zram.rows[] | . as $p
      | [$p.size, $p.algorithm, $p.write, (ours("zram-write-\($p.size)"; $p.algorithm).mb_per_s), $p.read, (ours("zram-read-\($p.size)"; $p.algorithm).mb_per_s)]),
    table("MADV_PAGEOUT of pages, and a touch each, \(.published.pageout.unit): \(.published.pageout.source)";
      ["row", "algorithm", "case", "out, published", "ours", "target", "in, published", "ours", "target", "ratio, published", "ours"];
      (.pageout // [])[] | select(.kernel == "ours")
      | [.row, .algorithm, .published.case, .published.out, .out_ns, .target.out, .published.in, .in_ns, .target.in, .published.ratio, .ratio]),
    table("Device and driver, \(.published.driver.unit): \(.published.driver.source)"; ["case", "compress, published", "ours (driver-timed)", "decompress, published", "ours (driver-timed)"];
      .published.driver.rows[] | . as $p
      | def driver($direction):
          first($all.rows[] | select(.kind == "all" and .row == "driver-timed" and .kernel == "ours" and .api == "core" and .scale == $all.scale
            and .algorithm == "deflate-iaa" and .direction == $direction and .batch == $p.batch and .devices == $p.devices)) // {};
        [$p.case, $p.compress, (driver("out").ns_per_page), $p.decompress, (driver("in").ns_per_page)]),
    table("The series' workloads: \(.published.workloads.source)"; ["workload", "series", "folio", "throughput", "ours", "elapsed", "ours", "sys", "ours"];
      .published.workloads.rows[] | . as $p
      | def gain: if . == null then null else (if . > 0 then "+" else "" end) + "\(. * 100 | round) %" end;
        (first(($all.workloads // [])[] | select(.kernel == "ours" and .algorithm == $p.algorithm and .row == "\($p.workload)-\($p.size // "64k")"
          and (.devices == 0 or .devices == 4) and (.contention // 0) == 0)) // {}) as $o
      | [$p.workload, $p.series, ($p.size // "64k"), $p.throughput, ($o.throughput_vs_stock | gain), $p.elapsed, ($o.elapsed_vs_stock | gain), $p.sys, ($o.sys_vs_stock | gain)]),
    table("Calibration: how many instructions a nanosecond would make lz4 and zstd here take what was published (the scale in use is \(.scale))";
      ["row", "algorithm", "pages", "instructions a page", "published ns", "instructions a ns"];
      .calibration[] | [.row, .algorithm, .kind, .insn_per_page, .published_ns_per_page, .insn_per_published_ns]);
