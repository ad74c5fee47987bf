"""Flow matching for zoo."""
