"""The 128 px networks of Xiang, Pokemon Generation with Wasserstein GAN, for zoo."""
