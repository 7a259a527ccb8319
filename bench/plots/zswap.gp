# SPDX-License-Identifier: GPL-2.0
set style data histogram
set style histogram clustered gap 1
set ylabel 'µs a page (modelled)'
set yrange [0:*]
set multiplot title 'zswap: what a page costs by folio size, one CPU, four devices' font ',15'
set tmargin at screen 0.82
set bmargin at screen 0.10
do for [i=1:2] {
	way = word('store load', i)
	set title way
	set lmargin at screen (i == 1 ? 0.08 : 0.43)
	set rmargin at screen (i == 1 ? 0.36 : 0.71)
	if (i == 1) { unset key } else { set key outside right top Left reverse samplen 1 }
	plot data.'/zswap-'.way.'.tsv' using 2:xtic(1) title 'lz4' lc rgb c_lz4, \
		'' using 3 title 'zstd' lc rgb c_zstd, \
		'' using 4 title 'deflate-iaa, stock 7.3' lc rgb c_stock, \
		'' using 5 title 'deflate-iaa' lc rgb c_iaa
}
unset multiplot
