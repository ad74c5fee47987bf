from zoo_core.testing import conformance

test_conformance = conformance("zoo-wgan-gp")
