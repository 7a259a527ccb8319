# SPDX-License-Identifier: GPL-2.0
#
# What moved between two results.json (slurped), for bench/compare. Arguments: $min,
# percent; $across, the words kernel and clock or none.

($across | test("kernel")) as $kernels
| ($across | test("clock")) as $clocks
| def time_of: if .device_time == "none" or .device_time == "zero" then .device_time else "timed" end;
  def same: [.row, .direction, .job, .algorithm, .devices, .batch, .cluster, .looks_at, .contention, .api]
    + (if $kernels then [] else [.kernel] end)
    + (if $clocks then [time_of] else [.device_time, .scale] end);
  def name: [.row, .algorithm, (if $kernels then empty else .kernel end),
    (if .job == "driver" then empty else .job end),
    (if .devices > 0 then "\(.devices) device\(if .devices > 1 then "s" else "" end)" else empty end),
    (if .device_time == "zero" then "instant" else empty end),
    (if .batch then "batch \(.batch)" else empty end),
    (if .looks_at then "looks at \(.looks_at)" else empty end), (if .contention then "contention \(.contention)" else empty end), .api,
    (if $clocks then empty else "scale \(.scale)" end), .direction] | map(values) | join(", ");
  # Of a file that has both kernels, only this one's if two are compared
  def of($kernel): if $kernels and any(.[]; .kernel == $kernel) then map(select(.kernel == $kernel)) else . end;
  def figures($kernel):
    .scale as $scale
    | ([.rows[] | select(.kind == "all")
        | select(($clocks | not) or (.device_time != "zero" and .scale == $scale))] | of($kernel)
       | map({row, key: (same | tojson), name: name, value: .ns_per_page})),
      ((.workloads // []) | of($kernel)
       | map(. as $w | ("elapsed_ms", "sys_ms", "mb_per_s") as $figure | select($w[$figure])
             | ([.row, .algorithm, (if $kernels then empty else .kernel end),
                (if .devices > 0 then "devices \(.devices), contention \(.contention // 0)" else empty end), $figure] | join(", ")) as $name
             | {row, key: $name, name: $name, value: $w[$figure]}));
  def percent: (. * 1000 | round / 10) as $p | (if $p > 0 then "+" else "" end) + "\($p) %";
  # By row; one by one where there are few
  def missing($there; $title):
    map(select($there[.key] | not)) | group_by(.row)
    | if length == 0 then empty else $title,
        (.[] | if length > 4 then "  \(.[0].row): \(length) figures" else "  \(.[].name)" end) end;
  . as [$a, $b]
  | [$a | figures("stock")[]] as $old
  | [$b | figures("ours")[]] as $new
  | ($old | INDEX(.key)) as $old_by
  | ($new | INDEX(.key)) as $new_by
  | [$new[] | select($old_by[.key] and $old_by[.key].value > 0)
     | {name, a: $old_by[.key].value, b: .value, change: (.value / $old_by[.key].value - 1)}] as $both
  | ($both | map(select((.change | fabs) * 100 >= $min)) | sort_by(-(.change | fabs))) as $moved
  | "\($a.commit) (\($a.clock.kind)) -> \($b.commit) (\($b.clock.kind)): \($moved | length) of \($both | length) figures moved by \($min) % or more",
    ($moved[] | "  \(.change | percent)\t\(.a | round)\t\(.b | round)\t\(.name)"),
    (if $kernels then empty
     else $b.headline | to_entries[] | select($a.headline[.key] != null and $a.headline[.key] != .value)
       | "  headline\t\($a.headline[.key])\t\(.value)\t\(.key)" end),
    ($old | missing($new_by; "only in the first:")),
    ($new | missing($old_by; "only in the second:"))
