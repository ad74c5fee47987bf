"""Scores of one set of images against another: arrays in, a report out. Knows no model and no trainer."""
