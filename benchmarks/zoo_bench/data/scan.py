"""What a folder of images holds, found without opening an image: files, their labels and their splits."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from zoo_bench.data.metadata import NAMES, Row, order, read
from zoo_bench.data.split import stated
from zoo_core.errors import ZooError
from zoo_core.images import Skipped

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif"})  # what `zoo_bench.data.decode` reads
OTHER_SUFFIXES = frozenset({".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif", ".jfif", ".svg", ".tga", ".psd", ".ico"})
PACKED = ("manifest.json", "pixels.npy")  # what zoo_bench.data.packed writes
VALUES = (2, 1000)  # how many values an attribute may have


@dataclass(frozen=True)
class File:
    """One image file.

    name    path relative to the folder, with forward slashes.
    fields  label fields with their values as text; missing values are left out.
    split   what the folder says of the split, if anything.
    state   size in bytes and times of the last change, in nanoseconds: other where the file is another.
    """

    name: str
    fields: Mapping[str, str]
    split: str | None
    state: tuple[int, int, int]


@dataclass(frozen=True)
class Listing:
    """The folder, its image files in order of name, the attributes they can be labelled with, and what was passed over."""

    root: Path
    files: tuple[File, ...]
    attributes: Mapping[str, tuple[str, ...]]
    skipped: tuple[Skipped, ...]


def scan(path: str) -> Listing:
    """List a folder: flat, nested by class, split by train/ and val/ or test/, or with metadata.jsonl or metadata.csv.

    Raises ZooError if `path` is empty, is no folder, or holds no image file.
    """
    root = _root(path)
    skipped: list[Skipped] = []
    images: dict[str, os.stat_result] = {}
    tables: list[str] = []
    for name, status in _walk(root, "", set(), skipped):
        suffix = PurePosixPath(name).suffix.lower()
        if suffix in SUFFIXES:
            images[name] = status
        elif suffix in OTHER_SUFFIXES:
            skipped.append(Skipped(name, f"{suffix} files are not read: save it as PNG, JPEG, WebP or GIF"))
        elif PurePosixPath(name).name in NAMES:
            tables.append(name)
    if not images:
        if all((root / name).is_file() for name in PACKED):
            raise ZooError(f"{path} is a packed copy: type --dataset packed:{path}")
        found_instead = f" ({skipped[0].name}: {skipped[0].reason})" if skipped else ""
        raise ZooError(
            f"no PNG, JPEG, WebP or GIF image in {path}{found_instead}: type --dataset folder:PATH with another folder"
        )
    rows: dict[str, Row] = {}
    for table in _one_each(sorted(tables, key=lambda name: (name.count("/"), name))):
        rows |= read(root, table, images, skipped)  # a table deeper in the folder is the more specific one
    splits, classes = _folders(sorted(images))
    files = []
    for name in sorted(images):
        row = rows.get(name) or Row({}, None)
        label = {"class": classes[name]} if name in classes else {}
        split = row.split if row.split is not None else splits.get(name)
        found = images[name]
        state = (found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        files.append(File(name, label | dict(row.fields), split, state))
    return Listing(root, tuple(files), _attributes(files), tuple(skipped))


def _root(path: str) -> Path:
    if not path:
        raise ZooError("the dataset needs a folder of images: type --dataset folder:PATH")
    try:
        root = Path(os.path.expanduser(path))
        if root.is_dir():
            os.scandir(root).close()
            return root
        found = root.exists()
    except (OSError, ValueError):
        raise ZooError(f"{path} cannot be opened as a folder: type --dataset folder:PATH with a folder you may read") from None
    if found:
        raise ZooError(f"{path} is a file: type --dataset folder:PATH with the folder of images, unpacked")
    raise ZooError(f"no folder {path}: type --dataset folder:PATH with a folder of images")


def _walk(root: Path, below: str, seen: set[tuple[int, int]], skipped: list[Skipped]) -> Iterator[tuple[str, os.stat_result]]:
    """(relative name, stat) of every visible file. Links are followed, each real folder once, so that loops end."""
    pending = [below]
    while pending:
        below = pending.pop()
        try:
            here = os.stat(root / below)
            if (here.st_dev, here.st_ino) in seen:
                continue
            seen.add((here.st_dev, here.st_ino))
            with os.scandir(root / below) as found:
                entries = sorted(found, key=lambda entry: (entry.is_symlink(), entry.name))
        except OSError as error:
            skipped.append(Skipped(below, f"folder cannot be read: {error.strerror}"))
            continue
        folders = []
        for entry in entries:
            if entry.name.startswith(".") or entry.name == "__MACOSX":
                continue
            name = f"{below}/{entry.name}" if below else entry.name
            try:
                status = entry.stat()
            except OSError as error:
                if PurePosixPath(name).suffix.lower() in SUFFIXES:
                    skipped.append(Skipped(name, f"cannot be read: {error.strerror}"))
                continue
            if stat.S_ISDIR(status.st_mode):
                folders.append(name)
            elif stat.S_ISREG(status.st_mode):
                yield name, status
        pending += reversed(folders)


def _one_each(tables: list[str]) -> list[str]:
    """Of two tables in one folder, metadata.jsonl alone."""
    best = {
        str(PurePosixPath(name).parent): name for name in sorted(tables, key=lambda name: NAMES.index(PurePosixPath(name).name))
    }
    return [name for name in tables if best[str(PurePosixPath(name).parent)] == name]


def _folders(names: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """What folders say: name -> split and name -> class, for the images that lie in such folders.

    Folders that all images share say nothing. Then top folders named like splits, training among them, are splits; the
    folder below is the class, or the top folder itself where there are no splits.
    """
    paths = {name: PurePosixPath(name).parts[:-1] for name in names}
    paths = _unshared(paths)
    tops = {parts[0] for parts in paths.values() if parts}
    splits: dict[str, str] = {}
    if tops and all(stated(top) is not None for top in tops) and any(stated(top) is False for top in tops):
        splits = {name: parts[0] for name, parts in paths.items() if parts}
        paths = _unshared({name: parts[1:] for name, parts in paths.items()})
    return splits, {name: parts[0] for name, parts in paths.items() if parts}


def _unshared(paths: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    first = {parts[:1] for parts in paths.values()}
    while len(first) == 1 and (top := next(iter(first))) and stated(top[0]) is None:
        paths = {name: parts[1:] for name, parts in paths.items()}
        first = {parts[:1] for parts in paths.values()}
    return paths


def _attributes(files: list[File]) -> dict[str, tuple[str, ...]]:
    """Fields of 2 to 1000 values that are not different for every image, in order of name; values in order."""
    counts: dict[str, Counter[str]] = {}
    for file in files:
        for field, value in file.fields.items():
            counts.setdefault(field, Counter())[value] += 1
    usable = {}
    for field in sorted(counts):
        count = counts[field]
        if VALUES[0] <= len(count) <= VALUES[1] and max(count.values()) > 1:
            usable[field] = tuple(order(count))
    return usable
