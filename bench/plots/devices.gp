# SPDX-License-Identifier: GPL-2.0
set title 'Devices: 2 MiB folios and blocks, one CPU, deflate-iaa'
set xlabel 'devices'
set ylabel 'GB/s (modelled)'
set yrange [0:*]
set xtics (1, 2, 4, 8)
set logscale x 2
# A little more than 8, or its label is left out at the edge
set xrange [0.95:8.4]
plot data.'/devices.tsv' using 1:2 with linespoints pt 7 lw 2 lc rgb c_iaa title 'zswap store', \
	'' using 1:3 with linespoints pt 7 lw 2 lc rgb c_stock title 'zswap store, stock 7.3', \
	'' using 1:4 with linespoints pt 5 lw 2 lc rgb c_lz4 title 'zram write', \
	'' using 1:5 with linespoints pt 5 lw 2 lc rgb c_zstd title 'zram read'
