/* presets.S - presets.yaml as a string in the program */
	.section .rodata
	.global preset_yaml
preset_yaml:
	.incbin	"workloads/presets.yaml"
	.byte	0

	.section .note.GNU-stack, "", @progbits
