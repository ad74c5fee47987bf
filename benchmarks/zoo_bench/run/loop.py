"""One run from its first iteration to its last: the loop around the engine, in which tasks are done as they come due."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing

from zoo_bench.observers.watch import Watch
from zoo_bench.progress import TrainingProgress
from zoo_bench.records.folder import RunFolder
from zoo_bench.run.options import DEFAULT, RunOptions
from zoo_bench.run.pace import Pace
from zoo_bench.run.profile import profiled
from zoo_bench.run.scored import Meter
from zoo_bench.run.signals import stop_on_signal
from zoo_bench.run.tasks import Draw, Examine, Log, Reading, Save, Score, Show, Task, Treat
from zoo_bench.run.trouble import Doctor
from zoo_core.images import Images
from zoo_train.checkpoint import checkpoints, save_checkpoint
from zoo_train.data import DeviceData
from zoo_train.engine import Step, train
from zoo_train.profile import Profile
from zoo_train.run import Run


def train_run(
    run: Run,
    data: DeviceData,
    images: Images,
    folder: RunFolder,
    progress: TrainingProgress,
    options: RunOptions = DEFAULT,
    watch: Watch | None = None,
) -> bool:
    """Train on `data`, of `images`, until the budget is used; a checkpoint every so many seconds of training and at the end.

    Returns False if a signal ended it early; the last state is then saved. Raises RunFailure for trouble that ends the run.

    watch  told of every line of metrics.jsonl and of every grid of samples.
    """
    if (options.on_trouble == "rollback" or data.world.size > 1) and not checkpoints(folder.checkpoints):
        save_checkpoint(run, folder.checkpoints)
    pace = Pace(run)
    tasks = _tasks(run, images, folder, progress, options, watch or Watch({}, progress.say))
    with stop_on_signal() as stop, progress, closing(_steps(run, data, folder, progress, options.profile)) as steps:
        for step in steps:
            pace.settle(progress.say)
            last = run.iteration == run.total or stop.signal is not None
            if _do(tasks, run, step, last):
                last = stop.signal is not None
            if last:
                break
    return stop.signal is None


def _do(tasks: Sequence[Task], run: Run, step: Step, last: bool) -> bool:
    """Do the tasks that are due, in their order. Returns whether the run went back to an earlier iteration."""
    due = [task for task in tasks if task.due(run, last)]
    if not due:
        return False
    reading = Reading(run, step.values(), due)
    for task in tasks:
        if task in due or task.with_others:
            task.do(reading)
        if reading.undone:
            for each in tasks:
                each.went_back(run)
            return True
    return False


def _tasks(
    run: Run, images: Images, folder: RunFolder, progress: TrainingProgress, options: RunOptions, watch: Watch
) -> Sequence[Task]:
    draw = Draw(images, folder, watch)
    return (
        Examine(Doctor(images, folder), draw),
        Score(Meter(images, run.recipe.data.background, options.scoring.every)),
        Log(run, folder, watch),
        Treat(options.on_trouble, folder, progress),
        Show(run, progress),
        draw,
        Save(run, folder, options.checkpoint_every),
    )


def _steps(
    run: Run, data: DeviceData, folder: RunFolder, progress: TrainingProgress, profile: bool
) -> Generator[Step, None, None]:
    if not profile:
        return train(run, data)
    measured = Profile(run.device)
    return profiled(train(run, data, measured.mark), measured, run, folder.profile, progress)
