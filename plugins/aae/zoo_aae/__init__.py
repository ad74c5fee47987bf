"""Adversarial autoencoder for zoo."""
