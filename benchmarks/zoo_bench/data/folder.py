"""The dataset `folder:PATH`: a folder of images, decoded to one size, with labels and a held-out part."""

from __future__ import annotations

import difflib
import json
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import click
import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import Image

from zoo_bench.data.cache import Arrays, cached, cached_rows
from zoo_bench.data.decode import Unusable, decode, fingerprint
from zoo_bench.data.options import FolderOptions
from zoo_bench.data.resize import SMALL, is_pixel_art, square
from zoo_bench.data.scan import File, Listing, scan
from zoo_bench.data.split import held_out, position
from zoo_bench.words import plural
from zoo_core.errors import ZooError
from zoo_core.images import Images, Skipped
from zoo_core.registry.names import one_line
from zoo_core.space import Space

VERSION = 1  # of decoding and resizing: raise it when the same file gives other pixels
FEWEST = 16  # usable images
WORKERS = 2  # Pillow decodes and resizes without Python's lock
SAMPLE = 24  # images looked at to tell pixel art
AT_ONCE = 256  # images decoded before the next are begun: bounds memory


class Folder:
    """A folder of PNG, JPEG, WebP or GIF files. The folder is listed once, on first use, and decoded images are cached."""

    def __init__(self, options: FolderOptions) -> None:
        self.options = options

    @cached_property
    def _listing(self) -> Listing:
        return scan(self.options.path)

    def attributes(self) -> Mapping[str, tuple[str, ...]]:
        """Label attributes -> names of their values: fields of the metadata, and `class` for nested folders.

        Values are in order of text, or of number where all are numbers. Raises ZooError if there is no such folder.
        """
        return self._listing.attributes

    def load(self, size: int, channels: int, labels: tuple[str, ...], background: tuple[int, int, int]) -> Images:
        """Decode every usable image to (size, size, channels), padded to a square, never cropped or stretched.

        Damaged, tiny, oversized and doubled images are passed over and listed in `Images.skipped` with the reason. Of images
        with equal pixels the first by name is kept. Raises ZooError for a label the folder does not have, and where fewer
        than 16 images are usable.
        """
        listing = self._listing
        for table in listing.tables:
            click.echo(f"warning: {one_line(table.name)} {table.reason}", err=True)
        space = Space(size, channels, {name: self._values(name) for name in labels})
        files = _chosen(listing.files, self.options.limit)
        found = self._decoded(files, size, channels, background)
        notes = json.loads(found["notes"].tobytes())
        kept = [files[index] for index in found["kept"].tolist()]
        skipped = (*listing.skipped, *(Skipped(files[index].name, reason) for index, reason in notes["skipped"]))
        skipped = tuple(Skipped(one_line(item.name, 400), one_line(item.reason, 200)) for item in skipped)
        if len(kept) < FEWEST:
            first = f" (first problem: {skipped[0].name}: {skipped[0].reason})" if skipped else ""
            advice = f"raise limit={self.options.limit}" if 0 < self.options.limit < FEWEST else "add some"
            raise ZooError(f"{self.options.path} has {plural(len(kept), 'usable image')}, {FEWEST} are needed: {advice}{first}")
        return Images(
            space=space,
            pixels=cast("NDArray[np.uint8]", found["pixels"]),
            labels=_numbers(kept, space.labels),
            held_out=np.array(held_out(self._ties(kept), [f.split for f in kept], self.options.held_out), bool),
            names=tuple(one_line(file.name, 400) for file in kept),
            skipped=skipped,
            note=f"folder {one_line(listing.root.resolve().name, 120)}, resized by {notes['resize']}",
        )

    def _values(self, label: str) -> tuple[str, ...]:
        known = self._listing.attributes
        if label in known:
            return known[label]
        near = difflib.get_close_matches(label, known, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        reason = self.why_not(label) or f"{hint}it has {', '.join(known) or 'no labels'}"
        raise ZooError(f"{self.options.path} has no label {label}: {reason}")

    def why_not(self, label: str) -> str:
        """Why there is no such label, as far as it is known: what is wrong with the table that should have it; or ""."""
        return self._listing.why_not(label)

    def _ties(self, files: Sequence[File]) -> list[str]:
        """What decides on which side each image is: its name, or the value that it shares with others."""
        field = self.options.together
        if field and not any(field in file.fields for file in files):
            known = sorted({name for file in files for name in file.fields})
            raise ZooError(f"{self.options.path} has no field {field} for together=: it has {', '.join(known) or 'none'}")
        return [f"{field}={file.fields[field]}" if field in file.fields else file.name for file in files]

    def _key(self, files: Sequence[File], size: int, channels: int, background: tuple[int, int, int]) -> str:
        behind = None if channels == 4 else list(background)
        how = [
            VERSION,
            PIL.__version__,
            size,
            channels,
            behind,
            self.options.resize,
            self.options.max_pixels,
            self.options.duplicates,
        ]
        states = [[file.name, *file.state] for file in files]
        return json.dumps(["folder", str(self._listing.root.resolve()), how, states])

    def _decoded(self, files: Sequence[File], size: int, channels: int, background: tuple[int, int, int]) -> Arrays:
        """pixels (N, size, size, channels), kept (N,) places in `files`, and as JSON bytes what was skipped and how."""
        key, shape = self._key(files, size, channels, background), (size, size, channels)

        def decoding() -> tuple[Iterator[NDArray[np.uint8]], Callable[[], Arrays]]:
            kept: list[int] = []
            notes: dict[str, Any] = {"skipped": []}
            rows = self._rows(files, size, channels, background, kept, notes)
            return rows, lambda: {
                "kept": np.array(kept, np.int64),
                "notes": np.frombuffer(json.dumps(notes).encode(), np.uint8),
            }

        def in_memory() -> Arrays:
            rows, others = decoding()
            pixels, count = np.empty((len(files), *shape), np.uint8), 0
            for count, row in enumerate(rows, 1):
                pixels[count - 1] = row
            return {"pixels": pixels[:count], **others()}

        if len(files) * size * size * channels > self.options.memory * 2**20:
            return cached_rows(key, shape, decoding)
        return cached(key, in_memory)

    def _rows(
        self,
        files: Sequence[File],
        size: int,
        channels: int,
        background: tuple[int, int, int],
        kept: list[int],
        notes: dict[str, Any],
    ) -> Iterator[NDArray[np.uint8]]:
        """Every usable image, (size, size, channels). Its place in `files` is added to `kept`; others to notes["skipped"]."""
        root, most, how = self._listing.root, self.options.max_pixels, self.options.resize
        first_of: dict[bytes, str] = {}

        def work(file: File) -> tuple[NDArray[np.uint8], bytes] | str:
            try:
                image = decode(root / file.name, most, draft=2 * size)
                return square(image, size, channels, background, how), fingerprint(image)
            except Unusable as reason:
                return str(reason)

        with warnings.catch_warnings(), ThreadPoolExecutor(WORKERS) as pool:
            warnings.simplefilter("ignore")  # of Pillow, on odd files; what matters is in the notes
            if how == "auto":
                how = "area" if is_pixel_art(sample(root, files, most)) else "lanczos"
            notes["resize"] = how
            for start in range(0, len(files), AT_ONCE):
                for index, result in enumerate(pool.map(work, files[start : start + AT_ONCE]), start):
                    if isinstance(result, str):
                        notes["skipped"].append((index, result))
                    elif result[1] in first_of and not self.options.duplicates:
                        notes["skipped"].append((index, f"the same pixels as {first_of[result[1]]}"))
                    else:
                        first_of[result[1]] = files[index].name
                        kept.append(index)
                        yield result[0]


def _chosen(files: Sequence[File], limit: int) -> Sequence[File]:
    """At most `limit` files (0: all) in the same order, by a hash of their names, so that every class keeps its share."""
    if not 0 < limit < len(files):
        return files
    wanted = sorted(files, key=lambda file: (position(file.name, "limit"), file.name))[:limit]
    return sorted(wanted, key=lambda file: file.name)


def sample(root: Path, files: Sequence[File], max_pixels: int) -> Iterator[Image.Image]:
    """Up to SAMPLE images, evenly spread over the files."""
    for file in files[:: -(-len(files) // SAMPLE)]:
        try:
            yield decode(root / file.name, max_pixels, draft=2 * SMALL)
        except Unusable:
            continue


def _numbers(files: Sequence[File], attributes: Mapping[str, tuple[str, ...]]) -> NDArray[np.int64]:
    """(N, L): the place of each image's value among the values of each attribute, -1 for none."""
    columns = []
    for name, values in attributes.items():
        place = {value: number for number, value in enumerate(values)}
        columns.append([place.get(file.fields.get(name, ""), -1) for file in files])
    return np.array(columns, np.int64).reshape(len(attributes), len(files)).T.copy()
