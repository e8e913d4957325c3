"""Step 4, what follows: one decision from tags, facts and policies."""
