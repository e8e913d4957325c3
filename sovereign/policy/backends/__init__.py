"""Programs made from the typed form of a policy."""
