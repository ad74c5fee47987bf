"""From names and settings to a checked recipe. Nothing here imports torch."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from zoo_core.errors import ZooError
from zoo_core.hooks import PARTS
from zoo_core.images import Dataset
from zoo_core.options import describe, parse, to_json
from zoo_core.recipe.recipe import GUIDES, REFERENCE, RENAMED, Budget, Data, Guide, Recipe
from zoo_core.recipe.train_options import TrainOptions
from zoo_core.registry.catalog import Catalog, Provided
from zoo_core.space import CHANNELS, Space


def plan(
    catalog: Catalog,
    *,
    model: str,
    dataset: str,
    size: int,
    budget: Budget,
    parts: Mapping[str, str] | None = None,
    settings: Iterable[str] = (),
    channels: int = 3,
    labels: tuple[str, ...] = (),
    background: tuple[int, int, int] = (255, 255, 255),
    guide: str = "none",
    seed: int = 0,
    device: str = "cpu",
    threads: int = 0,
    overfit: int = 0,
) -> Recipe:
    """Resolve names, options and what the data must have. Raises ZooError for anything that does not fit.

    parts     part -> name, replacing the model's own.
    settings  "key=value" or "part.key=value".
    dataset   a name, or "name:path".
    guide     "edges": every image comes with its own edge map, drawn as the settings "guide.KEY=VALUE" say.
    """
    chosen = catalog.find("model", model)
    catalog.check_requires(chosen)
    names = {**REFERENCE, **chosen.entry.parts}
    parts, settings = take_parts(parts or {}, settings, names)
    own = {part: catalog.find(PARTS[part], names[part], prefer=chosen.distribution) for part in PARTS if part in names}
    provided = {**own, **{part: catalog.find(PARTS[part], name) for part, name in parts.items()}}
    for item in provided.values():
        catalog.check_requires(item)
    if "objective" not in provided:
        raise ZooError(f"model {chosen.id} names no objective; type --objective NAME (zoo list objective)")

    if provided.get("adversarial") == provided["objective"]:
        raise ZooError(f"objective {provided['objective'].id} cannot wrap itself; type --adversarial adversarial")

    name, _, path = dataset.partition(":")
    source = catalog.find("dataset", name)
    configs = {part: catalog.load_config(item) for part, item in provided.items()} | {"train": TrainOptions, "guide": Guide}
    configs["dataset"] = catalog.load_config(source)
    kept = {part for part in own if provided[part] == own[part]}  # settings of a part that was replaced mean nothing
    values = _values(chosen, {"train", "guide", *kept}, configs, settings, guide)
    if path:
        values["dataset"]["path"] = path

    ready: dict[str, Any] = {}
    for part, config in configs.items():
        owner = part if part in ("train", "guide") else f"{part} {(source if part == 'dataset' else provided[part]).id}"
        if config is None and values[part]:
            raise ZooError(f"{owner} has no options")
        ready[part] = config and parse(config, values[part], owner)

    images: Dataset = catalog.load_target(source)(ready["dataset"])
    followed = ready["guide"] if guide != "none" else Guide()
    space = Space(size, channels, _labels(labels, images), GUIDES[followed.kind])
    check_fit(chosen, provided, ready, space)
    return Recipe(
        model=chosen.id,
        parts={part: item.id for part, item in provided.items()},
        options={part: _json(value) for part, value in ready.items() if part not in ("dataset", "guide")},
        data=Data(source.id, _json(ready["dataset"]), labels, background, followed, overfit),
        space=space,
        budget=budget,
        seed=seed,
        device=device,
        threads=threads,
    )


def _values(
    model: Provided, kept: Collection[str], configs: Mapping[str, type | None], settings: Iterable[str], guide: str
) -> dict[str, dict[str, Any]]:
    """part -> option -> value: what the model sets of the parts that are kept, and what is typed."""
    values: dict[str, dict[str, Any]] = {part: {} for part in configs}
    for key, value in model.entry.options.items():
        part, _, name = key.partition(".")
        if key in RENAMED:
            raise ZooError(f"model {model.id} sets {key}, which is {RENAMED[key]} now; install a newer {model.distribution}")
        augments = key in ("train.augment", "train.augment_probability", "train.augment_target")
        if part in kept and not (augments and "objective" not in kept):  # another objective may have no critic of images
            values[part][name] = value
    if guide not in GUIDES:
        raise ZooError(f"--guide {guide} must be one of {', '.join(GUIDES)}")
    values["guide"]["kind"] = guide
    for part, name, value in split_settings(settings, configs):
        if part == "guide" and guide == "none":
            raise ZooError(f"--set guide.{name}={value}: the images have no guides; type --guide edges")
        values[part][name] = value
    return values


def take_parts(parts: Mapping[str, str], settings: Iterable[str], names: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Parts to replace, those among the settings included ("objective.adversarial=NAME"), and the remaining settings."""
    parts, rest = dict(parts), []
    for setting in settings:
        key, _, value = setting.partition("=")
        if key in ("adversarial", "objective.adversarial"):
            parts["adversarial"] = value
        else:
            rest.append(setting)
    if "adversarial" in parts and "adversarial" not in names:
        raise ZooError("this model's objective wraps no other one: leave adversarial out, or take another model")
    return parts, rest


