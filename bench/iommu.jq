# SPDX-License-Identifier: GPL-2.0
#
# What an IOMMU that translates costs: the software's instructions a page without one, with
# one, and how many times as many. From the measurements of results.jq.

include "results";

def iommu($targets):
  map(select(.row == "iommu" and .kind == "all"))
  | group_by([.job, .size, .folio, .direction])
  | map(INDEX(.iommu // "none") as $by
        | .[0] as $m
        | {what: ((if $m.job == "zram" then if $m.direction == "out" then "zram write" else "zram read" end
                   elif $m.direction == "out" then "zswap store" else "zswap load" end)
                  + (if $m.job == "zram" and $m.folio == null then ", scattered" else "" end)),
           size: $m.size,
           none: $by.none.ticks_per_page, lazy: $by.lazy.ticks_per_page, strict: $by.strict.ticks_per_page}
        | . as $r
        | (first($targets.iommu[] | select(.what == $r.what and .size == $r.size)) // null) as $limit
        | . + {lazy_ratio: div(.lazy; .none), strict_ratio: div(.strict; .none),
               lazy_limit: $limit.lazy, strict_limit: $limit.strict}
        | tidy);
