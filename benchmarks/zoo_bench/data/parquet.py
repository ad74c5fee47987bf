"""Images in parquet files, as datasets of the Hub hold them, unpacked into a folder of image files beside a metadata.jsonl.

A column of images has {"bytes", "path"} in each row; class labels are numbers whose names the file's metadata has under the key
"huggingface". Only bytes are taken: a path is never opened. Needs pyarrow: `pip install "zoo-bench[hub]"`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any

from zoo_bench.data.split import stated
from zoo_core.errors import ZooError

ROWS = 64  # read at once
MOST_GROUP = 4 * 2**30  # bytes of a row group, unpacked: a reader holds a part of it in memory
SUFFIX_OF = ((b"\x89PNG\r\n\x1a\n", ".png"), (b"\xff\xd8\xff", ".jpg"), (b"GIF8", ".gif"), (b"RIFF", ".webp"))
NAME = re.compile(r"([A-Za-z_]+?)(?:[-_.]?\d+)?(?:-of-\d+)?(?:-[0-9a-f]+)?")  # train-00000-of-00003-92f813f497ecaae7


def unpack(files: Sequence[tuple[str, Path]], into: Path) -> None:
    """Write the images of parquet files, (name in the repository, path), as numbered files, with a line of metadata.jsonl each.

    Raises ZooError if pyarrow is missing, a file is damaged, or there is no column of images.
    """
    count = 0
    with (into / "metadata.jsonl").open("w", encoding="utf-8") as table:
        for name, path in files:
            split = split_of(name)
            for data, said in _rows(name, path):
                suffix = next((suffix for start, suffix in SUFFIX_OF if data.startswith(start)), ".png")  # decoding finds out
                file_name = f"{count:07d}{suffix}"
                (into / file_name).write_bytes(data)
                line = {**said, "file_name": file_name, **({"split": split} if split else {})}
                table.write(json.dumps(line, ensure_ascii=False) + "\n")
                count += 1


def split_of(name: str) -> str | None:
    """The split that the name of a parquet file states: data/train-00000-of-00002.parquet, default/test/0000.parquet."""
    place = PurePosixPath(name)
    match = NAME.fullmatch(place.stem)
    words = [*([match[1]] if match else []), *reversed(place.parts[:-1])]
    return next((word for word in words if stated(word) is not None), None)


def _rows(name: str, path: Path) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Bytes of each image and its label fields. Rows without bytes are passed over."""
    try:
        reader, broken = import_module("pyarrow.parquet"), import_module("pyarrow").ArrowException
    except ImportError:
        raise ZooError('reading parquet needs pyarrow: type pip install "zoo-bench[hub]"') from None
    try:
        with reader.ParquetFile(path) as file:
            groups = [file.metadata.row_group(index).total_byte_size for index in range(file.metadata.num_row_groups)]
            if max(groups, default=0) > MOST_GROUP:
                raise ZooError(f"{name} has a row group of {max(groups) / 2**30:.1f} GiB, too large to be read")
            schema, features = file.schema_arrow, _features(file.schema_arrow)
            images = _image_column(schema, features)
            if images is None:
                raise ZooError(f"{name} has no column of images: it has {', '.join(schema.names) or 'no columns'}")
            labels = {column: _names(features.get(column)) for column in _label_columns(schema)}
            for batch in file.iter_batches(batch_size=ROWS, columns=[images, *labels]):
                for row in batch.to_pylist():
                    data = row[images]["bytes"] if isinstance(row[images], dict) else row[images]
                    if isinstance(data, bytes):
                        yield data, {column: _value(row[column], names) for column, names in labels.items()}
    except (
        broken,
        OSError,
        ValueError,
        LookupError,
        TypeError,
        OverflowError,
        MemoryError,
    ) as error:  # odd bytes raise many kinds
        reason = (str(error).splitlines() or [""])[0][:100]
        raise ZooError(f"{name} cannot be read as parquet ({reason}): tell its author") from None


def _features(schema: Any) -> Mapping[str, Any]:
    try:
        found = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _image_column(schema: Any, features: Mapping[str, Any]) -> str | None:
    """The first column that is said to hold images, or else the first one that can: bytes, or a struct with bytes."""
    can = [field.name for field in schema if _holds_bytes(field.type)]
    said = [name for name in can if isinstance(features.get(name), dict) and features[name].get("_type") == "Image"]
    return next(iter([*said, *can]), None)


def _holds_bytes(kind: Any) -> bool:
    types = import_module("pyarrow.types")
    if types.is_struct(kind):
        return any(field.name == "bytes" and _holds_bytes(field.type) for field in kind)
    return bool(types.is_binary(kind) or types.is_large_binary(kind))


def _label_columns(schema: Any) -> Iterator[str]:
    types = import_module("pyarrow.types")
    for field in schema:
        plain = (types.is_integer, types.is_string, types.is_large_string, types.is_boolean)
        if field.name not in ("file_name", "split") and any(is_kind(field.type) for is_kind in plain):
            yield field.name


def _names(feature: Any) -> list[str]:
    names = feature.get("names") if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" else None
    return [str(name) for name in names] if isinstance(names, list) else []


def _value(value: Any, names: Sequence[str]) -> Any:
    """A class label by name; -1 stands for none (as test sets without labels have it)."""
    if names and isinstance(value, int):
        return names[value] if 0 <= value < len(names) else None
    return value
