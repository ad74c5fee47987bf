"""Wasserstein GAN with weight clipping for zoo."""
