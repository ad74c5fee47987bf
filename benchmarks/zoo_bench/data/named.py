"""A dataset by what is typed for it: its name, or name:path. Imports neither torch nor numpy."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from zoo_core.images import Dataset
from zoo_core.registry.catalog import Catalog


def open_dataset(catalog: Catalog, typed: str, values: Mapping[str, Any]) -> tuple[str, Dataset]:
    """Canonical id and dataset; `values` are those of its options. Reads nothing. Raises ZooError."""
    name, _, path = typed.partition(":")
    id = catalog.find("dataset", name).id
    dataset: Dataset = catalog.make("dataset", id, {**values, **({"path": path} if path else {})})
    return id, dataset


def path_is_folder(context: click.Context, parameter: click.Parameter, typed: str | None) -> str | None:
    """What is typed for a dataset; a path that begins like one (/, ./, ../ or ~) means the images in that folder."""
    begins = (typed or "").replace(os.sep, "/").partition("/")[0]
    is_path = begins in (".", "..") or begins.startswith("~") or Path(typed or "").is_absolute()
    return f"folder:{Path(typed).expanduser()}" if typed and is_path else typed
