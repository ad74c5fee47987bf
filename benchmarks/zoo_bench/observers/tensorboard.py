"""The observer `tensorboard`: scalars and pictures as event files (https://www.tensorflow.org/tensorboard)."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_bench.observers.scalars import final, scalars
from zoo_core.errors import ZooError
from zoo_core.observers import Watched

FOLDER = "tensorboard"


class TensorBoard:
    """Event files in RUN/tensorboard. Raises ZooError if TensorBoard is not installed."""

    def __init__(self, options: None = None) -> None:
        if importlib.util.find_spec("tensorboard") is None:
            raise ZooError("--log tensorboard needs TensorBoard; type pip install 'zoo-bench[tensorboard]'")
        self.iteration = 0

    def started(self, run: Watched) -> None:
        from torch.utils.tensorboard import SummaryWriter

        folder, self.iteration = run.folder / FOLDER, run.iteration
        if run.iteration == 0:
            shutil.rmtree(folder, ignore_errors=True)  # of a run that this one replaces
        # What a killed process wrote beyond the checkpoint is hidden.
        self.writer: Any = SummaryWriter(str(folder), purge_step=run.iteration + 1 if run.iteration else None)
        self.writer.add_text("command", f"`{run.recipe.get('command', '')}`")

    def logged(self, record: Mapping[str, Any]) -> None:
        self.iteration = record["iteration"]
        for name, value in scalars(record).items():
            self.writer.add_scalar(name, value, self.iteration)
        self.writer.flush()

    def pictured(self, name: str, iteration: int, pixels: NDArray[np.uint8]) -> None:
        self.writer.add_image(name, pixels, iteration, dataformats="HWC")

    def ended(self, state: str, report: Mapping[str, Any]) -> None:
        for name, value in final(report).items():
            self.writer.add_scalar(name, value, self.iteration)
        self.writer.close()
