"""What a person or a machine reads: diagnostics and their renderers."""
