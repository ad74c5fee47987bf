"""What was asked for: a recipe and the options of training. Free of torch."""
