"""The label task, against plain arithmetic."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from zoo_core.objectives.label_loss import accuracy, entropy, label_loss, targets

rows = st.lists(st.lists(st.integers(-1, 4), min_size=2, max_size=2), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(rows=rows, name=st.sampled_from(["cross_entropy", "softmax_nll"]), seed=st.integers(0, 99))
def test_loss_and_accuracy_equal_plain_arithmetic(rows, name, seed):
    logits = torch.randn(len(rows), 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    losses, right = [], []
    for row, numbers in zip(logits.tolist(), rows, strict=True):
        given_values = [number for number in numbers if number >= 0]
        if given_values:
            p = [math.exp(x) / sum(math.exp(y) for y in row) for x in row]
            worth = [-math.log(p[i]) if name == "cross_entropy" else -p[i] for i in given_values]
            losses.append(sum(worth) / len(worth))
            right.append(row.index(max(row)) in given_values)
    target = targets(torch.tensor(rows), (0, 1), 5)
    assert float(label_loss(logits, target.double(), name)) == pytest.approx(
        sum(losses) / len(losses) if losses else 0.0, abs=1e-9
    )
    assert float(accuracy(logits, target)) == pytest.approx(sum(right) / len(right) if right else 0.0)


def test_softmax_nll_is_the_sources_formula_and_hardly_corrects_what_is_wrong():
    logits = torch.tensor([[8.0, 0.0, 0.0], [0.0, 8.0, 1.0]], dtype=torch.float64, requires_grad=True)
    wanted = torch.tensor([1, 0])  # both classified wrong, with certainty
    target = targets(wanted[:, None], (0,), 3).double()
    source = nn.NLLLoss()(nn.Softmax(1)(logits), wanted)
    right = nn.CrossEntropyLoss()(logits, wanted)
    torch.testing.assert_close(label_loss(logits, target, "softmax_nll"), source)
    torch.testing.assert_close(label_loss(logits, target, "cross_entropy"), right)
    (weak,), (strong,) = (torch.autograd.grad(loss, logits) for loss in (source, right))
    assert strong.abs().max() > 0.4 and weak.abs().max() < 1e-3 and source > -1e-3


def test_entropy_is_zero_when_sure_and_log_classes_when_not():
    assert float(entropy(torch.tensor([[50.0, 0.0, 0.0]]))) == pytest.approx(0.0, abs=1e-6)
    assert float(entropy(torch.zeros(3, 4))) == pytest.approx(math.log(4))


def test_label_zero_counts_and_no_label_does_not():
    labels = torch.tensor([[0, 1, -1], [2, -1, 1], [-1, 0, -1], [1, 1, 1]])
    expected = [[1, 0, 0], [0, 0.5, 0.5], [0, 0, 0], [0, 1, 0]]
    torch.testing.assert_close(targets(labels, (0, 2), 3), torch.tensor(expected, dtype=torch.float32))
