"""Decides whether data may be where they are about to go, and proves afterwards what it decided."""

__version__ = "0.1.0"
