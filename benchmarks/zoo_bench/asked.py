"""What is typed after `zoo bench`, with a type: one frozen dataclass for each group of its `--help`. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from zoo_bench.data.named import path_is_folder
from zoo_bench.flags import flag, group, read_groups, words_by_field
from zoo_bench.observers.chosen import Chosen, split
from zoo_bench.presets import after_those_of_the_recipe, use_recipe
from zoo_bench.publish.options import Terms
from zoo_core.hooks import PARTS
from zoo_core.recipe.recipe import Budget
from zoo_core.registry.catalog import Catalog

MODEL = "palette_gan"  # what is trained if no model is named; docs/explanation/defaults.md says why
PATH: Any = click.Path(path_type=Path)


@dataclass(frozen=True)
class Design:
    """Which model, with which of its parts and options replaced, and the weights that it starts from."""

    preset: str | None = flag(
        "--recipe", is_eager=True, callback=use_recipe, help="Options from a recipe; typed ones win. See recipes/."
    )
    model: str = flag("--model", default=MODEL, help="What to train (zoo list model).")
    objective: str | None = flag("--objective", help="Replace the model's objective.")
    generator: str | None = flag("--generator", help="Replace the model's generator.")
    critic: str | None = flag("--critic", help="Replace the model's critic.")
    adversarial: str | None = flag("--adversarial", help="Replace the objective that the model's objective wraps.")
    upsampler: str | None = flag("--upsampler", help="Replace the model's upsampler.")
    settings: tuple[str, ...] = flag(
        "--set",
        multiple=True,
        metavar="[PART.]KEY=VALUE",
        callback=after_those_of_the_recipe,
        help="An option of a part, the trainer or the dataset.",
    )
    init_from: str | None = flag(
        "--init-from", metavar="REF", help="Start from the weights of a published model, a folder or a run."
    )

    @property
    def parts(self) -> dict[str, str]:
        """Part -> name, of the parts that replace the model's own."""
        return {part: name for part in PARTS if (name := getattr(self, part))}


@dataclass(frozen=True)
class Images:
    """Which images, and how they are read."""

    dataset: str = flag(
        "--dataset", default="creatures", callback=path_is_folder, help="A dataset's name, folder:PATH or ./PATH."
    )
    size: int = flag("--size", default=32, help="Height and width of the images in pixels.")
    channels: int = flag("--channels", default=3, help="1 grey, 3 RGB, 4 RGB with alpha.")
    labels: str = flag(
        "--labels", default="", show_default=False, metavar="NAME[,NAME]", help="Label attributes to condition on."
    )
    background: str = flag("--background", default="white", help="Colour behind transparent pixels: white, black or #rrggbb.")
    guide: str = flag("--guide", default="none", help="edges: condition on the edge map of each image.")
    overfit: int = flag(
        "--overfit",
        default=0,
        type=click.IntRange(0, 100),
        metavar="N",
        help="Learn N images by heart instead, and say how well; 0: learn them all.",
    )

    @property
    def attributes(self) -> tuple[str, ...]:
        """The names in `labels`."""
        return tuple(name for name in self.labels.split(",") if name)


@dataclass(frozen=True)
class Length:
    """How long to train; at most one is set."""

    steps: int | None = flag("--steps", type=int, help="Train this many iterations.")
    images: int | None = flag("--images", type=int, help="Train on this many images.")
    minutes: float | None = flag("--minutes", type=float, help="Train for this long. The default: 5 on a CPU, 10 on a GPU.")

    @property
    def budget(self) -> Budget | None:
        """None if nothing is set. Raises ZooError if more than one is."""
        return None if self == Length() else Budget(**dataclasses.asdict(self))


BUDGETS = tuple(field.name for field in dataclasses.fields(Length))


@dataclass(frozen=True)
class Sweep:
    """Which random numbers; what makes many runs of one command, and what starts them."""

    seed: int = flag("--seed", default=0, help="Decides everything that is random.")
    varied: tuple[str, ...] = flag(
        "--vary",
        multiple=True,
        metavar="[PART.]KEY=VALUE,VALUE",
        help="Train with each of these values of an option. May be repeated.",
    )
    seeds: int = flag(
        "--seeds", default=1, type=click.IntRange(1, 1000), help="Train with that many seeds, --seed and the ones after it."
    )
    jobs: int | None = flag(
        "--jobs", type=click.IntRange(1, 10_000), metavar="N", help="Runs of a matrix at once. The default: one per core."
    )
    engine: str | None = flag(
        "--engine", metavar="EXECUTOR", help="What starts the runs: local, ray or slurm (zoo list executor)."
    )
    dry_run: bool = flag("--dry-run", is_flag=True, help="Show the runs and how long they take, and start none.")


@dataclass(frozen=True)
class Machine:
    """What one process of the training uses."""

    device: str = flag("--device", default="auto", type=click.Choice(("auto", "cpu", "cuda", "mps")), help="Where to train.")
    precision: str | None = flag(
        "--precision", type=click.Choice(("auto", "fp32", "bf16")), help="The same as --set train.precision=..."
    )
    threads: int = flag("--threads", default=0, help="Threads of the CPU; 0: one per core.")


