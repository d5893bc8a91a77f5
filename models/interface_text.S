/* interface_text.S - the closed form as text, for generated code */

	.section .rodata
	.global	asset_interface_form
asset_interface_form:
	.incbin	"models/interface_form.inc"
	.byte	0
	.global	asset_interface_python
asset_interface_python:
	.incbin	"models/interface_form.py"
	.byte	0

	.section .note.GNU-stack, "", @progbits
