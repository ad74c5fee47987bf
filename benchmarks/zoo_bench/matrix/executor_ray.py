"""The executor `ray`: a task of a Ray cluster for each job (https://docs.ray.io/en/latest/ray-core/tasks.html)."""

from __future__ import annotations

import importlib
import logging
import os
import signal
import threading
from collections.abc import Mapping
from typing import Any

from zoo_bench.matrix.options import RayOptions
from zoo_core import executors
from zoo_core.errors import RunFailure, ZooError
from zoo_core.executors import Job


class RayExecutor:
    """Tasks are not retried by Ray: what is started again, and how often, is the same for every executor.

    Raises ZooError if Ray is not installed, RunFailure if the cluster cannot be reached.
    """

    def __init__(self, options: RayOptions) -> None:
        try:
            ray = importlib.import_module("ray")
        except ImportError:
            raise ZooError("--engine ray needs Ray; type pip install 'zoo-bench[ray]'") from None
        self.ray = ray
        self.tasks: dict[str, Any] = {}  # name -> reference of its result
        self.found: dict[str, str] = {}  # ended while stop() waited, not yet told
        place: dict[str, Any] = {"address": options.address} if options.address else {"address": "local"}
        if not options.address:
            place |= {"include_dashboard": False, "num_cpus": options.workers or None}
        self.grace = options.grace
        self.own = not ray.is_initialized()
        try:
            # Ray puts the current folder in front of the path of its workers, but not those of a client.
            workers = ray.job_config.JobConfig(_client_job=True)
            ray.init(ignore_reinit_error=True, log_to_driver=False, logging_level=logging.ERROR, job_config=workers, **place)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            raise RunFailure(f"no Ray cluster at {options.address or 'this machine'}: {error}") from error

    @property
    def slots(self) -> int:
        resources: dict[str, float] = self.ray.cluster_resources()
        return max(1, int(resources.get("CPU", 1)))

    def start(self, job: Job) -> None:
        # max_calls=1: a process of its own, so that nothing of one job, its memory least of all, stays for the next.
        remote = self.ray.remote(max_retries=0, max_calls=1)(call_awake)
        needs = {"num_cpus": job.threads, "num_gpus": job.gpus, "name": job.name}
        self.tasks[job.name] = remote.options(**needs).remote(job.target, job.arguments)

    def ended(self) -> Mapping[str, str]:
        if self.tasks:
            names = {reference: name for name, reference in self.tasks.items()}
            ready, _ = self.ray.wait(list(names), num_returns=len(names), timeout=0)
            self._collect({names[reference]: reference for reference in ready})
        told, self.found = self.found, {}
        return told

    def stop(self) -> None:
        for reference in self.tasks.values():
            self.ray.cancel(reference)  # like a Ctrl-C, see call_awake
        if self.tasks:
            references = list(self.tasks.values())
            _, left = self.ray.wait(references, num_returns=len(references), timeout=self.grace)
            for reference in left:
                self.ray.cancel(reference, force=True)
        self._collect(self.tasks)
        if self.own and self.ray.is_initialized():
            self.ray.shutdown()

    def _collect(self, tasks: Mapping[str, Any]) -> None:
        """Wait for tasks and keep how they ended."""
        for name, reference in list(tasks.items()):
            try:
                self.ray.get(reference)
                self.found[name] = ""
            except self.ray.exceptions.RayTaskError as error:
                self.found[name] = f"{type(error.cause).__name__}: {error.cause}"
            except self.ray.exceptions.RayError as error:
                self.found[name] = f"{type(error).__name__}: {' '.join(str(error).split()).partition('. ')[0]}"
            del self.tasks[name]


def call_awake(target: str, arguments: tuple[Any, ...]) -> None:
    """Call a job's function in a worker so that Ray's cancel reaches it even while it waits for something.

    Ray marks a SIGINT as received and sends none, so a process that sleeps would sleep on. Python tells of the mark through the
    wakeup file descriptor; a real signal without an effect of its own then ends the wait, and the mark is seen.
    """
    if not hasattr(signal, "pthread_kill"):  # Windows
        return executors.call(target, arguments)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.signal(signal.SIGURG, lambda number, frame: None)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_wake, args=(reading, threading.get_ident()), daemon=True).start()
    executors.call(target, arguments)


def _wake(reading: int, thread: int) -> None:
    while number := os.read(reading, 1):
        if number[0] == signal.SIGINT:
            signal.pthread_kill(thread, signal.SIGURG)
