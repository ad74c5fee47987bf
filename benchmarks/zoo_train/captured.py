"""A phase's step as a CUDA graph: recorded once and replayed, so that the processor starts one thing instead of thousands.

What changes from step to step lies on the device, at places that stay: the batch is copied to where it was at the recording,
random numbers come from a generator whose seed is set before each replay, and the learning rate is a tensor. Batches are made,
the average is moved and the schedule is asked outside of the graphs, by a handful of operations. One graph per phase, and
not one per iteration: it serves all steps of the phase, and a phase that cannot be recorded costs only itself its graph.
See https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import torch
from torch import Tensor

from zoo_core.errors import ZooError
from zoo_core.interfaces import Batch, Condition
from zoo_train.draw import CounterDraw
from zoo_train.optimizers import rate_on_device
from zoo_train.profile import Mark, unmarked
from zoo_train.step import TakeStep

WARM_UP = 3  # steps before the recording: libraries choose their algorithms, optimizers make their state


class Graph(Protocol):
    """A recording of what a device does."""

    def aside(self) -> AbstractContextManager[None]:
        """Around the steps before the recording."""

    def capture(self, work: Callable[[], Tensor]) -> Tensor:
        """Record `work` without doing it. Returns the tensor that each replay fills with what `work` would return."""

    def replay(self) -> None:
        """Do what was recorded, on what lies in the same memory now."""


class CudaGraph:
    """Implements Graph by torch.cuda.CUDAGraph. `random` is the generator whose numbers are drawn anew in each replay."""

    def __init__(self, random: torch.Generator) -> None:
        self.graph = torch.cuda.CUDAGraph()
        self.graph.register_generator_state(random)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """On a stream of its own, as a recording is."""
        main, side = torch.cuda.current_stream(), torch.cuda.Stream()  # type: ignore[no-untyped-call]
        side.wait_stream(main)
        with torch.cuda.stream(side):
            yield
        main.wait_stream(side)

    def capture(self, work: Callable[[], Tensor]) -> Tensor:
        # Of this thread alone: another one pins memory for the next batches.
        with torch.cuda.graph(self.graph, capture_error_mode="thread_local"):
            return work()

    def replay(self) -> None:
        self.graph.replay()


class CapturedStep:
    """A TakeStep that is recorded after WARM_UP plain steps, and again after a checkpoint was loaded."""

    def __init__(
        self,
        name: str,
        step: TakeStep,
        optimizer: torch.optim.Optimizer,
        draw: CounterDraw,
        graph: Callable[[torch.Generator], Graph],
    ) -> None:
        """name  of the phase, for marks. Raises ZooError for an optimizer whose steps cannot be recorded."""
        self.name = f"{name}/graph"
        self.step = step
        self.optimizer = optimizer
        self.draw = draw
        self.make = graph
        self.forget()

    def forget(self) -> None:
        """Begin again: the optimizer has other tensors than those of the recording."""
        rate_on_device(self.optimizer)
        self.graph = self.make(self.draw.random)
        self.state = self.optimizer.state
        self.steps = 0

    def __call__(self, batch: Batch, mark: Mark) -> Mapping[str, Tensor]:
        """Raises ZooError for a step that cannot be recorded."""
        if self.optimizer.state is not self.state:
            self.forget()
        self.steps += 1
        if self.steps <= WARM_UP:
            with self.graph.aside():
                return self._step(batch, mark)
        if self.steps == WARM_UP + 1:
            self._record(batch)
        with mark(self.name):
            _copy(self.batch, batch)
            self.graph.replay()
        return dict(zip(self.names, self.values.clone().unbind(), strict=True))

    def _record(self, batch: Batch) -> None:
        self.batch = _like(batch)
        self.names: list[str] = []

        def work() -> Tensor:
            terms = self._step(self.batch, unmarked)
            if not terms:
                raise ZooError("it has no step so early in the run")
            self.names = list(terms)
            return torch.stack([value.detach().float() for value in terms.values()])

        self.values = self.graph.capture(work)

    def _step(self, batch: Batch, mark: Mark) -> Mapping[str, Tensor]:
        self.draw.asked = False
        terms = self.step(batch, mark)
        if self.draw.asked:
            raise ZooError("its loss depends on the number of the iteration")
        return terms


def _tensors(batch: Batch) -> list[Tensor]:
    given = (batch.images, batch.condition.labels, batch.condition.guide)
    return [tensor for tensor in given if tensor is not None]


def _like(batch: Batch) -> Batch:
    labels, guide = batch.condition.labels, batch.condition.guide
    return Batch(
        batch.images.clone(),
        Condition(None if labels is None else labels.clone(), None if guide is None else guide.clone()),
    )


def _copy(into: Batch, batch: Batch) -> None:
    for ours, theirs in zip(_tensors(into), _tensors(batch), strict=True):
        ours.copy_(theirs)
