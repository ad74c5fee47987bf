"""Publishing trained models on the Hub, and checking what was published."""
