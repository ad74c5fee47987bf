"""A space as JSON: read as it was written, whatever order tools give to the keys of an object."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo_core.images import Images
from zoo_core.space import Space

VALUES = st.lists(st.text(min_size=1), min_size=1, max_size=3, unique=True).map(tuple)


@given(st.dictionaries(st.text(min_size=1), VALUES, max_size=4), st.booleans())
def test_a_space_is_read_as_it_was_written(labels, sort):
    space = Space(16, 3, labels)
    read = Space.from_json(json.loads(json.dumps(space.to_json(), sort_keys=sort)))
    assert read == space and list(read.labels) == list(labels)


@pytest.mark.parametrize("labels", [{"a": "xy"}, {"a": ["x", "x"]}, {"a": ["1", 1]}, {"a": 3}, ["a"]])
def test_values_are_a_list_without_repetitions(labels):
    with pytest.raises((ValueError, TypeError, AttributeError)):
        Space.from_json({"size": 16, "channels": 3, "labels": labels})


def test_the_hash_of_images_is_what_it_was():
    """Runs and scores name their images by it. The number is that of version 0.1's repr of the space, by hand."""
    import hashlib

    pixels, labels, held = np.zeros((2, 1, 1, 1), np.uint8), np.zeros((2, 2), np.int64), np.zeros(2, np.bool_)
    images = Images(Space(1, 1, {"b": ("x",), "a": ("y",)}), pixels, labels, held, ("0", "1"))
    text = "({'size': 1, 'channels': 1, 'labels': {'b': ['x'], 'a': ['y']}, 'guide': 0}, (2, 1, 1, 1))"
    assert images.sha256 == hashlib.sha256(text.encode() + bytes(2) + bytes(32) + bytes(2)).hexdigest()
