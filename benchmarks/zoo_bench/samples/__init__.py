"""Samples of a model, drawn and shown."""
