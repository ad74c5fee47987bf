"""One run from its recipe to a trained model: the loop around zoo_core's engine that logs, draws samples and saves."""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zoo_bench.observers.watch import Watch
from zoo_bench.progress import TrainingProgress
from zoo_bench.records.folder import RunFolder
from zoo_bench.run.profile import profiled
from zoo_bench.run.signals import stop_on_signal
from zoo_bench.run.trouble import Doctor, answer, cures, roll_back
from zoo_bench.samples.drawn import draw_samples
from zoo_core.images import Images
from zoo_train.checkpoint import checkpoints, save_checkpoint
from zoo_train.data import DeviceData
from zoo_train.engine import Step, train
from zoo_train.export import run_bundle
from zoo_train.profile import Profile
from zoo_train.run import Run

if TYPE_CHECKING:
    from zoo_bench.run.scored import Meter

CALIBRATION = 0.2  # share of a budget in minutes after which its number of steps is settled
LOG_LINES = 400  # per run, about
GRIDS = 12  # sample grids per run


@dataclass
class Pace:
    """How many iterations a budget means, settled once the speed is known for a budget in minutes."""

    steps: int | None
    images: int | None
    minutes: float | None

    def total(self, run: Run, iterations: int, seconds: float) -> int | None:
        """Iterations in all; None while it cannot be known. `iterations` were done in `seconds`, the first one aside."""
        if self.steps is not None:
            return self.steps
        if self.images is not None:
            return math.ceil(self.images / run.images_per_iteration)
        assert self.minutes is not None
        budget = self.minutes * 60
        if iterations >= 2 and run.seconds >= CALIBRATION * budget:
            return max(run.iteration, run.iteration + int((budget - run.seconds) / (seconds / iterations) * 0.98))
        return None

    def spent(self, run: Run) -> bool:
        """Whether a budget in minutes is used up, on a machine that has become slower since it was settled."""
        return self.minutes is not None and run.seconds >= self.minutes * 60


def train_run(
    run: Run,
    data: DeviceData,
    images: Images,
    folder: RunFolder,
    progress: TrainingProgress,
    checkpoint_every: float,
    on_trouble: str = "warn",
    profile: bool = False,
    watch: Watch | None = None,
    meter: Meter | None = None,
) -> bool:
    """Train on `data`, of `images`, until the budget is used; a checkpoint every so many seconds of training and at the end.

    Returns False if a signal ended it early; the last state is then saved.

    on_trouble  one of zoo_bench.run.trouble.POLICIES. A loss, gradient or weight that is not finite is never saved, and raises
                RunFailure unless the policy is to roll back.
    profile     measure some iterations, and write what came out into the folder.
    watch       told of every line of metrics.jsonl and of every grid of samples.
    meter       scores samples on the way.
    """
    watch = watch or Watch({}, progress.say)
    recipe, doctor = run.recipe, Doctor(images, folder)
    if (on_trouble == "rollback" or data.world.size > 1) and not checkpoints(folder.checkpoints):
        save_checkpoint(run, folder.checkpoints)
    pace = Pace(recipe.budget.steps, recipe.budget.images, recipe.budget.minutes)
    if run.total is None:
        run.total = pace.total(run, 0, 0.0)
    first, started, calibrated_from = run.iteration, time.perf_counter(), 0.0
    last_save, last_log = run.seconds, (run.iteration, run.seconds)
    with stop_on_signal() as stop, progress, closing(_steps(run, data, folder, progress, profile)) as steps:
        for step in steps:
            if run.iteration == first + 1:
                calibrated_from = run.seconds  # the first iteration also warms up
            if run.total is None:
                run.total = pace.total(run, run.iteration - first - 1, run.seconds - calibrated_from)
                if run.total is not None:
                    progress.say(f"{run.total} iterations fit into {recipe.budget.minutes:g} minutes")
            if pace.spent(run) and run.total != run.iteration:
                progress.say(f"time is up after {run.iteration} iterations: the machine became slower than at the start")
                run.total = run.iteration
            ends = run.iteration == run.total or stop.signal is not None
            saves = ends or run.seconds - last_save >= checkpoint_every
            draws = ends or _due(run.iteration, run.total)
            scores = meter is not None and meter.due(run)
            if draws or saves or scores or run.iteration % (max(1, run.total // LOG_LINES) if run.total else 10) == 0:
                terms = step.values()
                drawn = run_bundle(run) if draws else None
                found = doctor.examine(run, terms, drawn)
                rate = (run.iteration - last_log[0]) * run.images_per_iteration / max(run.seconds - last_log[1], 1e-9)
                last_log = (run.iteration, run.seconds)
                line: dict[str, Any] = {
                    "iteration": run.iteration,
                    "images": run.iteration * run.images_per_iteration,
                    "seconds": round(run.seconds, 3),
                    "images_per_second": round(rate, 2),
                    "lr": max(float(group["lr"]) for optimizer in run.optimizers.values() for group in optimizer.param_groups),
                    "terms": {name: value for name, value in terms.items() if math.isfinite(value)},
                }
                if meter is not None and scores and not any(item.fatal for item in found):
                    line["scores"] = meter.measure(drawn or run_bundle(run))
                line |= {"trouble": [item.to_json() for item in found]} if found else {}
                folder.log(line)
                watch.logged(line)
                if cures(found, on_trouble, run):
                    roll_back(found, run, folder, progress)
                    doctor.forget()
                    last_save, last_log = run.seconds, (run.iteration, run.seconds)
                    if stop.signal is None:
                        continue
                    break
                answer(found, on_trouble, run, folder, progress)
                progress.update(
                    run.iteration, run.total, rate, terms, (time.perf_counter() - started) / max(1, run.iteration - first)
                )
                if drawn is not None:
                    watch.pictured("samples", run.iteration, draw_samples(drawn, images, folder, f"{run.iteration:08d}"))
            if saves:
                save_checkpoint(run, folder.checkpoints)
                last_save = run.seconds
            if ends:
                break
    return stop.signal is None


def _steps(
    run: Run, data: DeviceData, folder: RunFolder, progress: TrainingProgress, profile: bool
) -> Generator[Step, None, None]:
    if not profile:
        return train(run, data)
    measured = Profile(run.device)
    return profiled(train(run, data, measured.mark), measured, run, folder.profile, progress)


def _due(iteration: int, total: int | None) -> bool:
    """Whether samples are drawn after this iteration; at powers of two while the length of the run is unknown."""
    return iteration & (iteration - 1) == 0 if total is None else iteration % max(1, total // GRIDS) == 0
