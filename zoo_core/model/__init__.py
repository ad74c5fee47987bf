"""A trained model: its folder, its weights, its latents and labels, and the Hub."""
