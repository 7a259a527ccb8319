# SPDX-License-Identifier: GPL-2.0
set title 'Where the time of an IAA page goes, one device'
set style data histogram
set style histogram rowstacked
set ylabel 'ns a page (modelled)'
set yrange [0:*]
set xtics rotate by -30
set bmargin 8
plot data.'/where.tsv' using 2:xtic(1) title 'submit and retire' lc rgb c_iaa, \
	'' using 3 title 'store: everything else executed' lc rgb c_lz4, \
	'' using 4 title 'wait for the device' lc rgb c_stock
