"""What the tests of zoo and of plugins share."""
