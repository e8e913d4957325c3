"""Questions about policies and decisions that change nothing: what would pass."""
