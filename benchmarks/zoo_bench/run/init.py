"""Training that starts from published weights: `zoo bench --init-from REF`.

The averaged generator is always published; all networks only with `zoo publish --with-training`. A run folder has them in its
checkpoints. Whatever is there is used, and used strictly: nothing is left out, reshaped or filled up.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo_bench.presets import typed
from zoo_bench.records.source import RECIPE, TRAINING, file_sha256, open_source
from zoo_core.errors import ZooError
from zoo_core.hooks import PARTS
from zoo_core.model.config import ModelConfig, read_config
from zoo_core.options import to_json
from zoo_core.recipe.recipe import Recipe

if TYPE_CHECKING:
    from torch import Tensor

    from zoo_core.registry.catalog import Catalog
    from zoo_train.run import Run

GENERATORS = ("net.generator", "average")
GENERATOR, ALL = "the averaged generator", "all networks"


def starting_from(recipe: Recipe, ref: str, catalog: Catalog) -> dict[str, str]:
    """What `Provenance.init_from` says: where the weights are from, the commit, their SHA-256 and which they are.

    Tried at once on networks without memory, so that what does not fit is said before a folder is touched, or a matrix begins.
    Raises ZooError, with the options to type where REF was made of other networks.
    """
    from zoo_train.run import build

    source = open_source(ref, RECIPE, TRAINING)
    published = source.recipe()
    # The critics of another objective mean something else: then the generator alone is taken over.
    everything = (
        source.training is not None and published is not None and published.parts["objective"] == recipe.parts["objective"]
    )
    wanted = list(_differences(recipe, read_config(source.folder), published if everything else None, catalog))
    if wanted:
        raise ZooError(f"--init-from {ref} has other networks; type {' '.join(wanted)}")
    weights = source.training if everything and source.training else source.weights
    about = {
        "ref": source.ref,
        "commit": source.commit,
        "sha256": file_sha256(weights),
        "networks": ALL if everything else GENERATOR,
    }
    try:
        trial = build(recipe, catalog, "meta")
    except ZooError:
        raise
    except Exception:  # of a plugin that looks at its weights; the run itself says what does not fit
        return about
    initialise(trial, about, catalog)
    return about


def initialise(run: Run, about: Mapping[str, str], catalog: Catalog) -> None:
    """Put the weights that `about`, of `starting_from`, names into a run that was just built; nothing if it is empty.

    Raises ZooError, the networks untouched, if the weights are gone, are others by now, or do not fit.
    """
    if not about:
        return
    from zoo_core.model.bundle import load_bundle

    ref = f"{about['ref']}@{about['commit']}" if about["commit"] else about["ref"]
    source = open_source(ref, TRAINING)
    weights = source.training if about["networks"] == ALL else source.weights
    if weights is None or file_sha256(weights) != about["sha256"]:
        raise ZooError(f"--init-from {ref}: its weights are not those that this run was planned with; start a new run")
    bundle = load_bundle(source.folder, catalog)
    if bundle.prior != run.prior:
        wanted = [f"--set latent={bundle.prior.size}"] if bundle.prior.size != run.prior.size else []
        wanted += [f"--set prior={bundle.prior.name}"] if bundle.prior.name != run.prior.name else []
        raise ZooError(f"--init-from {ref} has other latents; type {' '.join(wanted) or '--model with the same prior'}")
    if about["networks"] == ALL:
        _load(run, read_networks(weights), ref)
    else:
        state = bundle.generator.state_dict()
        _load(run, {f"{place}.{key}": value for place in GENERATORS for key, value in state.items()}, ref, GENERATORS)


def read_networks(path: Path) -> dict[str, Tensor]:
    """The tensors of networks in a published training file or a checkpoint. Raises ZooError if it is damaged."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            names = [name for name in file.keys() if name.startswith(("net.", "average."))]  # noqa: SIM118 (not a mapping)
            tensors = {name: file.get_tensor(name) for name in names}
    except (OSError, SafetensorError, ValueError) as error:
        raise ZooError(f"{path} cannot be read: {error}; download it again") from None
    broken = [name for name, value in tensors.items() if value.is_floating_point() and not bool(value.isfinite().all())]
    if broken:
        raise ZooError(f"{path} holds weights that are not finite ({broken[0]}); start from another model")
    return tensors


def _load(run: Run, tensors: Mapping[str, Tensor], ref: str, prefixes: tuple[str, ...] = ("net", "average")) -> None:
    """Copy the tensors into those of the run with these prefixes if every one has its place, and every place its tensor."""
    import torch

    from zoo_train.checkpoint import network_tensors

    starts = tuple(f"{prefix}." for prefix in prefixes)
    places = {name: value for name, value in network_tensors(run).items() if name.startswith(starts)}
    problems = [
        *(f"{name} is missing" for name in places if name not in tensors),
        *(f"{name} has no place" for name in tensors if name not in places),
        *(
            f"{name} is {tuple(tensors[name].shape)} {tensors[name].dtype}, not {tuple(value.shape)} {value.dtype}"
            for name, value in places.items()
            if name in tensors and (tensors[name].shape != value.shape or tensors[name].dtype != value.dtype)
        ),
    ]
    if problems:
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        raise ZooError(
            f"--init-from {ref} does not fit these networks: {problems[0]}{more}; type the options it was trained with"
        )
    with torch.no_grad():
        for name, value in places.items():
            value.copy_(tensors[name])


def _differences(recipe: Recipe, config: ModelConfig, published: Recipe | None, catalog: Catalog) -> Iterator[str]:
    """What to type so that the networks of the recipe become those of a published model.

    config     of the model folder: the generator's side.
    published  its recipe, where its critics are to be taken over too.
    """
    theirs, ours = config.space, recipe.space
    for key in ("size", "channels"):
        if getattr(theirs, key) != getattr(ours, key):
            yield f"--{key} {getattr(theirs, key)}"
    if list(theirs.labels) != list(ours.labels):
        yield f"--labels {shlex.quote(','.join(theirs.labels))}"
    elif theirs.labels != ours.labels:
        yield "--dataset with the same values of its labels"
    if theirs.guide != ours.guide:
        yield f"--guide {'edges' if theirs.guide else 'none'}"
    parts = {part: (catalog.current(PARTS[part], id), config.options[part]) for part, id in config.parts.items()}
    if published is not None and "critic" in published.parts:
        parts["critic"] = published.parts["critic"], published.options["critic"]
    for part, (name, options) in parts.items():
        mine = recipe.options.get(part, {})
        if recipe.parts.get(part) != name:
            yield f"--{part} {shlex.quote(name)}"
            mine = _defaults(part, name, catalog)
        for key, value in options.items():
            if key in mine and mine[key] != value:
                yield f"--set {shlex.quote(f'{part}.{key}={typed(value)}')}"


def _defaults(part: str, name: str, catalog: Catalog) -> dict[str, Any]:
    """The options that a part has unless others are typed."""
    options = catalog.options(PARTS[part], name)
    return to_json(options) if options else {}
