# SPDX-License-Identifier: GPL-2.0
#
# Of several runs of one task (slurped): for each measurement the one with the median
# time, and how far the fastest and the slowest are from it.

def what: [.task, .result.algorithm, .result.kind, .result.api, .result.batch];
def time($d): .result[$d].ns;
def middle($d): map(select(.result[$d])) | sort_by(time($d)) | .[length / 2 | floor];
def spread($d): map(time($d)) | (max - min) / min;

group_by(what)[]
| . as $runs
| reduce ("out", "in", "elapsed", "written") as $d
    ($runs[0]; if $runs[0].result[$d] then .result[$d] = (($runs | middle($d)).result[$d] + {spread: ($runs | spread($d))}) else . end)
