"""Networks of a published model that training can start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_bench.records.folder import RunFolder
from zoo_core.errors import RunFailure
from zoo_core.recipe.recipe import Recipe

if TYPE_CHECKING:
    from zoo_core.registry.catalog import Catalog


def trained_networks(folder: RunFolder, recipe: Recipe, catalog: Catalog) -> bytes:
    """All networks and the averaged generator of a finished run, as a safetensors file.

    Raises RunFailure if the last checkpoint is gone or damaged.
    """
    from safetensors.torch import save

    from zoo_train.checkpoint import load_newest, network_tensors
    from zoo_train.run import build

    run = build(recipe, catalog, "cpu")
    run.images_sha256 = folder.load_provenance().dataset_sha256
    path, warnings = load_newest(run, folder.checkpoints)
    if path is None or run.iteration != run.total:
        cause = warnings[0] if warnings else "it has no checkpoint of its last iteration"
        raise RunFailure(f"{folder.path} cannot be published with what training needs: {cause}; leave --with-training out")
    return save({name: value.detach().contiguous() for name, value in network_tensors(run).items()})
