"""Creatures that code draws: a dataset without a download."""
