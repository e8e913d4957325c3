"""Whoever answers for a set of policies: natively, or an OPA server."""
