"""DCGAN for zoo: the non-saturating GAN objective."""
