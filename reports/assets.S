/* assets.S - the files that report.html is made of, as bytes in the program */

/* asset_NAME and asset_NAME_end; a zero byte follows, so each is a string. */
.macro asset name, file
	.global	asset_\name
	.global	asset_\name\()_end
asset_\name:
	.incbin	"\file"
asset_\name\()_end:
	.byte	0
.endm

	.section .rodata
asset page_html, "reports/page/page.html"
asset page_css, "reports/page/page.css"
asset page_js, "reports/page/page.js"
asset chart_js, "reports/page/chart.js"
asset uplot_js, "third_party/uplot/uPlot.iife.min.js"
asset uplot_css, "third_party/uplot/uPlot.min.css"

	.section .note.GNU-stack, "", @progbits
