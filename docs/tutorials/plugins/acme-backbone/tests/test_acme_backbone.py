import pytest
import torch
from acme_backbone.generator import encoder

from zoo_core.errors import ZooError
from zoo_testing import conformance

test_conformance = conformance("acme-backbone")


@pytest.mark.parametrize("name", ["resnet10t", "resnet18d", "regnetx_002"])
def test_the_maps_are_halved_step_by_step(name):
    net, widths = encoder(name, channels=1, halving=3)
    maps = net.eval()(torch.zeros(2, 1, 32, 32))
    assert [tuple(m.shape) for m in maps] == [(2, width, side, side) for width, side in zip(widths, (16, 8, 4), strict=True)]


@pytest.mark.parametrize(("name", "words"), [("resnet10", "timm has no"), ("vit_tiny_patch16_224", "has maps at 1/16")])
def test_a_backbone_that_does_not_fit_is_refused_with_what_to_type(name, words):
    with pytest.raises(ZooError, match=f"{words}.*type --set generator.backbone="):
        encoder(name, channels=1, halving=3)
