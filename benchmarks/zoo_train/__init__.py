"""Training: knows phases, and no model."""
