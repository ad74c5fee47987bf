"""zoo: a plugin-based zoo of small image generators. Importing this package does not import torch."""

__version__ = "0.1.0"
