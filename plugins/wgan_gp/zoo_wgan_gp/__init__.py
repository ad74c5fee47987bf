"""Wasserstein GAN with gradient penalty for zoo."""
