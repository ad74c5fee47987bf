"""What to draw, by name: "type=fire" as columns of a label tensor."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from zoo_core.errors import ZooError
from zoo_core.registry.names import nearest, one_line
from zoo_core.seeds import mix
from zoo_core.space import Space

NONE = "none"  # asks for no value


def random_labels(space: Space, n: int, seed: int, first: int = 0) -> Tensor:
    """(n, L) int64, uniform per attribute; row i depends on (seed, first + i) alone."""
    rows = []
    for i in range(first, first + n):
        random = torch.Generator().manual_seed(mix(seed, "labels", i))
        rows.append([int(torch.randint(count, (), generator=random)) for count in space.classes])
    return torch.tensor(rows, dtype=torch.int64).reshape(n, len(space.classes))


def labels_tensor(space: Space, wanted: Mapping[str, str], n: int, seed: int, first: int = 0) -> Tensor:
    """(n, L) int64 with the columns that {name: value} fixes, the others drawn as `random_labels` does.

    A value "a+b" gives two values where the attribute has several columns: `type` stands for the columns type1 and type2,
    and so does type1+type2, the name that a model gives to columns it was trained to treat as one. Columns that are left
    over get none (-1), and so do those asked for "none". Raises ZooError for unknown names and values.
    """
    if not space.labels and wanted:
        raise ZooError(f"--labels {_shown(wanted)}: this model has no labels; leave the option out")
    chosen = random_labels(space, n, seed, first)
    names = list(space.labels)
    for name, value in wanted.items():
        for column, number in _columns(space, name, value).items():
            chosen[:, names.index(column)] = number
    return chosen


def _columns(space: Space, name: str, value: str) -> dict[str, int]:
    """Column -> number of its value, -1 for none."""
    asked = f"--labels {_shown({name: value})}"
    columns = [name] if name in space.labels else _parts(space, name)
    if not columns:
        near = nearest(name, space.labels)
        hint = f"; did you mean {near}?" if near else ""
        raise ZooError(f"{asked}: this model has no label {one_line(name, 40)}; it has {', '.join(space.labels)}{hint}")
    if len(columns) == 1 and value in space.labels[columns[0]]:  # a value may hold a + itself
        return {columns[0]: space.labels[columns[0]].index(value)}
    values = value.split("+")
    if len(values) > len(columns):
        more = "one value" if len(columns) == 1 else f"{len(columns)} values"
        raise ZooError(f"{asked}: {one_line(name, 40)} takes {more} at once in this model")
    found = dict.fromkeys(columns, -1)
    for column, word in zip(columns, values, strict=False):
        if word in space.labels[column]:
            found[column] = space.labels[column].index(word)
        elif word != NONE:
            near = nearest(word, space.labels[column])
            hint = f"; did you mean {near}?" if near else ""
            raise ZooError(f"{asked}: {column} must be one of {_some(space.labels[column])}{hint}")
    return found


def _parts(space: Space, name: str) -> list[str]:
    """The columns that a name stands for: type1+type2 as written, or `type` for type1, type2, ... and type_1, type_2, ..."""
    joined = name.split("+")
    if len(joined) > 1 and len(set(joined)) == len(joined) and set(joined) <= space.labels.keys():
        return joined
    return [column for column in space.labels if re.fullmatch(re.escape(name) + r"[ _-]?[0-9]+", column)]


def _some(values: Sequence[str]) -> str:
    return ", ".join(values) if len(values) <= 30 else f"{', '.join(values[:30])} and {len(values) - 30} more"


def _shown(wanted: Mapping[str, str]) -> str:
    return one_line(" ".join(f"{name}={value}" for name, value in wanted.items()), 80)
