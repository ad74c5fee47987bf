"""An objective for zoo: the sliced Wasserstein distance."""
