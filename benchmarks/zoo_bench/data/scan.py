"""What a folder of images holds, found without opening an image: files, their labels and their splits."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from zoo_bench.data.metadata import NAMES, Row, order, plain, read
from zoo_bench.data.split import stated
from zoo_bench.data.written import PACKED, by_zoo
from zoo_bench.words import plural
from zoo_core.errors import ZooError
from zoo_core.images import Skipped
from zoo_core.registry.names import one_line

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif"})  # what `zoo_bench.data.decode` reads
OTHER_SUFFIXES = frozenset({".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif", ".jfif", ".svg", ".tga", ".psd", ".ico"})
TABLES = frozenset({".csv", ".tsv", ".json", ".jsonl", ".xlsx", ".xls", ".ods", ".parquet"})  # what might hold labels
NOT_READ = "is not read: call it metadata.csv, with a column file_name, and save it as comma-separated text"
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
    """The folder, its image files in order of name, the attributes they can be labelled with, and what was passed over.

    tables  what is to be said of tables of labels beside the images: why they were not understood.
    lost    field -> why it is no label: "has ...".
    """

    root: Path
    files: tuple[File, ...]
    attributes: Mapping[str, tuple[str, ...]]
    skipped: tuple[Skipped, ...]
    tables: tuple[Skipped, ...] = ()
    lost: Mapping[str, str] = field(default_factory=dict)

    def why_not(self, label: str) -> str:
        """Why the folder has no such label, as far as it is known; "" if nothing is."""
        if label in self.lost:
            return f"{one_line(label, 40)} {self.lost[label]}"
        if any(file.fields.keys() - {"class"} for file in self.files):  # a table was understood, and has no such field
            return ""
        return next((f"{one_line(table.name)} {table.reason}" for table in self.tables), "")


def scan(path: str) -> Listing:
    """List a folder: flat, nested by class, split by train/ and val/ or test/, or with metadata.jsonl or metadata.csv.

    Raises ZooError if `path` is empty, is no folder, or holds no image file.
    """
    root = _root(path)
    skipped: list[Skipped] = []
    images: dict[str, os.stat_result] = {}
    tables: list[str] = []
    others: list[str] = []
    for name, status in _walk(root, "", set(), skipped):
        suffix = PurePosixPath(name).suffix.lower()
        if suffix in SUFFIXES:
            images[name] = status
        elif suffix in OTHER_SUFFIXES:
            skipped.append(Skipped(name, f"{suffix} files are not read: save it as PNG, JPEG, WebP or GIF"))
        elif PurePosixPath(name).name in NAMES:
            tables.append(name)
        elif suffix in TABLES:
            others.append(name)
    if not images:
        if all((root / name).is_file() for name in PACKED):
            raise ZooError(f"{path} is a packed copy: type --dataset packed:{path}")
        found_instead = f" ({skipped[0].name}: {skipped[0].reason})" if skipped else ""
        raise ZooError(
            f"no PNG, JPEG, WebP or GIF image in {path}{found_instead}: type --dataset folder:PATH with another folder"
        )
    rows, lost, findings = _tables(root, _one_each(sorted(tables, key=lambda name: (name.count("/"), name))), images, skipped)
    if not rows:
        findings += [Skipped(name, NOT_READ) for name in sorted(others)]
    splits, classes = _folders(sorted(images))
    files = []
    for name in sorted(images):
        row = rows.get(name) or Row({}, None)
        label = {"class": plain(classes[name])} if name in classes else {}
        split = row.split if row.split is not None else splits.get(name)
        found = images[name]
        state = (found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        files.append(File(name, label | dict(row.fields), split, state))
    attributes, unfit = _attributes(files)
    return Listing(root, tuple(files), attributes, tuple(skipped), tuple(findings), unfit | lost)


def _tables(
    root: Path, tables: Sequence[str], images: Collection[str], skipped: list[Skipped]
) -> tuple[dict[str, Row], dict[str, str], list[Skipped]]:
    """Rows by image; field -> why it is no label; what is to be said of the tables. Single lines are added to `skipped`."""
    rows: dict[str, Row] = {}
    lost: dict[str, str] = {}
    findings: list[Skipped] = []
    for table in tables:
        found = read(root, table, images)
        rows |= found.rows  # a table deeper in the folder is the more specific one
        lost |= found.lost
        findings += [Skipped(table, reason) for reason in found.findings]
        skipped += [Skipped(f"{table}:{number}", reason) for number, reason in found.problems.items()]
    return rows, lost, findings


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
        # Of a folder that is asked for by name, its images are wanted, whoever wrote it.
        if below and (what := by_zoo(root / below, [entry.name for entry in entries])):
            skipped.append(Skipped(below, f"{what} that zoo wrote: its images are no part of the set"))
            continue
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


def _attributes(files: list[File]) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Fields of 2 to 1000 values that are not different for every image, in order of name, with their values in order.

    And the other fields, with the reason.
    """
    counts: dict[str, Counter[str]] = {}
    for file in files:
        for name, value in file.fields.items():
            counts.setdefault(name, Counter())[value] += 1
    usable, unfit = {}, {}
    for name in sorted(counts):
        count = counts[name]
        images = plural(sum(count.values()), "image")
        if len(count) < VALUES[0]:
            unfit[name] = f"has one value for all of {images}: a label has two at least"
        elif max(count.values()) == 1:
            unfit[name] = f"has {len(count):,} different values for {images}: a label is shared by several"
        elif len(count) > VALUES[1]:
            unfit[name] = f"has {len(count):,} different values, and a label may have {VALUES[1]:,}"
        else:
            usable[name] = tuple(order(count))
    return usable, unfit
