# SPDX-License-Identifier: GPL-2.0
#
# The tables behind the plots, from results.json: one a call, by $table.

def cell: if . == null then "-" else tostring end;
def line: map(cell) | join("\t");
def sizes: ["4k", "64k", "2m"];

. as $all
| .scale as $scale
| def find($row; $algorithm; $more):
    first($all.rows[] | select(.kind == "all" and .row == $row and .algorithm == $algorithm)
          | select(. as $m | {batch: null} + $more | to_entries | all(.value == $m[.key]))) // null;
  def software: {kernel: "ours", device_time: "none"};
  def device($n): {kernel: "ours", devices: $n, device_time: ($scale | tostring)};
  def gb: if . then .mb_per_s / 1000 else null end;
  def us: if . then .ns_per_page / 1000 else null end;
  if $table | startswith("zram-") then
    sizes[] as $s | "\($table)-\($s)" as $row
    | [$s, (("lzo-rle", "lz4", "zstd", "deflate") as $a | find($row; $a; software) | gb),
       (("deflate-iaa", "deflate-iaa-dynamic") as $a | find($row; $a; device(1)) | gb),
       (find($row; "deflate-iaa"; device(1) + {batch: 1}) | gb)] | line
  elif $table | startswith("zswap-") then
    sizes[] as $s | "\($table)-\($s)" as $row
    | [$s, (("lz4", "zstd") as $a | find($row; $a; software) | us),
       (("stock", "ours") as $k | find($row; "deflate-iaa"; device(4) + {kernel: $k}) | us)] | line
  elif $table == "ratio" then
    ("lzo-rle", "lz4", "zstd", "deflate", "deflate-iaa", "deflate-iaa-dynamic") as $a
    | (.rows[] | select(.row == "zram-write-64k" and .algorithm == $a and .kernel == "ours" and .batch == null
                        and .scale == $scale and (.devices == 0 or (.devices == 1 and .device_time != "zero")))
       | [.kind, .ns_per_page, .ratio] | line), "", ""
  elif $table == "batch" then
    [.rows[] | select(.row == "batch" and .kind == "all" and .batch)] | group_by(.batch)[]
    | [.[0].batch, (map(select(.direction == "out"))[0].ns_per_page), (map(select(.direction == "in"))[0].ns_per_page)] | line
  elif $table == "devices" then
    [.rows[] | select(.row == "devices" and .kind == "all")] | group_by(.devices)[]
    | def of($job; $kernel; $direction): map(select(.job == $job and .kernel == $kernel and .direction == $direction))[0] | gb;
      [.[0].devices, of("zswap"; "ours"; "out"), of("zswap"; "stock"; "out"), of("zram"; "ours"; "out"), of("zram"; "ours"; "in")] | line
  elif $table == "where" then
    (.row_order[] | select(test("^(zswap-(store|load)|zram-(write|read))-(64k|2m)$"))) as $row
    | (("stock", "ours") as $k | find($row; "deflate-iaa"; device(1) + {kernel: $k}) | values
       | select(.submit_ns_per_page)
       | [$row + (if $k == "stock" then ", stock" else "" end), .submit_ns_per_page, .store_ns_per_page, .wait_ns_per_page] | line)
  else error("no table \($table)") end
