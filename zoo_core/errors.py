"""The errors a user can cause. Each is one line that says what to type instead."""

from __future__ import annotations


class ZooError(Exception):
    """A mistake in the input. The command line prints the message alone and exits with code 2."""


class RunFailure(Exception):
    """Something went wrong while working on good input (disk full, loss not finite). Exit code 1."""
