"""Where the time of an iteration goes: milliseconds of each part of each phase, and a trace of every operation."""

from __future__ import annotations

import gzip
import json
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

ON_GPU = {"kernel", "gpu_memcpy", "gpu_memset"}  # categories of events in torch.profiler's traces
Mark = Callable[[str], AbstractContextManager[Any]]  # "phase/part" -> a context around it


def unmarked(name: str) -> AbstractContextManager[Any]:
    """The mark of an iteration that nobody measures."""
    return nullcontext()


@dataclass(frozen=True)
class Part:
    """A part of an iteration. name: "phase/data", "phase/loss", "phase/backward", ..., or "average", "other"."""

    name: str
    milliseconds: float  # per iteration, all repeats of the phase together
    share: float  # of the iteration, 0 to 1


@dataclass
class Profile:
    """Measures the iterations between `start()` and `stop()`, with `mark` handed to the engine and `iteration` around each.

    On a GPU every part is waited for, so that its time is its own: iterations are slower for it, and never different. All
    operations are recorded by torch.profiler for the trace, unless `traced` is false, which costs less.
    """

    device: torch.device
    traced: bool = True
    seconds: dict[str, float] = field(default_factory=dict)  # by part
    iterations: int = 0
    whole: float = 0.0  # seconds of all iterations
    recorder: Any = None
    on: bool = False

    def start(self) -> None:
        if self.traced:
            self._record()
        self._wait()
        self.on = True

    def _record(self) -> None:
        activities = [torch.profiler.ProfilerActivity.CPU]
        if self.device.type == "cuda":
            activities.append(torch.profiler.ProfilerActivity.CUDA)
        self.recorder = torch.profiler.profile(activities=activities)
        self.recorder.__enter__()

    def stop(self) -> None:
        self.on = False
        if self.traced:
            self.recorder.__exit__(None, None, None)

    @contextmanager
    def iteration(self) -> Iterator[None]:
        """Around one iteration; where it raises, it does not count."""
        started = time.perf_counter()
        with torch.profiler.record_function("iteration"):
            yield
        if self.on:
            self.whole += time.perf_counter() - started
            self.iterations += 1

    @contextmanager
    def mark(self, name: str) -> Iterator[None]:
        """Around a part, within an iteration; parts do not lie within each other."""
        if not self.on:
            yield
            return
        started = time.perf_counter()
        with torch.profiler.record_function(name):
            yield
            self._wait()
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started

    def parts(self) -> list[Part]:
        """In the order they come; "other" is what no mark covers. At least one iteration must have been measured."""
        named = {**self.seconds, "other": max(0.0, self.whole - sum(self.seconds.values()))}
        return [Part(name, 1e3 * seconds / self.iterations, seconds / self.whole) for name, seconds in named.items()]

    def data_share(self) -> float:
        """Share of the iterations, 0 to 1, in which batches were made or waited for."""
        return sum(part.share for part in self.parts() if part.name.endswith("/data"))

    def trace(self) -> bytes:
        """What chrome://tracing and ui.perfetto.dev read: JSON, compressed by gzip. Of a traced profile that has stopped."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "trace.json"
            self.recorder.export_chrome_trace(str(path))
            return gzip.compress(path.read_bytes(), 6)

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        elif self.device.type == "mps":
            torch.mps.synchronize()


def idle_share(trace: bytes) -> float:
    """Share of the iterations of `Profile.trace`, 0 to 1, in which no operation runs on the device that training is on.

    What the processor does between operations, recording them included. On a GPU, what starting its operations costs, too.
    """
    events = [event for event in json.loads(gzip.decompress(trace))["traceEvents"] if event.get("ph") == "X"]
    whole = _spans(events, lambda event: event["name"] == "iteration" and event["cat"] == "user_annotation")
    on_gpu = any(event.get("cat") in ON_GPU for event in events)
    busy = _spans(events, lambda event: event.get("cat") in (ON_GPU if on_gpu else {"cpu_op"}))
    return 1 - _overlap(whole, busy) / sum(end - start for start, end in whole)


Span = tuple[float, float]


def _spans(events: Iterable[Mapping[str, Any]], wanted: Callable[[Mapping[str, Any]], bool]) -> list[Span]:
    """When at least one of the wanted events runs: spans in order that do not touch, in microseconds."""
    found: list[Span] = []
    for start, end in sorted((event["ts"], event["ts"] + event["dur"]) for event in events if wanted(event)):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _overlap(first: list[Span], second: list[Span]) -> float:
    return sum(max(0.0, min(a[1], b[1]) - max(a[0], b[0])) for a in first for b in second)
