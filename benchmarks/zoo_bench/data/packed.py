"""The dataset `packed:PATH`: images decoded once, in three files that say what they hold and are read without decoding.

pixels.npy     (N, size, size, channels) uint8, numpy's own format: mapped where it is too large for memory
images.json    for each image its name, whether it is held out, and its label values by number, -1 for none
manifest.json  format, size, channels, background, names of the label values, note, and the sha256 of the other two
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from zoo_bench.data.cache import Arrays, cached
from zoo_bench.data.options import PackedOptions
from zoo_bench.data.rows import read_rows, write_rows
from zoo_bench.data.written import PACKED
from zoo_core.errors import RunFailure, ZooError
from zoo_core.files import write_json
from zoo_core.images import Images, Skipped
from zoo_core.mapped import chunks
from zoo_core.registry.names import one_line
from zoo_core.space import Space

FORMAT = 1
MANIFEST, PIXELS = PACKED
IMAGES = "images.json"
MOST_JSON = 2**30  # bytes


def is_packed(folder: Path) -> bool:
    return all((folder / name).is_file() for name in PACKED)


def pack(images: Images, out: Path, background: tuple[int, int, int]) -> None:
    """Write a packed copy to the new folder `out`, whole or not at all. Raises ZooError if it exists, RunFailure if not."""
    if out.exists():
        raise ZooError(f"{out} exists: type another name, or remove it")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.", suffix=".tmp") as temporary:
            made = Path(temporary) / out.name
            made.mkdir()
            _write(images, made, background)
            shutil.move(made, out)
    except OSError as error:
        raise RunFailure(f"cannot write {out}: {error.strerror or error}") from error


class Packed:
    """A packed copy. Its manifest is read on first use; the hashes are checked once for each state of the files."""

    def __init__(self, options: PackedOptions) -> None:
        self.options = options

    @cached_property
    def _folder(self) -> Path:
        if not self.options.path:
            raise ZooError("the dataset needs a packed copy: type --dataset packed:PATH (zoo data make makes one)")
        folder = Path(self.options.path).expanduser()
        if not is_packed(folder):
            raise ZooError(f"{self.options.path} is no packed copy: type zoo data make FOLDER OUT --size 64, then packed:OUT")
        return folder

    @cached_property
    def _manifest(self) -> dict[str, Any]:
        try:
            manifest = _json(self._folder / MANIFEST)
            space = Space.from_json(manifest["space"])
            sizes = {name: (int(said["bytes"]), str(said["sha256"])) for name, said in manifest["files"].items()}
            colour = tuple(int(value) for value in manifest["background"])
            if manifest["format"] != FORMAT or sizes.keys() != {IMAGES, PIXELS} or len(colour) != 3:
                raise ValueError(f"format {manifest['format']}")
        except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ZooError(f"{self._folder / MANIFEST} cannot be used ({type(error).__name__}): make the copy again") from None
        return {**manifest, "space": space, "files": sizes, "background": colour}

    def attributes(self) -> Mapping[str, tuple[str, ...]]:
        """Label attributes -> names of their values."""
        labels: Mapping[str, tuple[str, ...]] = self._manifest["space"].labels
        return labels

    def load(self, size: int, channels: int, labels: tuple[str, ...], background: tuple[int, int, int]) -> Images:
        """The images as they were packed: another size, number of channels or background is a ZooError that says which to type.

        So are files that are damaged or changed, and an unknown label.
        """
        folder, space = self._folder, self._manifest["space"]
        wanted = {"size": size, "channels": channels}
        for name, value in wanted.items():
            if value != getattr(space, name):
                raise ZooError(f"{folder} is packed with {name} {getattr(space, name)}: type --{name} {getattr(space, name)}")
        if channels != 4 and background != self._manifest["background"]:
            red, green, blue = self._manifest["background"]
            raise ZooError(f"{folder} is packed on another background: type --background '#{red:02x}{green:02x}{blue:02x}'")
        for name in labels:
            if name not in space.labels:
                raise ZooError(f"{folder} has no label {name}: it has {', '.join(space.labels) or 'none'}")
        self._verify()
        try:
            found = _json(folder / IMAGES)
            pixels = read_rows(folder / PIXELS, self._manifest["files"][PIXELS][0] > self.options.memory * 2**20)
            columns = [list(space.labels).index(name) for name in labels]
            numbers = np.array(found["labels"], np.int64).reshape(len(pixels), len(space.labels))
            held = np.array(found["held_out"], np.bool_)
            skipped = tuple(Skipped(str(item["name"]), str(item["reason"])) for item in found["skipped"])
            names = tuple(map(str, found["names"]))
            if pixels.shape[1:] != (size, size, channels) or not len(pixels) == len(held) == len(names):
                raise ValueError("lengths differ")
            if ((numbers < -1) | (numbers >= np.array(space.classes, np.int64))).any():
                raise ValueError("labels that have no name")
        except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ZooError(f"{folder} is damaged ({one_line(str(error), 120)}): make the copy again") from None
        chosen = Space(size, channels, {name: space.labels[name] for name in labels})
        return Images(chosen, pixels, numbers[:, columns], held, names, skipped, str(self._manifest.get("note", "")))

    def _verify(self) -> None:
        for name, (size, wanted) in self._manifest["files"].items():
            file = self._folder / name
            try:
                state = file.stat()
                if state.st_size != size:
                    raise ZooError(f"{file} is not whole: make the copy again")
                key = f"sha256/{file.resolve()}/{state.st_size}/{state.st_mtime_ns}/{state.st_ctime_ns}"
                found = cached(key, partial(_hash, file))
            except OSError as error:
                raise ZooError(f"{file} cannot be read ({error.strerror}): make the copy again") from None
            if found["sha256"].tobytes().decode("ascii", "replace") != wanted:
                raise ZooError(f"{file} is not what was packed (its sha256 differs): make the copy again")


def _hash(file: Path) -> Arrays:
    return {"sha256": np.frombuffer(sha256(file).encode(), np.uint8)}


def sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write(images: Images, folder: Path, background: tuple[int, int, int]) -> None:
    size, channels = images.space.size, images.space.channels
    write_rows(folder / PIXELS, (size, size, channels), (row for part in chunks(images.pixels) for row in part))
    listed = {
        "names": images.names,
        "held_out": images.held_out.tolist(),
        "labels": images.labels.tolist(),
        "skipped": [{"name": item.name, "reason": item.reason} for item in images.skipped],
    }
    write_json(folder / IMAGES, listed)
    files = {name: {"bytes": (folder / name).stat().st_size, "sha256": sha256(folder / name)} for name in (PIXELS, IMAGES)}
    manifest = {
        "format": FORMAT,
        "count": len(images.pixels),
        "space": images.space.to_json(),
        "background": list(background),
        "note": images.note,
        "files": files,
    }
    write_json(folder / MANIFEST, manifest)


def _json(file: Path) -> dict[str, Any]:
    if file.stat().st_size > MOST_JSON:
        raise ValueError("too large")
    with suppress(RecursionError):
        value = json.loads(file.read_bytes())
        if isinstance(value, dict):
            return value
    raise ValueError("not an object of JSON")
