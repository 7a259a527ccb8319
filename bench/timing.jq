# SPDX-License-Identifier: GPL-2.0
#
# How the emulated device is timed: the model's defaults (qemu/hw/misc/iaa/iaa-pci.c).

def timing: {
  compress: {latency_ns: 1200, engine_mb_per_s: 2000, device_mb_per_s: 3800},
  compress_dynamic: {latency_ns: 4700, engine_mb_per_s: 2000, device_mb_per_s: 2560},
  decompress: {latency_ns: 1200, engine_mb_per_s: 2300, device_mb_per_s: 9000}
};

# In words
def timing_text:
  timing | to_entries
  | map("\(.key | sub("_"; ", "; "g")) \(.value.latency_ns / 1000) us + \(.value.engine_mb_per_s / 1000) GB/s an engine, \(.value.device_mb_per_s / 1000) GB/s a device")
  | join("; ");

# What a device takes for a page when it has enough of them, in ns. "out" is compression.
def page_limit($algorithm; $direction):
  4096 * 1000 / (timing[if $direction == "in" then "decompress"
                        elif $algorithm == "deflate-iaa-dynamic" then "compress_dynamic"
                        else "compress" end].device_mb_per_s);
