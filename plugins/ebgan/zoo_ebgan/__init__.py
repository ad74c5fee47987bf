"""Energy-based GAN for zoo: the critic is an autoencoder."""
