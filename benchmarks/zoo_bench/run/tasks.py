"""What is done on the way through a run, beside training: each task says after which iterations it is due."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from zoo_bench.observers.watch import Watch
from zoo_bench.progress import TrainingProgress
from zoo_bench.records.folder import RunFolder
from zoo_bench.run.scored import Meter
from zoo_bench.run.trouble import Doctor, answer, cures, roll_back
from zoo_bench.samples.drawn import draw_samples
from zoo_core.images import Images
from zoo_core.model.bundle import Bundle
from zoo_train.checkpoint import save_checkpoint
from zoo_train.export import run_bundle
from zoo_train.run import Run
from zoo_train.trouble import Trouble

LOG_LINES = 400  # per run, about
GRIDS = 12  # sample grids per run


@dataclass
class Reading:
    """A run after an iteration at which a task is due; what one task finds out is there for those after it.

    terms   "phase/term" -> value of the last iteration.
    due     the tasks that asked for it.
    scores  None if none were measured.
    rate    images per second since the line before.
    undone  whether the run went back to a checkpoint: there is nothing left to draw, show or save.
    """

    run: Run
    terms: Mapping[str, float]
    due: Sequence[Task]
    trouble: Sequence[Trouble] = ()
    scores: Mapping[str, float] | None = None
    rate: float = 0.0
    undone: bool = False

    @cached_property
    def bundle(self) -> Bundle:
        """A copy of the model as it is now."""
        return run_bundle(self.run)


class Task(Protocol):
    """Something that is done after some iterations.

    with_others  it is also done whenever another task is due.
    """

    with_others: bool

    def due(self, run: Run, last: bool) -> bool:
        """Whether it is to be done now. `last`: training ends with this iteration."""
        ...

    def do(self, reading: Reading) -> None: ...

    def went_back(self, run: Run) -> None:
        """The run is at an earlier iteration again, which has just been saved."""
        ...


class Examine:
    """The doctor looks at the run, and at samples when they are drawn anyway."""

    with_others = True

    def __init__(self, doctor: Doctor, draw: Draw) -> None:
        self.doctor, self.draw = doctor, draw

    def due(self, run: Run, last: bool) -> bool:
        return False

    def do(self, reading: Reading) -> None:
        drawn = reading.bundle if self.draw in reading.due else None
        reading.trouble = self.doctor.examine(reading.run, reading.terms, drawn)

    def went_back(self, run: Run) -> None:
        self.doctor.forget()


class Score:
    """A score on the way, of a run whose values are finite."""

    with_others = False

    def __init__(self, meter: Meter) -> None:
        self.meter = meter

    def due(self, run: Run, last: bool) -> bool:
        return self.meter.due(run)

    def do(self, reading: Reading) -> None:
        if not any(item.fatal for item in reading.trouble):
            reading.scores = self.meter.measure(reading.bundle)

    def went_back(self, run: Run) -> None: ...


class Log:
    """A line of metrics.jsonl, of which observers are told."""

    with_others = True

    def __init__(self, run: Run, folder: RunFolder, watch: Watch) -> None:
        self.folder, self.watch = folder, watch
        self.iteration, self.seconds = run.iteration, run.seconds  # at the line before

    def due(self, run: Run, last: bool) -> bool:
        return run.iteration % (max(1, run.total // LOG_LINES) if run.total else 10) == 0

    def do(self, reading: Reading) -> None:
        run = reading.run
        images = (run.iteration - self.iteration) * run.images_per_iteration
        reading.rate = images / max(run.seconds - self.seconds, 1e-9)
        self.iteration, self.seconds = run.iteration, run.seconds
        line: dict[str, Any] = {
            "iteration": run.iteration,
            "images": run.iteration * run.images_per_iteration,
            "seconds": round(run.seconds, 3),
            "images_per_second": round(reading.rate, 2),
            "lr": max(float(group["lr"]) for optimizer in run.optimizers.values() for group in optimizer.param_groups),
            "terms": {name: value for name, value in reading.terms.items() if math.isfinite(value)},
        }
        line |= {"scores": dict(reading.scores)} if reading.scores is not None else {}
        line |= {"trouble": [item.to_json() for item in reading.trouble]} if reading.trouble else {}
        self.folder.log(line)
        self.watch.logged(line)

    def went_back(self, run: Run) -> None:
        self.iteration, self.seconds = run.iteration, run.seconds


class Treat:
    """What the policy asks for against trouble: a word, the end of the run, or a step back. See zoo_bench.run.trouble."""

    with_others = True

    def __init__(self, policy: str, folder: RunFolder, progress: TrainingProgress) -> None:
        self.policy, self.folder, self.progress = policy, folder, progress

    def due(self, run: Run, last: bool) -> bool:
        return False

    def do(self, reading: Reading) -> None:
        if cures(reading.trouble, self.policy, reading.run):
            roll_back(reading.trouble, reading.run, self.folder, self.progress)
            reading.undone = True
        else:
            answer(reading.trouble, self.policy, reading.run, self.folder, self.progress)

    def went_back(self, run: Run) -> None: ...


class Show:
    """The bar or the line on the terminal."""

    with_others = True

    def __init__(self, run: Run, progress: TrainingProgress) -> None:
        self.progress, self.first, self.started = progress, run.iteration, time.perf_counter()

    def due(self, run: Run, last: bool) -> bool:
        return False

    def do(self, reading: Reading) -> None:
        run = reading.run
        pace = (time.perf_counter() - self.started) / max(1, run.iteration - self.first)
        self.progress.update(run.iteration, run.total, reading.rate, reading.terms, pace)

    def went_back(self, run: Run) -> None: ...


class Draw:
    """A grid of samples."""

    with_others = False

    def __init__(self, images: Images, folder: RunFolder, watch: Watch) -> None:
        self.images, self.folder, self.watch = images, folder, watch

    def due(self, run: Run, last: bool) -> bool:
        """At powers of two while the length of the run is unknown."""
        if run.total is None:
            return last or run.iteration & (run.iteration - 1) == 0
        return last or run.iteration % max(1, run.total // GRIDS) == 0

    def do(self, reading: Reading) -> None:
        iteration = reading.run.iteration
        pixels = draw_samples(reading.bundle, self.images, self.folder, f"{iteration:08d}")
        self.watch.pictured("samples", iteration, pixels)

    def went_back(self, run: Run) -> None: ...


class Save:
    """A checkpoint, every so many seconds of training and at the end."""

    with_others = False

    def __init__(self, run: Run, folder: RunFolder, every: float) -> None:
        self.folder, self.every, self.seconds = folder, every, run.seconds

    def due(self, run: Run, last: bool) -> bool:
        return last or run.seconds - self.seconds >= self.every

    def do(self, reading: Reading) -> None:
        save_checkpoint(reading.run, self.folder.checkpoints)
        self.seconds = reading.run.seconds

    def went_back(self, run: Run) -> None:
        self.seconds = run.seconds
