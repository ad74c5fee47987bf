"""From folders to rows with scores: runs that differ in their seed alone share a row."""

from __future__ import annotations

import itertools
import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from zoo_bench import words as text
from zoo_bench.records.flat import flat
from zoo_bench.records.listing import listed, run_folders
from zoo_bench.records.matrix import is_matrix, load_matrix
from zoo_bench.records.run import Run, read, table
from zoo_bench.records.scores import Score, over_seeds, scores_of
from zoo_core.errors import ZooError

NOT_NAMING = ("seed", "changes", "threads", "init_from.commit")  # options that tell no two rows apart
MOST_OPTIONS = 3  # in the name of a row


@dataclass(frozen=True)
class Row:
    """Runs of one recipe, in the order of their seeds; or one report of `zoo eval`, which has no recipe."""

    number: int
    name: str
    runs: tuple[Run, ...]

    @cached_property
    def scores(self) -> list[Score]:
        """Mean and spread, or the interval of a single run."""
        return over_seeds(self.runs)

    @property
    def speed(self) -> float | None:
        """Images per second of training, the mean over the runs."""
        speeds = [speed for run in self.runs if (speed := text.finite(table(run.report, "training").get("images_per_second")))]
        return statistics.fmean(speeds) if speeds else None

    @property
    def parameters(self) -> int | None:
        """Weights of the generator."""
        known = [table(run.report, "training", "parameters").get("generator") for run in self.runs]
        return next((count for count in known if isinstance(count, int)), None)

    def part(self, kind: str) -> str:
        """The short name of the model or of a part of it, "" where the recipe does not say."""
        recipe = self.runs[0].recipe
        named = recipe.get("model") if kind == "model" else table(recipe, "parts").get(kind)
        return text.short(named) if isinstance(named, str) else ""


@dataclass(frozen=True)
class Absent:
    """What has no scores to show, and why."""

    name: str
    state: str
    why: str = ""


@dataclass(frozen=True)
class Board:
    """What a report of several runs is made of. `rows` may hold runs without scores, which are in `absent` too."""

    rows: tuple[Row, ...]
    absent: tuple[Absent, ...]


def gather(paths: Iterable[Path]) -> Board:
    """Read the folders of runs, of matrices (all their cells), of reports of `zoo eval`, and folders that hold such.

    What is unfinished or broken becomes an Absent. Raises ZooError for a path that is no folder.
    """
    found: dict[Path, Run] = {}
    absent: list[Absent] = []
    for path in paths:
        if not path.is_dir():
            raise ZooError(f"{path} is no folder; type the folders of runs or of a matrix, for example zoo report runs/*")
        inside, missing = _inside(path)
        absent += missing
        for folder in inside:
            if folder.resolve() in found:
                continue
            run, lacking = _run(folder)
            absent += [lacking] if lacking else []
            if run:
                found[folder.resolve()] = run
    return Board(_rows(list(found.values())), tuple(absent))


def _inside(path: Path) -> tuple[list[Path], list[Absent]]:
    """Folders of runs and reports, and what is known to be missing."""
    if any((path / name).exists() for name in ("recipe.json", "report.json", "status.json")):
        return [path], []
    missing = []
    if is_matrix(path):
        try:
            missing = [Absent(cell.name, "impossible", cell.problem) for cell in load_matrix(path).cells if cell.recipe is None]
        except ZooError as error:  # its cells can still be read
            missing = [Absent(str(path), "broken", str(error))]
    inside = [*run_folders(path), *sorted(report.parent for report in path.glob("*/report.json"))]
    if not inside and not missing:
        missing = [Absent(str(path), "empty", "it holds neither a run nor a matrix nor a report of zoo eval")]
    return inside, missing


def _run(folder: Path) -> tuple[Run | None, Absent | None]:
    """The run, None if there is nothing to show of it; and what it lacks."""
    if not folder.is_dir():
        return None, Absent(folder.name, "waiting", "it has not begun")
    run = read(folder)
    if run.report.get("reference"):  # of `zoo eval`: there is no recipe to miss
        return replace(run, problems=()), None
    known = listed(folder)
    state = "broken" if run.problems and known.state == "waiting" else known.state
    if scores_of(run):
        return run, Absent(str(folder), state, "; ".join(run.problems)) if run.problems else None
    why = known.note or "; ".join(run.problems) or "it has no scores"
    there = run if run.metrics or run.samples else None
    return there, Absent(str(folder), state, why)


def _rows(runs: Sequence[Run]) -> tuple[Row, ...]:
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(_asked(run), []).append(run)
    members = [tuple(sorted(group, key=_seed)) for group in groups.values()]
    return tuple(
        Row(number, name, group)
        for number, (name, group) in enumerate(zip(_names([group[0] for group in members]), members, strict=True), 1)
    )


def _asked(run: Run) -> str:
    """The same for runs that differ in their seed alone."""
    if not run.recipe:
        return str(run.path.resolve())
    asked = {key: value for key, value in run.recipe.items() if key not in ("threads", "seed", "provenance")}
    told = {key: run.provenance.get(key) for key in ("dataset_sha256", "init_from")}
    return json.dumps({**asked, **told}, sort_keys=True)


def _seed(run: Run) -> tuple[float, str]:
    seed = text.finite(run.recipe.get("seed"))
    return (float("inf") if seed is None else seed), str(run.path)


def _names(runs: Sequence[Run]) -> list[str]:
    """`wgan_gp with colorpicker`, followed by what tells rows of the same name apart."""
    titles = [_title(run) for run in runs]
    names = []
    for run, name in zip(runs, titles, strict=True):
        alike = [flat(other.recipe) for other, theirs in zip(runs, titles, strict=True) if theirs == name]
        options = flat(run.recipe)
        telling = [
            key
            for key in sorted(set(itertools.chain(*alike)))
            if key not in NOT_NAMING and any(each.get(key) != alike[0].get(key) for each in alike)
        ]
        words = [f"{key.removeprefix('options.')} {text.value(options.get(key))}" for key in telling[:MOST_OPTIONS]]
        names.append(", ".join([name, *words]))
    return [
        f"{name} ({run.path.resolve().name})" if names.count(name) > 1 else name for name, run in zip(names, runs, strict=True)
    ]


def _title(run: Run) -> str:
    reference: Any = run.report.get("reference")
    return str(reference) if reference and not run.recipe else run.title
