"""Strict parsing, canonical bytes, clocks and durable files; knows nothing of policies."""
