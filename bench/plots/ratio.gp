# SPDX-License-Identifier: GPL-2.0
set title 'Ratio against cost: zram writes of 64 KiB, one device'
set xlabel 'ns a page (modelled)'
set ylabel 'compression ratio'
set logscale x
set grid xtics ytics lc rgb '#dddddd' lt 1
set key outside right top
set offsets graph 0.02, graph 0.02, graph 0.08, graph 0.08
plot for [i=0:5] data.'/ratio.tsv' index i using 2:3 with points pt 7 ps 1.6 \
	lc rgb word(c_lzo.' '.c_lz4.' '.c_zstd.' '.c_deflate.' '.c_iaa.' '.c_dynamic, i+1) \
	title word('lzo-rle lz4 zstd deflate deflate-iaa deflate-iaa-dynamic', i+1), \
	'' using 2:3:1 with labels offset 0,0.9 font ',9' tc rgb '#666666' notitle
