"""Auxiliary-classifier GAN for zoo: the critic also names the labels of what it sees."""