@dataclass(frozen=True)
class Processes:
    """devices: processes of each node; node: which one this is, from 0; rendezvous: HOST:PORT of node 0."""

    devices: int = flag("--devices", default=1, type=click.IntRange(1, 1024), help="Devices of each node, a process each.")
    nodes: int = flag("--nodes", default=1, type=click.IntRange(1, 1024), help="Machines; type the command on each.")
    node: int = flag(
        "--node", default=0, type=click.IntRange(0, 1023), help="Which of them this is; the run folder lies on node 0."
    )
    rendezvous: str = flag(
        "--rendezvous",
        default="",
        show_default=False,
        metavar="HOST:PORT",
        help="An address of node 0 that all nodes reach.",
    )

    @property
    def count(self) -> int:
        return self.devices * self.nodes

    @property
    def words(self) -> list[str]:
        """The options that mean them."""
        nodes = ["--nodes", str(self.nodes), "--node", str(self.node), "--rendezvous", self.rendezvous]
        return ["--devices", str(self.devices), *(nodes if self.nodes > 1 else [])]


@dataclass(frozen=True)
class Session:
    """Where a run is written, what it goes on with, and who watches it."""

    out: Path | None = flag("--out", type=PATH, help="Run folder. The default: runs/MODEL-UPSAMPLER-DATASET-SIZE-sSEED.")
    overwrite: bool = flag("--overwrite", is_flag=True, help="Replace a run folder that exists.")
    resume: Path | None = flag(
        "--resume",
        type=PATH,
        metavar="RUN",
        help="Go on with a run that was stopped. --device, --threads and --precision may be others than before.",
    )
    change_recipe: bool = flag(
        "--change-recipe", is_flag=True, help="With --resume: another budget or other options (--set) than before."
    )
    checkpoint_every: float = flag(
        "--checkpoint-every", default=60.0, metavar="SECONDS", help="Of training, between checkpoints."
    )
    on_trouble: str = flag(
        "--on-trouble",
        default="warn",
        type=click.Choice(("warn", "stop", "rollback")),
        help="rollback: to the last checkpoint, with half the learning rate. "
        "Values that are not finite stop a run with warn, too.",
    )
    log: tuple[str, ...] = flag(
        "--log", multiple=True, metavar="OBSERVER", help="Who is told of it: tensorboard or wandb. May be repeated."
    )
    profile: bool = flag(
        "--profile", is_flag=True, help="Measure some iterations part by part; a table and a trace in the run folder."
    )
    as_json: bool = flag("--json", is_flag=True, help="Print the final record as JSON on stdout, and nothing else there.")


@dataclass(frozen=True)
class Judging:
    """How a model is scored, and how often."""

    extractor: str = flag("--extractor", default="sprites", help="Feature space of the scores; see zoo eval.")
    extractor_weights: Path | None = flag("--extractor-weights", type=PATH, help="File of the extractor's weights.")
    second: str = flag("--judge", default="squeezenet", help="Another extractor, to judge as well; none: no other.")
    score_every: int = flag(
        "--score-every",
        default=0,
        type=click.IntRange(0),
        metavar="IMAGES",
        help="Of training, between scores on the way; 0: none.",
    )
    samples: int = flag(
        "--samples", default=0, type=click.IntRange(0), help="Images to score; 0: as many as there are training images."
    )
    no_eval: bool = flag("--no-eval", is_flag=True, help="Train only.")

    @property
    def judge(self) -> str | None:
        """The extractor, None if nothing is scored at the end."""
        return None if self.no_eval else self.extractor

    @property
    def second_judge(self) -> str:
        """Another extractor, "" for none."""
        return "" if self.second == "none" else self.second


@dataclass(frozen=True)
class Publication:
    """Where a finished model is published."""

    repo: str | None = flag("--publish", metavar="USER/NAME", help="Publish the finished model on the Hugging Face Hub.")


@dataclass(frozen=True)
class Asked:
    """The options of `zoo bench`.

    observers  those of --log, with their options, which are not in `design.settings` any more.
    typed      names of the fields that were typed; the values of the others are a preset's or the default.
    """

    design: Design = group("What to train", Design)
    images: Images = group("Data", Images)
    length: Length = group("Budget", Length)
    sweep: Sweep = group("Seeds and many runs", Sweep)
    machine: Machine = group("Devices", Machine)
    processes: Processes = group("Devices", Processes)
    session: Session = group("The run", Session)
    judging: Judging = group("Scores", Judging)
    publication: Publication = group("Publishing", Publication)
    terms: Terms = group("Publishing", Terms)
    observers: tuple[Chosen, ...] = ()
    typed: frozenset[str] = frozenset()

    def with_design(self, **changed: Any) -> Asked:
        """The same but for some fields of `design`."""
        return dataclasses.replace(self, design=dataclasses.replace(self.design, **changed))

    def with_seed(self, seed: int) -> Asked:
        return dataclasses.replace(self, sweep=dataclasses.replace(self.sweep, seed=seed))

    def command(self, without: frozenset[str]) -> str:
        """What to type for it: every option that is not as by default, those of the fields `without` left out."""
        words = words_by_field(self)
        words["settings"] = words.pop("settings", [])  # last, since they may be many
        return shlex.join(["zoo", "bench", *(word for name in words if name not in without for word in words[name])])


def asked_of(context: click.Context, catalog: Catalog) -> Asked:
    """What a context of `zoo bench` holds. Raises ZooError for an observer that does not exist, or has no such option."""
    typed = frozenset(name for name in context.params if context.get_parameter_source(name) is ParameterSource.COMMANDLINE)
    asked = read_groups(Asked, _of_one_budget(context.params, typed), typed=typed)
    observers, settings = split(asked.session.log, asked.design.settings, catalog)
    return dataclasses.replace(asked.with_design(settings=settings), observers=tuple(observers))


def _of_one_budget(values: Mapping[str, Any], typed: frozenset[str]) -> Mapping[str, Any]:
    """A budget that is typed replaces that of a preset, which may be another."""
    return {**values, **dict.fromkeys(set(BUDGETS) - typed)} if typed & set(BUDGETS) else values
