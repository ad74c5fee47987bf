"""What the tests of zoo and of plugins share. `conformance("acme-gans")` is a pytest test of everything a plugin promises."""

from zoo_testing.conformance import Suite, conformance

__all__ = ["Suite", "conformance"]
