"""A recipe says what was asked for, all defaults included. A plain JSON value, free of torch."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zoo_core.errors import ZooError
from zoo_core.hooks import PARTS
from zoo_core.options import option, parse
from zoo_core.recipe.train_options import TrainOptions
from zoo_core.registry.catalog import discover
from zoo_core.space import EDGE_THRESHOLD, Space

FORMAT = 2
GUIDES = {"none": 0, "edges": 1}  # what images are guided by -> its channels
REFERENCE = {
    "generator": "zoo-core/conv",
    "critic": "zoo-core/conv",
    "upsampler": "zoo-core/transposed",
}  # parts that a model leaves out
RENAMED = {"train.edge_threshold": "guide.threshold", "train.edge_thin": "guide.thin"}  # options of 0.1.0 before format 2
# What the machine adds, beside the recipe in recipe.json; in format 1 it stood among the recipe's own fields.
PROVENANCE = ("command", "versions", "hardware", "dataset_sha256", "precision", "init_from", "changes")


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
class Guide:
    """What every image comes with for a network to follow: nothing, or its own edge map."""

    kind: str = option("none", "what images are guided by, as --guide says", choices=tuple(GUIDES))
    threshold: float = option(
        EDGE_THRESHOLD, "how large a step between neighbours is an edge; black to white is 2", above=0, below=2
    )
    thin: bool = option(False, "lines one pixel wide instead of two (non-maximum suppression)")


@dataclass(frozen=True)
class Data:
    """Which images, and how they are read. `options` is complete, defaults included."""

    id: str
    options: Mapping[str, Any]
    labels: tuple[str, ...] = ()
    background: tuple[int, int, int] = (255, 255, 255)
    guide: Guide = Guide()
    overfit: int = 0  # above 0: only that many images, to be learnt by heart


@dataclass(frozen=True)
class Recipe:
    """What was asked for, final once it is planned. What a machine adds to it is `zoo_bench.records.provenance.Provenance`.

    model    canonical id of the model; parts: part -> canonical id.
    options  part -> complete option values; part "train" holds the trainer's.
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

    @property
    def train(self) -> TrainOptions:
        return parse(TrainOptions, self.options["train"], "train")

    def on(self, device: str | None = None, threads: int | None = None) -> Recipe:
        """The same work on another device, or with another number of threads."""
        threads = self.threads if threads is None else threads
        return dataclasses.replace(self, device=device or self.device, threads=threads)

    def with_seed(self, seed: int) -> Recipe:
        return dataclasses.replace(self, seed=seed)

    def with_budget(self, budget: Budget) -> Recipe:
        return dataclasses.replace(self, budget=budget)

    def with_option(self, part: str, name: str, value: Any) -> Recipe:
        """One option of a part, of the trainer ("train") or of the guide, replaced by a value as JSON."""
        if part == "guide":
            guide = dataclasses.replace(self.data.guide, **{name: value})
            return dataclasses.replace(self, data=dataclasses.replace(self.data, guide=guide))
        return dataclasses.replace(self, options={**self.options, part: {**self.options[part], name: value}})

    def with_dataset(self, options: Mapping[str, Any]) -> Recipe:
        """The same dataset with these options, which are complete."""
        return dataclasses.replace(self, data=dataclasses.replace(self.data, options=options))

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
        """Of recipe.json, of today's or of an earlier format; ids that have changed since are those of today.

        Raises ZooError for a value that is no recipe.
        """
        if value.get("format") not in (1, FORMAT):
            raise ZooError(
                f"recipe format {value.get('format')} is not {FORMAT}: it was written by another version of zoo-core"
            )
        try:
            value = as_today(value)
            data = {**value["dataset"], "guide": parse(Guide, value["dataset"].get("guide", {}), "guide")}
            fields = {name.name for name in dataclasses.fields(Recipe)}
            rest = {name: value[name] for name in fields & value.keys() - {"data", "space", "budget"}}
            rest["model"] = _current("model", value["model"])
            if isinstance(value["parts"], Mapping):  # who reads the recipe refuses what is not as it must be, in its own words
                rest["parts"] = {part: _current(PARTS.get(str(part), ""), id) for part, id in value["parts"].items()}
            data = {**data, "id": _current("dataset", data["id"])}
            return Recipe(
                data=Data(**{**data, "labels": tuple(data["labels"]), "background": tuple(data["background"])}),
                space=Space.from_json(value["space"]),
                budget=Budget(**value["budget"]),
                **rest,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ZooError(f"not a recipe: {type(error).__name__} {error}") from None


def _current(kind: str, id: Any) -> Any:
    """The id of today; anything but a text as it is."""
    return discover().current(kind, id) if isinstance(id, str) else id


def as_today(value: Mapping[str, Any]) -> dict[str, Any]:
    """recipe.json as it is written today, of one that may be of format 1.

    There `provenance` was no object of its own, the guide was its kind alone, and the trainer had the options of edges. A value
    of format 1 may hold anything: what is not as it was is left alone.
    """
    if value.get("format") != 1:
        return dict(value)
    provenance = {key: value[key] for key in PROVENANCE if key in value}
    asked = {key: item for key, item in value.items() if key not in PROVENANCE}
    options, data = asked.get("options"), asked.get("dataset")
    train = options.get("train") if isinstance(options, Mapping) else None
    if isinstance(options, Mapping) and isinstance(train, Mapping):
        asked["options"] = {**options, "train": {key: item for key, item in train.items() if f"train.{key}" not in RENAMED}}
        if isinstance(data, Mapping) and isinstance(data.get("guide"), str):
            edges = {new.partition(".")[2]: train[old.partition(".")[2]] for old, new in RENAMED.items() if old[6:] in train}
            asked["dataset"] = {**data, "guide": {"kind": data["guide"], **(edges if data["guide"] != "none" else {})}}
    return {**asked, "format": FORMAT, "provenance": provenance}
