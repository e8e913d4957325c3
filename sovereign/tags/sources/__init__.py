"""Where tags are read from."""
