"""The harness: trains any combination, scores it and reports. Itself a plugin of zoo_core."""
