"""The binary version of CIFAR-10 (Krizhevsky 2009), unpacked into a folder of PNG files by split and class.

A record is one byte of label, then 32 x 32 bytes each of red, green and blue (https://www.cs.toronto.edu/~kriz/cifar.html). The
Python version holds pickles, which are never opened.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from zoo_core.errors import ZooError

SIDE = 32
RECORD = 1 + 3 * SIDE * SIDE
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SPLITS = {**{f"data_batch_{number}.bin": "train" for number in range(1, 6)}, "test_batch.bin": "test"}
PICKLES = ("data_batch_1", "test_batch")


def batches(folder: Path) -> list[Path]:
    """The binary files in a folder, or in its folder cifar-10-batches-bin. Raises ZooError for the Python version."""
    for place in (folder, folder / "cifar-10-batches-bin"):
        found = [place / name for name in SPLITS if (place / name).is_file()]
        if found:
            return found
    if any((place / name).is_file() for place in (folder, folder / "cifar-10-batches-py") for name in PICKLES):
        raise ZooError(f"{folder} holds CIFAR-10 as pickles, which are never opened: give the folder of the binary version")
    return []


def unpack(files: list[Path], into: Path) -> None:
    """Write every record as SPLIT/CLASS/BATCH-NUMBER.png. Raises ZooError for a file that is no batch of CIFAR-10."""
    for file in files:
        data = np.fromfile(file, np.uint8)
        if len(data) % RECORD or not len(data) or (data[::RECORD] >= len(CLASSES)).any():
            raise ZooError(f"{file} is no batch of CIFAR-10: download it again")
        for number, record in enumerate(data.reshape(-1, RECORD)):
            place = into / SPLITS[file.name] / CLASSES[record[0]]
            place.mkdir(parents=True, exist_ok=True)
            pixels = record[1:].reshape(3, SIDE, SIDE).transpose(1, 2, 0)
            Image.fromarray(np.ascontiguousarray(pixels)).save(place / f"{file.stem}-{number:05d}.png", compress_level=1)
