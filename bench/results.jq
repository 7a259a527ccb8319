# SPDX-License-Identifier: GPL-2.0
#
# measurements: from the guests' raw lines (slurped) to what results.json says of the rows.
#
# The clock of a guest counts instructions, waiting included; $scale of them are modelled
# as a nanosecond. Where a device was timed at another scale, that scale holds.

include "timing";

def page: 4096;

def is_iaa: startswith("deflate-iaa");
def div(a; b): if b == 0 or a == null or b == null then null else a / b end;

# One measurement a direction: "out" is a write, a store, a compression.
def directions($scale):
  . as $raw
  | ["out", "in"][] as $d
  | select($raw.result[$d])
  | select($raw.result.out)
  | ($raw.env.SIZE // "0" | tonumber) as $size
  | {
      row: $raw.rows[if ($raw.rows | length) > 1 and $d == "in" then 1 else 0 end],
      direction: $d,
      task: $raw.task, job: $raw.job, kernel: $raw.kernel,
      algorithm: $raw.result.algorithm, kind: $raw.result.kind,
      api: $raw.result.api,
      devices: (if $raw.result.algorithm | is_iaa then ($raw.env.DEVICES // "0" | tonumber) else 0 end),
      batch: ($raw.result.batch // ($raw.env.BATCH // null | if . then tonumber else null end)),
      cluster: ($raw.env.CLUSTER // null | if . then tonumber else null end),
      looks_at: ($raw.env.LOOKS_AT // null | if . then tonumber else null end),
      contention: ($raw.env.CONTENTION // null | if . then tonumber else null end),
      iommu: $raw.env.IOMMU,
      folio: ($raw.env.FOLIO // null | if . then tonumber else null end),
      verify_compress: $raw.settings.verify_compress,
      distribute_decomps: $raw.settings.distribute_decomps,
      device_time: (if $raw.result.algorithm | is_iaa then $raw.timing else "none" end),
      scale: (if $raw.timing == "zero" then $scale else ($raw.timing | tonumber) end),
      size: $size,
      pages: $raw.result.pages,
      ticks: $raw.result[$d].ns,
      submit: $raw.result[$d].submit,
      by_device: $raw.result["device_" + $d],
      orig: ($raw.result.orig // ($raw.result.pages * page)),
      compr: ($raw.result.compr // $raw.result.packed)
    };

# What identifies a measurement, but for the kind of pages.
def identity: {row, direction, job, kernel, algorithm, api, devices, batch, cluster, looks_at, contention, iommu, folio, device_time, scale, size};

def sums:
  .[0] + {
    kind: "all",
    pages: (map(.pages) | add), ticks: (map(.ticks) | add),
    submit: (map(.submit) | if any(. == null) then null else add end),
    by_device: (map(.by_device) | if any(. == null) then null else add end),
    orig: (map(.orig) | add), compr: (map(.compr) | add)
  };

def figures:
  (.ticks / .pages) as $t
  | . + {
      ticks_per_page: $t,
      ns_per_page: ($t / .scale),
      mb_per_s: (page * 1000 / ($t / .scale)),
      ratio: div(.orig; .compr),
      device_share_of_pages: (if .by_device then .by_device / .pages else null end)
    };

# The same thing elsewhere: other identity, same kind.
def key: [.row, .direction, .job, .kernel, .algorithm, .api, .devices, .batch, .looks_at, .contention, .iommu, .folio, .device_time, .scale, .kind] | tojson;

def round_to(n): if . == null then null else (. * n | round) / n end;

def tidy:
  with_entries(select(.value != null))
  | with_entries(if (.value | type) == "number" then .value |= round_to(10000) else . end);

# Where an accelerator's time goes, by three measurements: submit is what the driver
# itself needs, from submission to retirement, with a device that answers at once;
# store is what else is executed with such a device; wait is the rest.
def where_it_went($by; $zero):
  # One page at a time: a folio or block of one page (but swap to zram gathers them), a
  # page fault without readahead
  def single: .batch == 1 or (.size == page and .job != "swap")
    or (.direction == "in" and (.job == "zswap" or .job == "swap") and .cluster == null);
  . as $m
  | (if $m.kernel == "ours" then {api: "core", batch: (if $m | single then 1 else 8 end)} else {api: "acomp", batch: 1} end) as $how
  | ($by[{row: "driver", job: "driver", direction, kernel, algorithm: "deflate-iaa", devices: 1, device_time: "zero", scale, kind: "all"} + $how | key]) as $driver
  | if $zero == null or $m.job == "driver" then {}
    else {
      wait_ns_per_page: ($m.ns_per_page - $zero.ticks_per_page / $m.scale),
      submit_ns_per_page: (if $driver then $driver.ticks_per_page / $m.scale else null end),
      store_ns_per_page: (if $driver then ($zero.ticks_per_page - $driver.ticks_per_page) / $m.scale else null end)
    } end;

def measurements($scale):
[.[] | directions($scale)]
| group_by(identity)
| map((., [sums]) | map(figures))
| flatten
| INDEX(key) as $by
| def at($change): $by[. + $change | key];
  map(
    . as $m
    | ($m | at({kernel: "stock"})) as $stock
    | ($m | at({algorithm: "lz4", devices: 0, device_time: "none", scale: $scale, batch: null, looks_at: null, contention: null})
       // at({kernel: "stock", algorithm: "lz4", devices: 0, device_time: "none", scale: $scale, batch: null, looks_at: null, contention: null})) as $lz4
    | ($m | at({device_time: "zero", devices: 1, scale: $scale, looks_at: null, contention: null, batch: ($m.batch | if . == 1 then . else null end)})) as $zero
    # Devices that share the work; and pages that none of them saw (same-filled ones,
    # say) do not count.
    | (if $m.direction == "in" and $m.distribute_decomps == 0 then 1 else $m.devices end) as $sharing
    | (if ($m.algorithm | is_iaa) and $m.device_time != "zero" and $m.device_share_of_pages != 0
       then page_limit($m.algorithm; $m.direction) / $sharing * ($m.device_share_of_pages // 1)
       else null end) as $limit
    | $m + {
        vs_stock: (if $m.kernel == "ours" and $stock then $stock.ns_per_page / $m.ns_per_page else null end),
        vs_lz4: (if $lz4 then ($lz4.ticks_per_page / $m.scale) / $m.ns_per_page else null end),
        software_ticks_per_page: (if $m.device_time == "none" then $m.ticks_per_page
                                  elif $zero then $zero.ticks_per_page else null end),
        limit_ns_per_page: $limit,
        limit_share: (if $limit then $limit / $m.ns_per_page else null end),
        bound_share: (if $limit and $zero
                      then ([$limit, $zero.ticks_per_page / $m.scale] | max) / $m.ns_per_page else null end)
      }
    | . + ($m | where_it_went($by; $zero))
    | tidy
  );
