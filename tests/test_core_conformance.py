"""zoo-core keeps the contracts that it asks of plugins."""

from zoo_testing import conformance

test_conformance = conformance("zoo-core")
