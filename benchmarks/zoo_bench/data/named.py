"""A dataset by what is typed for it: its name, or name:path. Imports neither torch nor numpy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo_core.catalog import Catalog
from zoo_core.errors import ZooError
from zoo_core.images import Dataset
from zoo_core.options import parse


def open_dataset(catalog: Catalog, typed: str, values: Mapping[str, Any]) -> tuple[str, Dataset]:
    """Canonical id and dataset; `values` are those of its options. Reads nothing. Raises ZooError."""
    name, _, path = typed.partition(":")
    source = catalog.find("dataset", name)
    config = catalog.load_config(source)
    values = {**values, **({"path": path} if path else {})}
    if config is None and values:
        raise ZooError(f"dataset {source.id} has no options")
    options = parse(config, values, f"dataset {source.id}") if config else None
    dataset: Dataset = catalog.load_target(source)(options)
    return source.id, dataset
