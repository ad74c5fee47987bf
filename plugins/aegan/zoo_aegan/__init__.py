"""The four-network AEGAN of PokeGAN for zoo."""
