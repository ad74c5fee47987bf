"""What a dataset of a plugin returns is checked where it comes in."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from zoo_bench.data.border import checked
from zoo_bench.data.options import FolderOptions
from zoo_core.errors import ZooError
from zoo_core.images import Images
from zoo_core.options import parse
from zoo_core.space import Space

GOOD = Images(
    Space(8, 3, {"kind": ("a", "b")}),
    np.zeros((4, 8, 8, 3), np.uint8),
    np.array([[0], [1], [-1], [1]]),
    np.array([True, False, False, False]),
    ("0", "1", "2", "3"),
)
BAD = {
    "held_out": ([0, 1, 1, 1], np.array([1, 0, 0, 0]), np.ones(4, np.bool_), np.zeros(3, np.bool_)),
    "labels": (np.zeros((4, 1), np.int32), np.zeros(4, np.int64), np.full((4, 1), 2), np.full((4, 1), -2)),
    "pixels": (np.zeros((4, 8, 8, 3)), np.zeros((4, 3, 8, 8), np.uint8), None),
    "names": (("0",), (0, 1, 2, 3)),
    "space": (Space(8, 3), Space(16, 3, GOOD.space.labels)),
}
CASES = [(field, value) for field, values in BAD.items() for value in values]


@pytest.mark.parametrize(("field", "value"), CASES, ids=[f"{field}{place}" for place, (field, _) in enumerate(CASES)])
def test_what_is_wrong_is_said_with_the_name_of_the_dataset(field, value):
    with pytest.raises(ZooError, match=r"^dataset acme/d is broken: "):
        checked(dataclasses.replace(GOOD, **{field: value}), "acme/d", 8, 3, ("kind",))
    with pytest.raises(ZooError, match="load gave dict, not Images"):
        checked({}, "acme/d", 8, 3, ("kind",))


def test_what_is_right_passes_and_can_no_more_be_changed():
    images = checked(GOOD, "acme/d", 8, 3, ("kind",))
    assert images.sha256 == GOOD.sha256 and images.pixels.base is GOOD.pixels
    for array in (images.pixels, images.labels, images.held_out):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize("text", ["limit=" + "9" * 400, "limit=1e400", f"memory={10**18}", "held_out=nan", "max_pixels=1e30"])
def test_numbers_of_options_have_bounds(text):
    name, _, value = text.partition("=")
    with pytest.raises(ZooError, match=f"^dataset: {name}="):
        parse(FolderOptions, {name: value}, "dataset")
