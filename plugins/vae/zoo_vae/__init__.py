"""Variational autoencoder for zoo."""
