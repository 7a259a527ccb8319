# SPDX-License-Identifier: GPL-2.0
set title 'Pages in flight: zram, 2 MiB blocks, one device, deflate-iaa'
set xlabel 'batch\_size'
set ylabel 'ns a page (modelled)'
set logscale x 2
set yrange [0:*]
plot data.'/batch.tsv' using 1:2 with linespoints pt 7 lw 2 lc rgb c_iaa title 'write', \
	'' using 1:3 with linespoints pt 5 lw 2 lc rgb c_lz4 title 'read', \
	1078 with lines dt 2 lc rgb c_iaa title 'device limit, write', \
	455 with lines dt 2 lc rgb c_lz4 title 'device limit, read'
