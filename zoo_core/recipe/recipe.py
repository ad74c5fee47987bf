"""A recipe says everything a run depends on. Planned and checked before torch is imported; a plain JSON value."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zoo_core.errors import ZooError
from zoo_core.hooks import PARTS
from zoo_core.images import Dataset
from zoo_core.options import describe, parse, to_json
from zoo_core.recipe.train_options import TrainOptions
from zoo_core.registry.catalog import Catalog, Provided, discover
from zoo_core.space import CHANNELS, Space

FORMAT = 1
GUIDES = {"none": 0, "edges": 1}  # what images are guided by -> its channels
REFERENCE = {"generator": "zoo-core/conv", "critic": "zoo-core/conv", "upsampler": "zoo-core/transposed"}


@dataclass(frozen=True)
class Budget:
    """How long to train; exactly one is set. Minutes become steps once the speed is known, and are then written down."""

    steps: int | None = None
    images: int | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        given = {name: value for name, value in dataclasses.asdict(self).items() if value is not None}
        if len(given) != 1:
            raise ZooError("give one of --steps, --images and --minutes")
        for name, value in given.items():
            if not (math.isfinite(value) and value > 0):
                raise ZooError(f"--{name} {value} must be above 0")


@dataclass(frozen=True)
class Data:
    """Which images, and how they are read. `options` is complete, defaults included."""

    id: str
    options: Mapping[str, Any]
    labels: tuple[str, ...] = ()
    background: tuple[int, int, int] = (255, 255, 255)
    guide: str = "none"
    overfit: int = 0  # above 0: only that many images, to be learnt by heart


@dataclass(frozen=True)
class Recipe:
    """Everything a run depends on.

    model    canonical id of the model; parts: part -> canonical id.
    options  part -> complete option values; part "train" holds the trainer's.
    versions and hardware describe where the run was started; dataset_sha256 is filled in once the images are decoded,
    precision (phase -> which and why) once the networks are built.
    init_from describes the published weights that training starts from; {} for none.
    changes   what was typed otherwise when the run was resumed, one line each.
    """

    model: str
    parts: Mapping[str, str]
    options: Mapping[str, Mapping[str, Any]]
    data: Data
    space: Space
    budget: Budget
    seed: int = 0
    device: str = "cpu"
    threads: int = 0
    command: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    hardware: Mapping[str, Any] = field(default_factory=dict)
    dataset_sha256: str = ""
    precision: Mapping[str, str] = field(default_factory=dict)
    init_from: Mapping[str, str] = field(default_factory=dict)
    changes: Sequence[str] = field(default_factory=list)

    @property
    def train(self) -> TrainOptions:
        return parse(TrainOptions, self.options["train"], "train")

    def to_json(self) -> dict[str, Any]:
        value = {"format": FORMAT, **{name.name: getattr(self, name.name) for name in dataclasses.fields(self)}}
        value["dataset"] = {
            **dataclasses.asdict(value.pop("data")),
            "labels": list(self.data.labels),
            "background": list(self.data.background),
        }
        value["space"] = self.space.to_json()
        value["budget"] = dataclasses.asdict(self.budget)
        return value

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Recipe:
        """Ids that have changed since are those of today. Raises ZooError for a value that is no recipe of this format."""
        if value.get("format") != FORMAT:
            raise ZooError(
                f"recipe format {value.get('format')} is not {FORMAT}: it was written by another version of zoo-core"
            )
        try:
            data, fields = value["dataset"], {name.name for name in dataclasses.fields(Recipe)}
            rest = {name: value[name] for name in fields & value.keys() - {"data", "space", "budget"}}
            current = discover().current
            rest["model"] = current("model", value["model"])
            rest["parts"] = {part: current(PARTS[part], id) for part, id in value["parts"].items()}
            data = {**data, "id": current("dataset", data["id"])}
            return Recipe(
                data=Data(**{**data, "labels": tuple(data["labels"]), "background": tuple(data["background"])}),
                space=Space.from_json(value["space"]),
                budget=Budget(**value["budget"]),
                **rest,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ZooError(f"not a recipe: {type(error).__name__} {error}") from None


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
    command: str = "",
) -> Recipe:
    """Resolve names, options and what the data must have. Raises ZooError for anything that does not fit.

    parts     part -> name, replacing the model's own.
    settings  "key=value" or "part.key=value".
    dataset   a name, or "name:path".
    guide     "edges": every image comes with its own edge map.
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
    configs = {part: catalog.load_config(item) for part, item in provided.items()} | {"train": TrainOptions}
    configs["dataset"] = catalog.load_config(source)
    values: dict[str, dict[str, Any]] = {part: {} for part in configs}
    for key, value in chosen.entry.options.items():
        part, _, option_name = key.partition(".")
        if part == "train" or provided[part] == own[part]:  # settings of a part that was replaced mean nothing
            values[part][option_name] = value
    for part, option_name, value in split_settings(settings, configs):
        values[part][option_name] = value
    if path:
        values["dataset"]["path"] = path

    ready: dict[str, Any] = {}
    for part, config in configs.items():
        owner = part if part == "train" else f"{part} {(source if part == 'dataset' else provided[part]).id}"
        if config is None and values[part]:
            raise ZooError(f"{owner} has no options")
        ready[part] = config and parse(config, values[part], owner)

    images: Dataset = catalog.load_target(source)(ready["dataset"])
    if guide not in GUIDES:
        raise ZooError(f"--guide {guide} must be one of {', '.join(GUIDES)}")
    space = Space(size, channels, _labels(labels, images), GUIDES[guide])
    check_fit(chosen, provided, ready, space)
    return Recipe(
        model=chosen.id,
        parts={part: item.id for part, item in provided.items()},
        options={part: _json(value) for part, value in ready.items() if part != "dataset"},
        data=Data(source.id, _json(ready["dataset"]), labels, background, guide),
        space=space,
        budget=budget,
        seed=seed,
        device=device,
        threads=threads,
        command=command,
    )


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
