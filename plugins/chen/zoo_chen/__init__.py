"""The networks of Chen, Huang, Wang and Yi, General Purpose Image Generator by WGAN, for zoo."""
