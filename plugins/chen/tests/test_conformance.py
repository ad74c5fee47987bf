from zoo_testing import conformance

test_conformance = conformance("zoo-chen")
