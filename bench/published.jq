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
    table("Swap path, \(.published.swap_path.unit): \(.published.swap_path.source)"; ["algorithm", "case", "out, published", "zswap store 64k, ours", "in, published", "zswap load 64k, ours", "ratio, published", "ratio, ours"];
      .published.swap_path.rows[] | . as $p | ours("zswap-store-64k"; $p.algorithm) as $o
      | [$p.algorithm, $p.case, $p.out, $o.ns_per_page, $p.in, (ours("zswap-load-64k"; $p.algorithm).ns_per_page), $p.ratio, $o.ratio]),
    table("Device and driver, \(.published.driver.unit): \(.published.driver.source)"; ["case", "compress", "decompress"];
      .published.driver.rows[] | [.case, .compress, .decompress]),
    table("The series' workloads: \(.published.workloads.source)"; ["workload", "series", "folio", "throughput", "elapsed", "sys"];
      .published.workloads.rows[] | [.workload, .series, .size, .throughput, .elapsed, .sys]),
    table("Calibration: how many instructions a nanosecond would make lz4 and zstd here take what was published (the scale in use is \(.scale))";
      ["row", "algorithm", "pages", "instructions a page", "published ns", "instructions a ns"];
      .calibration[] | [.row, .algorithm, .kind, .insn_per_page, .published_ns_per_page, .insn_per_published_ns]);
