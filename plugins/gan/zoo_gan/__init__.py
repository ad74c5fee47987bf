"""Training strategies of GANs for zoo."""
