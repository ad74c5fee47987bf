"""How the processes of a run go through its iterations together."""

from __future__ import annotations

import tempfile
from pathlib import Path

from zoo_train.checkpoint import checkpoint_bytes, load_checkpoint
from zoo_train.run import Run
from zoo_train.world import World

END, GO, RESTORE = range(3)  # what the first process tells the others before an iteration


class Agreement:
    """Before each iteration, the first process tells the others whether to go on and from where; they follow."""

    def __init__(self, world: World, run: Run) -> None:
        self.world = world
        self.run = run
        self.known: tuple[int, int] | None = None  # (iteration, rollbacks) that all processes have
        self.over = False

    def another(self) -> bool:
        """Whether there is another iteration. Where the first process starts anew, or went back, all get its state."""
        run, world = self.run, self.world
        go = run.total is None or run.iteration < run.total
        if world.size == 1:
            return go
        here = (run.iteration, run.rollbacks)
        order = END if not go else GO if here == self.known else RESTORE
        order, total = world.tell(order, -1 if run.total is None else run.total)
        if order == RESTORE:
            receive_state(run, world)
        run.total = None if total < 0 else total
        self.known = (run.iteration + 1, run.rollbacks)
        self.over = order == END
        return not self.over

    def end(self) -> None:
        """The first process leaves; so do the others."""
        if self.world.size > 1 and self.world.rank == 0 and not self.over:
            self.over = True
            self.world.tell(END, -1)


def receive_state(run: Run, world: World) -> None:
    """All processes get what a checkpoint of the first one holds."""
    state = world.send(checkpoint_bytes(run) if world.rank == 0 else b"")
    if world.rank:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "state.safetensors"
            path.write_bytes(state)
            load_checkpoint(run, path)
