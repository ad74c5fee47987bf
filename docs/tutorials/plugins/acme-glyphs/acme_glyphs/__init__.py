"""A dataset for zoo: letters and digits."""
