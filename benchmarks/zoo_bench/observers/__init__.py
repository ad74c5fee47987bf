"""What can watch a run: TensorBoard and Weights & Biases, and how the harness tells them."""
