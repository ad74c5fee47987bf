"""The observer `wandb`: a run of Weights & Biases (https://docs.wandb.ai)."""

from __future__ import annotations

import importlib
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_bench.observers.options import WandbOptions
from zoo_bench.observers.scalars import final, scalars
from zoo_core.errors import ZooError
from zoo_core.observers import Watched

FOLDER = "wandb"  # wandb's own name for it
CODES = {"finished": 0, "stopped": 130}  # exit codes


class WeightsAndBiases:
    """Sends nothing unless asked to be online. Raises ZooError if wandb is not installed, or online and not logged in."""

    def __init__(self, options: WandbOptions) -> None:
        try:
            self.wandb: Any = importlib.import_module("wandb")
        except ImportError:
            raise ZooError("--log wandb needs wandb; type pip install 'zoo-bench[wandb]'") from None
        if options.mode == "online" and not self.wandb.api.api_key:
            raise ZooError("wandb.mode=online needs an account; type wandb login, or leave it out and type wandb sync later")
        self.options = options

    def started(self, run: Watched) -> None:
        folder = run.folder / FOLDER
        if run.iteration == 0:
            shutil.rmtree(folder, ignore_errors=True)  # of a run that this one replaces
        folder.mkdir(exist_ok=True)
        # The same id again continues the same curves.
        id = folder / "id.txt"
        if not id.exists():
            id.write_text(secrets.token_hex(4), encoding="utf-8")
        self.run = self.wandb.init(
            project=self.options.project,
            entity=self.options.entity or None,
            mode=self.options.mode,
            name=run.name,
            id=id.read_text(encoding="utf-8"),
            resume="allow",
            dir=str(run.folder),
            config=dict(run.recipe),
            settings=self.wandb.Settings(silent=True, console="off"),
        )
        self.run.define_metric("*", step_metric="iteration")  # its own steps cannot go back, as a rollback does

    def logged(self, record: Mapping[str, Any]) -> None:
        self.run.log({"iteration": record["iteration"], **scalars(record)})

    def pictured(self, name: str, iteration: int, pixels: NDArray[np.uint8]) -> None:
        self.run.log({"iteration": iteration, name: self.wandb.Image(pixels)})

    def ended(self, state: str, report: Mapping[str, Any]) -> None:
        self.run.summary.update({"state": state, **final(report)})
        self.run.finish(exit_code=CODES.get(state, 1))
        if self.options.mode == "offline":
            print(f"to send it to Weights & Biases: wandb sync {Path(self.run.dir).parent}")
