# SPDX-License-Identifier: GPL-2.0
#
# The rows of MADV_PAGEOUT in the shape of the published table: out and in side by side,
# with what was published and what is wanted. From the measurements of results.jq.

def pageout($published; $targets):
  def same($m): select(.row == $m.row and .algorithm == $m.algorithm);
  map(select(.kind == "all" and (.row | test("^(zram|zswap)-pageout-p"))))
  | group_by([.row, .algorithm, .devices, .kernel])
  | map((INDEX(.direction)) as $by
        | $by.out as $m
        | {row: $m.row, algorithm: $m.algorithm, kernel: $m.kernel, devices: $m.devices,
           out_ns: $m.ns_per_page, in_ns: $by.in.ns_per_page, ratio: $m.ratio,
           published: (first($published.pageout.rows[] | same($m)) // null | if . then del(.row, .algorithm) else null end),
           target: (if $m.kernel == "ours"
                    then first($targets.pageout[] | same($m)) // null | if . then del(.row, .algorithm) else null end
                    else null end)}
        | with_entries(select(.value != null)));
