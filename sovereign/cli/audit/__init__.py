"""`sovereign audit`."""
