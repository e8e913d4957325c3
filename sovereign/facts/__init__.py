"""Step 2, what is observed: placements with their evidence."""
