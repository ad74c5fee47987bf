import math

import torch
from acme_sliced.objective import sliced_distance

from zoo_testing import conformance

test_conformance = conformance("acme-sliced")


def test_a_shift_is_measured_along_every_direction():
    """W2 of a set and its copy moved by m is |m|; seen along the unit vector u it is |m . u|."""
    points, move = torch.randn(50, 2, dtype=torch.float64), torch.tensor([3.0, -1.0], dtype=torch.float64)
    angles = torch.arange(8, dtype=torch.float64) * math.pi / 8
    directions = torch.stack([angles.cos(), angles.sin()])  # (2, 8), evenly spread: the mean of (m . u)^2 is |m|^2 / 2
    found = sliced_distance(points, (points + move)[torch.randperm(50)], directions)
    torch.testing.assert_close(found, move.square().sum() / 2)
