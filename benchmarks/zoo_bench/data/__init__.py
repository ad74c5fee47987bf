"""Datasets of the harness: embedded creatures and folders of images."""
