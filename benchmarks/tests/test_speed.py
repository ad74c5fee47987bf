"""The speed table: operations are counted right, rows fit the page, and each machine keeps its own."""

from __future__ import annotations

import importlib
import sys
from functools import partial
from pathlib import Path

import pytest
import torch

SPEED = Path(__file__).parents[1] / "speed"


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(SPEED))
    names = ("peak", "table", "measure", "limits", "bound", "race", "naive", "networks")
    before = {name: sys.modules.pop(name, None) for name in names}
    yield importlib.import_module
    for name in names:
        sys.modules.pop(name, None)
        if before[name] is not None:
            sys.modules[name] = before[name]


def test_operations_are_two_per_product_of_all_passes(script):
    operations = script("peak").operations
    a, b = torch.randn(3, 5), torch.randn(5, 7)
    assert operations(lambda: a @ b) == 2 * 3 * 5 * 7
    x, w = torch.randn(2, 4, 8, 8), torch.randn(6, 4, 3, 3)
    once = 2 * 2 * 8 * 8 * 6 * 4 * 9
    assert operations(lambda: torch.nn.functional.conv2d(x, w, padding=1)) == once
    w.requires_grad_(True)
    assert operations(lambda: torch.nn.functional.conv2d(x, w, padding=1).sum().backward()) == 2 * once  # no gradient of x
    x.requires_grad_(True)

    def penalty():
        score = torch.nn.functional.conv2d(x, w, padding=1).square().sum()
        (gradient,) = torch.autograd.grad(score, x, create_graph=True)
        gradient.square().sum().backward()

    assert operations(penalty) >= 5 * once


def test_operators_timed_alone_are_those_of_the_iteration(script):
    bound, operations = script("bound"), script("peak").operations
    net = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3, 2), torch.nn.ConvTranspose2d(4, 2, 4, 2), torch.nn.Flatten(), torch.nn.LazyLinear(1)
    )
    x = torch.randn(5, 3, 9, 9)

    def work():
        for _ in range(2):
            net(x).sum().backward()

    work()
    found = bound.calls(work)
    assert sum(count for (func, _), count in found.items() if "backward" in str(func)) == 4
    assert set(found.values()) == {2}  # the same call twice is timed once
    for layout in bound.LAYOUTS:
        counts = [operations(partial(call[0], *bound.arguments(call, layout))) * found[call] for call in found]
        assert sum(counts) == operations(work)
        assert all(0 < bound.alone(call, layout, 1) < float("inf") for call in found)


def test_a_row_holds_the_whole_iteration(script, monkeypatch, tmp_path):
    table = script("table")
    monkeypatch.setattr(table, "SIZES", (16, *table.SIZES))
    row = table.measured("model:zoo-dcgan/dcgan", "cpu", 1, 0.0)
    assert row["size"] == 16 and row["iterations"] == table.LEAST
    assert set(row["ms"]) == {"critic", "generator", "average", "other"}
    assert sum(row["ms"].values()) == pytest.approx(row["ms_per_iteration"], abs=0.1)
    assert row["images_per_second"] == pytest.approx(2 * row["batch"] / row["ms_per_iteration"] * 1e3, rel=0.01)
    assert row["gflop_per_iteration"] > 0

    page, results = tmp_path / "speed.md", tmp_path / "speed.json"
    page.write_text("before\n<!-- table -->\nold\n<!-- end -->\nafter\n")
    monkeypatch.setattr(table, "PAGE", page)
    monkeypatch.setattr(table, "RESULTS", results)
    here = table.machine("cpu", 1) | {"peak_gflops": {"matmul 1024": 100.0}, "rows": [row]}
    other = table.machine("cpu", 2) | {"peak_gflops": {"matmul 1024": 200.0}, "rows": []}
    assert table.key(here) != table.key(other)
    table.write([here, other])
    text = page.read_text()
    assert text.startswith("before\n<!-- table -->\n### ") and text.endswith("<!-- end -->\nafter\n") and "old" not in text
    assert "| model `dcgan` | 16 |" in text and text.count("### ") == 2
    assert table.saved() == [here, other]


def test_everything_installed_has_a_recipe(script):
    table = script("table")
    catalog = table.discover()
    found = {name: table.recipe_of(catalog, name, "cpu", 1).space.size for name in table.names(catalog)}
    assert set(found.values()) <= set(table.SIZES)
    assert {"model:zoo-acgan/acgan", "model:zoo-cgan/cgan", "upsampler:zoo-core/nearest"} <= found.keys()


def test_memory_is_looked_at_ten_times(script):
    looks = script("limits").memory(20)
    assert len(looks) == 10 and all(look > 2**20 for look in looks)
