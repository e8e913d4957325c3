"""Where facts are read from."""
