"""What projects choose (`sovereign.yaml`) and what their judges fix (`trust.yaml`)."""
