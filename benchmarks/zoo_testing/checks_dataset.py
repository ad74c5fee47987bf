"""Checks of datasets. One that reads a folder is given one with small pictures and labels."""

from __future__ import annotations

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from zoo_core.errors import ZooError
from zoo_core.images import Dataset, Images
from zoo_core.options import describe
from zoo_core.space import Space
from zoo_testing.check import Check, NotApplicable, checks, expect
from zoo_testing.noise import LABELS, noise_images
from zoo_testing.subject import Subject

WHITE = (255, 255, 255)
FEWEST = 16  # usable images, below which a dataset says so


def arrays(subject: Subject) -> None:
    """load(size, channels, labels, background) gives Images: uint8 pixels of that size, with labels, split and names."""
    with _dataset(subject) as dataset:
        for size, channels in ((16, 3), (24, 4), (20, 1)):
            images = dataset.load(size, channels, (), WHITE)
            n = len(images.pixels)
            _expect_array("pixels", images.pixels, (n, size, size, channels), np.uint8)
            _expect_array("labels", images.labels, (n, 0), np.int64)
            _expect_array("held_out", images.held_out, (n,), np.bool_)
            expect(len(images.names) == n, f"{len(images.names)} names for {n} images")
            space = images.space
            expect((space.size, space.channels) == (size, channels), f"space is {space} for {size} px and {channels} channels")
            expect(n >= FEWEST, f"{n} images; a dataset with fewer than {FEWEST} raises ZooError")


def deterministic(subject: Subject) -> None:
    """The same options give the same images, labels, names and split, from every instance and every call."""
    with _dataset(subject) as dataset, _dataset(subject) as other:
        first, again, second = (each.load(16, 3, tuple(each.attributes()), WHITE) for each in (dataset, dataset, other))
        for what, images in (("a second call", again), ("a second instance", second)):
            expect(images.sha256 == first.sha256, f"{what} gave other pixels, labels or another split")
            expect(images.names == first.names, f"{what} gave other names")


def attributes(subject: Subject) -> None:
    """attributes() lists what load() can be asked for: load gives these columns, in the order asked, with these names."""
    with _dataset(subject) as dataset:
        known = dict(dataset.attributes())
        if not known:
            raise NotApplicable("it has no label attributes")
        for name, values in known.items():
            expect(isinstance(values, tuple) and len(set(values)) == len(values) > 0, f"the values of {name} are {values!r}")
        asked = tuple(reversed(known))
        images = dataset.load(16, 3, asked, WHITE)
        expect(images.labels.shape[1:] == (len(asked),), f"labels have shape {images.labels.shape} for {len(asked)} attributes")
        got, wanted = list(images.space.labels.items()), [(name, known[name]) for name in asked]
        expect(got == wanted, f"asked for {', '.join(asked)}, space.labels is {', '.join(images.space.labels) or 'empty'}")


def labels_in_range(subject: Subject) -> None:
    """A label is the number of one of its attribute's values, or -1 for none, and some image has one."""
    with _dataset(subject) as dataset:
        known = dict(dataset.attributes())
        if not known:
            raise NotApplicable("it has no label attributes")
        images = dataset.load(16, 3, tuple(known), WHITE)
        for column, (name, values) in enumerate(known.items()):
            found = images.labels[:, column]
            low, high = int(found.min()), int(found.max())
            expect(low >= -1 and high < len(values), f"labels of {name} go from {low} to {high}, it has {len(values)} values")
            expect(high >= 0, f"no image has a label {name}")


def split(subject: Subject) -> None:
    """Held-out images are never trained on: no image is in both parts, and the part to train on is not empty."""
    with _dataset(subject) as dataset:
        images = dataset.load(16, 3, (), WHITE)
        train, held = (_digests(images, images.held_out == part) for part in (False, True))
        expect(bool(train), "all images are held out")
        same = len(train & held)
        expect(same == 0, f"{same} images are in both parts")


def _digests(images: Images, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> set[str]:
    return {hashlib.sha256(image.tobytes()).hexdigest() for image in images.pixels[chosen]}


@contextlib.contextmanager
def _dataset(subject: Subject) -> Iterator[Dataset]:
    """The dataset of a folder made here, if it reads folders and no options are given; otherwise with its options.

    The folder comes first: what a dataset with a path does without one may be to download gigabytes.
    """
    config = subject.catalog.load_config(subject.provided)
    reads = config is not None and "path" in {option.name for option in describe(config)} and not subject.chosen("dataset")
    with tempfile.TemporaryDirectory() as folder:
        if reads and config is not None:
            _write_folder(Path(folder))
            dataset: Dataset = subject.target(subject.parse(config, "dataset", {"path": folder}))
        else:
            dataset = subject.target(subject.options)
        expect(
            hasattr(dataset, "attributes") and hasattr(dataset, "load"),
            f"a {type(dataset).__name__} has no attributes() or load()",
        )
        try:
            dataset.load(16, 3, (), WHITE)
        except ZooError as error:
            raise NotApplicable(f"it needs options, give them with --set dataset.NAME=VALUE: {error}") from None
        yield dataset


def _write_folder(folder: Path) -> None:
    """24 PNG files of noise and a metadata.jsonl with a label for each, as Hugging Face's image folders have it."""
    from PIL import Image

    images = noise_images(Space(16, 3, {"shape": LABELS["shape"]}), 24)
    lines = []
    for i, (pixels, row) in enumerate(zip(images.pixels, images.labels, strict=True)):
        Image.fromarray(pixels).save(folder / f"{i:02d}.png")
        lines.append(json.dumps({"file_name": f"{i:02d}.png", "shape": LABELS["shape"][row[0]]}) + "\n")
    (folder / "metadata.jsonl").write_text("".join(lines))


def _expect_array(name: str, array: object, shape: tuple[int, ...], dtype: type) -> None:
    good = isinstance(array, np.ndarray) and array.shape == shape and array.dtype == dtype
    seen = f"{getattr(array, 'dtype', type(array).__name__)} {getattr(array, 'shape', '')}"
    expect(good, f"{name} are {seen}, expected {dtype.__name__} {shape}")


READ = "zoo_core/images.py, classes Images and Dataset; docs/reference/interfaces.md"
CHECKS: tuple[Check, ...] = checks("dataset", "dataset", READ, arrays, deterministic, attributes, labels_in_range, split)
