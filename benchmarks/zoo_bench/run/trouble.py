"""What is done about trouble in a run: warn, stop, or go back to the last checkpoint with half the learning rate."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from zoo_bench.progress import TrainingProgress
from zoo_bench.records.folder import RunFolder
from zoo_bench.samples.guides import guides_for
from zoo_core.errors import RunFailure
from zoo_core.images import Images
from zoo_core.model.bundle import Bundle
from zoo_train.checkpoint import load_newest, save_checkpoint
from zoo_train.run import Run
from zoo_train.sample_trouble import SAMPLES, sample_trouble
from zoo_train.trouble import CURABLE, READS, Trouble, not_finite, trends

POLICIES = ("warn", "stop", "rollback")
ROLLBACKS = 3  # of one run; more would leave an eighth of the learning rate
FROM = 0.25  # of a run, and at least so many iterations: untrained generators make samples that are alike and follow nothing
SOONEST = 300
REAL = 64  # training images that samples are compared with


class Doctor:
    """Looks at a run whenever its terms are read, and remembers what was said, so that every trouble is told once."""

    def __init__(self, images: Images, folder: RunFolder) -> None:
        self.images = images
        self.readings: deque[Mapping[str, float]] = deque(maxlen=READS)
        self.told = {_key(item) for line in _lines(folder) for item in line.get("trouble", ())}

    def examine(self, run: Run, terms: Mapping[str, float], drawn: Bundle | None) -> list[Trouble]:
        """What is new. `drawn`: the model as it is, if samples are drawn after this iteration."""
        found = not_finite(run, terms)
        if not found:
            self.readings.append(terms)
            found = trends(run, self.readings)
            if drawn is not None and run.total is not None and run.iteration >= max(SOONEST, FROM * run.total):
                found += self.looked_at(drawn, run)
        new = [item for item in found if item.fatal or _key(item.to_json()) not in self.told]
        self.told |= {_key(item.to_json()) for item in new}
        return new

    def looked_at(self, drawn: Bundle, run: Run) -> list[Trouble]:
        train = np.flatnonzero(~self.images.held_out)
        if run.recipe.data.overfit or len(train) < 2:
            return []  # images that are to be learnt by heart are few and alike
        chosen = train[np.linspace(0, len(train) - 1, min(REAL, len(train))).round().astype(int)]
        real = torch.from_numpy(np.ascontiguousarray(self.images.pixels[chosen].transpose(0, 3, 1, 2)))
        guides = guides_for(drawn, self.images, SAMPLES)
        return sample_trouble(drawn, real, guides.lines if guides else None)

    def forget(self) -> None:
        """Trouble that comes again after a rollback is told again."""
        self.readings.clear()
        self.told = {key for key in self.told if key[0] not in CURABLE}


def cures(found: Sequence[Trouble], policy: str, run: Run) -> bool:
    """Whether the policy answers these with a rollback. What a run can live with is a warning once all are used up."""
    return policy == "rollback" and any(item.fatal or (item.kind in CURABLE and run.rollbacks < ROLLBACKS) for item in found)


def answer(found: Sequence[Trouble], policy: str, run: Run, folder: RunFolder, progress: TrainingProgress) -> None:
    """Say what was found. Raises RunFailure where the policy is to stop, and for values that are not finite."""
    ends = next((item for item in found if item.fatal or policy == "stop"), None)
    for item in found:
        if item is not ends:
            progress.say(f"warning: {item.message}")
    if ends is not None:
        again = f"go on from the last good state with half the rate: zoo bench --resume {folder.path} --on-trouble rollback"
        raise RunFailure(f"{ends.message}; {again}")


def roll_back(found: Sequence[Trouble], run: Run, folder: RunFolder, progress: TrainingProgress) -> None:
    """Go back to the newest intact checkpoint with half the learning rate, which is saved at once.

    Time that was spent stays spent. Raises RunFailure after ROLLBACKS of them.
    """
    cause = next(item for item in found if item.kind in CURABLE)
    if run.rollbacks >= ROLLBACKS:
        raise RunFailure(f"{cause.message}; {ROLLBACKS} rollbacks have not helped, so the run ends; its checkpoints are kept")
    times, total, seconds = run.rollbacks + 1, run.total, run.seconds
    path, _ = load_newest(run, folder.checkpoints)
    if path is None:
        raise RunFailure(f"{cause.message}; there is no checkpoint to go back to")
    run.rollbacks, run.total, run.seconds = times, total if total is not None else run.total, seconds
    save_checkpoint(run, folder.checkpoints)
    same = [line for line in _lines(folder) if line.get("iteration") == run.iteration]
    last = same[-1] if same else {}
    folder.forget_after(run.iteration)
    # Readers take the last of several lines of the same iteration: it keeps what the first one said.
    record = {"from": cause.iteration, "rate": 0.5**times, "cause": cause.to_json()}
    folder.log({**last, "iteration": run.iteration, "rollbacks": [*last.get("rollbacks", ()), record]})
    progress.say(f"{cause.message}; back to iteration {run.iteration} with {0.5**times:g} of the learning rate")


def reported(folder: RunFolder) -> list[str]:
    """What the report says of trouble: one line each, in the order it came."""
    said = []
    for line in _lines(folder):
        for record in line.get("rollbacks", ()):
            cause = record["cause"]["message"]
            said.append(f"{cause}; went back to iteration {line['iteration']} with {record['rate']:g} of the learning rate")
        said += [item["message"] for item in line.get("trouble", ())]
    return list(dict.fromkeys(said))


def _key(item: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(item.get(name) for name in ("kind", "phase", "term"))


def _lines(folder: RunFolder) -> list[dict[str, Any]]:
    """Whole lines of metrics.jsonl."""
    if not folder.metrics.exists():
        return []
    found = []
    for line in folder.metrics.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            found.append(value)
    return found
