"""The command `sovereign`."""
