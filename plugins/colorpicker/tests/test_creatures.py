"""The trained model that comes with the distribution."""

from __future__ import annotations

from pathlib import Path

import pytest
import zoo_colorpicker

from zoo_core.model import hub
from zoo_core.model.bundle import Bundle


@pytest.fixture(scope="module")
def creatures() -> Bundle:
    return hub.load("creatures")


def test_it_is_small() -> None:
    files = list((Path(zoo_colorpicker.__file__).parent / "creatures").iterdir())
    assert {file.name for file in files} == {"config.json", "model.safetensors"}
    assert sum(file.stat().st_size for file in files) < 3_000_000


def test_types_have_their_colours(creatures: Bundle) -> None:
    """The element governs the palette: fire is red, water is blue, grass is green."""
    for type, channel in (("fire", 0), ("water", 2), ("grass", 1)):
        means = creatures.sample(32, labels={"type": type}).float().mean((0, 2, 3))
        assert means.argmax() == channel, (type, means)


def test_pictures_differ_and_have_a_background(creatures: Bundle) -> None:
    drawn = creatures.sample(64, seed=1)
    assert len({picture.numpy().tobytes() for picture in drawn}) == 64
    corners = drawn[:, :, ::31, ::31].float()
    assert (corners > 240).float().mean() > 0.9  # white
    assert (drawn < 200).any(1).float().mean() > 0.1  # with something on it
