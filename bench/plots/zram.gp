# SPDX-License-Identifier: GPL-2.0
set style data histogram
set style histogram clustered gap 1
set ylabel 'GB/s (modelled)'
set yrange [0:*]
set multiplot title 'zram: throughput by block size, one CPU, one device' font ',15'
set tmargin at screen 0.82
set bmargin at screen 0.10
do for [i=1:2] {
	way = word('write read', i)
	set title way
	set lmargin at screen (i == 1 ? 0.08 : 0.43)
	set rmargin at screen (i == 1 ? 0.36 : 0.71)
	if (i == 1) { unset key } else { set key outside right top Left reverse samplen 1 }
	plot data.'/zram-'.way.'.tsv' using 2:xtic(1) title 'lzo-rle' lc rgb c_lzo, \
		'' using 3 title 'lz4' lc rgb c_lz4, '' using 4 title 'zstd' lc rgb c_zstd, \
		'' using 5 title 'deflate' lc rgb c_deflate, \
		'' using 6 title 'deflate-iaa' lc rgb c_iaa, \
		'' using 7 title 'deflate-iaa-dynamic' lc rgb c_dynamic, \
		'' using 8 title 'deflate-iaa, single pages' lc rgb c_stock
}
unset multiplot
