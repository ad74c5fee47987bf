"""Conditional GAN for zoo: pictures from edge maps, and from drawings made by hand."""