def split_settings(settings: Iterable[str], configs: Mapping[str, type | None]) -> list[tuple[str, str, str]]:
    """ "key=value" and "part.key=value" -> (part, key, value). A bare key must belong to one part only."""
    fields = {part: [item.name for item in describe(config)] if config else [] for part, config in configs.items()}
    found = []
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise ZooError(f"--set {setting} has no value; type --set {setting}=VALUE")
        own = any(key in names for names in fields.values())
        if (now := RENAMED.get(key) or RENAMED.get(f"train.{key}")) and not own:
            raise ZooError(f"--set {setting}: this is an option of the guide now; type --set {now}={value}")
        part, dot, name = key.rpartition(".")
        if dot:
            if part not in fields:
                raise ZooError(f"--set {setting}: no part is called {part}; parts are {', '.join(fields)}")
            found.append((part, name, value))
            continue
        owners = [part for part, names in fields.items() if key in names]
        if len(owners) > 1:
            raise ZooError(f"--set {key} could mean {' or '.join(f'{part}.{key}' for part in owners)}; type one of them")
        if not owners:
            every = sorted({name for names in fields.values() for name in names})
            near = difflib.get_close_matches(key, every, n=1)
            nearest = ", ".join(difflib.get_close_matches(key, every, n=5, cutoff=0.0))
            hint = f"did you mean {near[0]}?" if near else f"the nearest are {nearest}; zoo info MODEL lists all"
            raise ZooError(f"--set {setting}: no part has an option {key}; {hint}")
        found.append((owners[0], key, value))
    return found


def check_fit(model: Provided, provided: Mapping[str, Provided], ready: Mapping[str, Any], space: Space) -> None:
    """Raises ZooError if the data lacks what the model or a part of it needs.

    `ready` holds part -> options; options with a method `fits(space) -> str | None` are asked for a problem.
    """
    if space.channels not in CHANNELS:
        raise ZooError(f"--channels {space.channels} must be one of {', '.join(map(str, CHANNELS))}")
    for what, item in [("model", model), *provided.items()]:
        for need in item.entry.needs:
            problem = _unmet(need, space)
            if problem:
                raise ZooError(f"{what} {item.id} needs {problem}")
    for part, item in provided.items():
        for other, name in item.entry.parts.items() if item.entry.kind == "objective" else ():
            wanted = name if "/" in name else f"{item.distribution}/{name}"
            if other in provided and wanted not in (provided[other].id, *provided[other].entry.aliases):
                raise ZooError(f"{part} {item.id} works with {other} {wanted} alone; type --{other} {wanted}")
        fits = getattr(ready[part], "fits", None)
        problem = fits(space) if fits else None
        if problem:
            raise ZooError(f"{part} {item.id}: {problem}")


def _unmet(need: str, space: Space) -> str | None:
    key, _, wanted = need.partition("=")
    if key == "labels" and not space.labels:
        return "labels; type --labels NAME (zoo info of the dataset, or the fields of its metadata)"
    if key == "guide" and not space.guide:
        return "guides; type --guide edges"
    if key in ("size", "channels") and str(getattr(space, key)) not in wanted.split("|"):
        return f"{key} {wanted.replace('|', ' or ')}; type --{key} {wanted.split('|')[0]}"
    return None


def _labels(wanted: tuple[str, ...], images: Dataset) -> dict[str, tuple[str, ...]]:
    attributes = images.attributes() if wanted else {}
    for name in wanted:
        if name not in attributes:
            near = difflib.get_close_matches(name, attributes, n=1)
            reason = images.why_not(name) if hasattr(images, "why_not") else ""  # where the dataset knows more
            hint = reason or (f"did you mean {near[0]}?" if near else f"it has {', '.join(attributes) or 'none'}")
            raise ZooError(f"--labels {name}: the dataset has no such label; {hint}")
    return {name: attributes[name] for name in wanted}


def _json(options: Any) -> dict[str, Any]:
    return {} if options is None else to_json(options)
