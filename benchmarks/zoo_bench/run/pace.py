"""How many iterations the budget of a run means: known at once, or once the speed is, for a budget in minutes."""

from __future__ import annotations

import math
from collections.abc import Callable

from zoo_train.run import Run

CALIBRATION = 0.2  # share of a budget in minutes after which its number of steps is settled


class Pace:
    """Sets `run.total`, from the first iteration of this process on."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.budget = run.recipe.budget
        self.first = run.iteration
        self.warm = run.seconds  # of training, when the first iteration, which also warms up, was done
        if run.total is None:
            run.total = self._total()

    def settle(self, say: Callable[[str], None]) -> None:
        """After every iteration: the total as soon as it can be known, and the end when the time is used up."""
        run, minutes = self.run, self.budget.minutes
        if run.iteration == self.first + 1:
            self.warm = run.seconds
        if run.total is None:
            run.total = self._total()
            if run.total is not None:
                say(f"{run.total} iterations fit into {minutes:g} minutes")
        if minutes is not None and run.seconds >= minutes * 60 and run.total != run.iteration:
            say(f"time is up after {run.iteration} iterations: the machine became slower than at the start")
            run.total = run.iteration

    def _total(self) -> int | None:
        """Iterations in all; None while it cannot be known."""
        run, budget = self.run, self.budget
        if budget.steps is not None:
            return budget.steps
        if budget.images is not None:
            return math.ceil(budget.images / run.images_per_iteration)
        assert budget.minutes is not None
        left, done = budget.minutes * 60 - run.seconds, run.iteration - self.first - 1
        if done < 2 or run.seconds < CALIBRATION * budget.minutes * 60:
            return None
        return max(run.iteration, run.iteration + int(left / ((run.seconds - self.warm) / done) * 0.98))
