"""`sovereign keys`: one key, one purpose; one module a verb."""
