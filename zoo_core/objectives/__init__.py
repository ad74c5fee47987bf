"""What adversarial and reconstructing objectives are put together from."""
