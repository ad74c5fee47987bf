from zoo_core.testing import conformance

test_conformance = conformance("acme-flow")
