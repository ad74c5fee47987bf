"""A dataset by what is typed for it: its name, or name:path. Imports neither torch nor numpy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo_core.images import Dataset
from zoo_core.registry.catalog import Catalog


def open_dataset(catalog: Catalog, typed: str, values: Mapping[str, Any]) -> tuple[str, Dataset]:
    """Canonical id and dataset; `values` are those of its options. Reads nothing. Raises ZooError."""
    name, _, path = typed.partition(":")
    id = catalog.find("dataset", name).id
    dataset: Dataset = catalog.make("dataset", id, {**values, **({"path": path} if path else {})})
    return id, dataset
