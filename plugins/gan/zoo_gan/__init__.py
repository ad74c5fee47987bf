"""Training strategies of GANs, and the dense GAN of Kiss, Sandor and Pogany 2019, for zoo."""
