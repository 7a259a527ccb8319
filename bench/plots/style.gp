# SPDX-License-Identifier: GPL-2.0
# What all plots have in common. Variables from bench/report: data (folder of the
# tab-separated tables), note (what the clock is).
set datafile separator tab
set datafile missing '-'
set terminal svg size 960,480 dynamic enhanced font 'sans-serif,13' background '#ffffff'
set border 3 lc rgb '#666666'
set tics nomirror out textcolor rgb '#333333'
set grid ytics lc rgb '#dddddd' lt 1
set key outside right top Left reverse samplen 1 spacing 1.2
set style fill solid 1.0 noborder
set boxwidth 0.85
set title font ',15'
# Colour-blind safe; accelerators warm, software cool.
c_lzo = '#9ecae1'
c_lz4 = '#4292c6'
c_zstd = '#08519c'
c_deflate = '#6a51a3'
c_iaa = '#e6550d'
c_dynamic = '#fdae6b'
c_stock = '#969696'
