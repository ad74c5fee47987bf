"""The generator of the paper's conditional GAN."""

from __future__ import annotations

import torch
from zoo_kiss.edges import EdgeDense
from zoo_kiss.options import DenseOptions

from zoo_core.interfaces import Condition
from zoo_core.nets.options import TransposedOptions
from zoo_core.nets.upsamplers import Transposed
from zoo_core.space import Space


def test_sizes_that_do_not_fit_are_said():
    assert "--size 24" in DenseOptions(edges=(2,)).fits(Space(20, guide=1))
    assert "fewer edges" in DenseOptions(edges=(2,) * 6, doublings=1).fits(Space(32, guide=1))
    assert "edges" in DenseOptions(edges=()).fits(Space(32, guide=1))
    assert "--guide edges" in DenseOptions().fits(Space(32))
    assert DenseOptions().fits(Space(40, guide=1)) is None


def test_the_papers_dense_generator_but_for_the_edges_has_the_papers_layers():
    """19 200 + 768 + 27 648 + ...: the tables of the GAN, of which the input alone differs."""
    net = EdgeDense(Space(64, guide=1), 100, Transposed(TransposedOptions(5)), DenseOptions())
    assert net.seed[0].weight.shape == (192, 100 + 32 * 16 * 16) and net.seed[0].bias is None
    assert net.widen[0].weight.numel() == 27648
    assert [stage.layers[0].weight.shape[:2] for stage in net.stages] == [(1024, 512), (512, 257), (257, 128)]
    z, guide = torch.randn(2, 100), torch.zeros(2, 1, 64, 64)
    assert net(z, Condition(guide=guide)).shape == (2, 3, 64, 64)
