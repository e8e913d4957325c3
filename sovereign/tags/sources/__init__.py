"""Where tags are written: files beside the data."""
