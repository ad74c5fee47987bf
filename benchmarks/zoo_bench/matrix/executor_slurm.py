"""The executor `slurm`: a job of a Slurm cluster for each job, through submitit (https://github.com/facebookincubator/submitit)."""

from __future__ import annotations

import importlib
import math
import shlex
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zoo_bench.matrix.options import SlurmOptions
from zoo_core import executors
from zoo_core.cli.interpreter import python
from zoo_core.errors import RunFailure, ZooError
from zoo_core.executors import Job

POLL = 0.2  # seconds


@dataclass(frozen=True)
class Resumable:
    """The call of a job, as submitit pickles it. One that reaches its time limit or is preempted goes on in a new job."""

    target: str
    arguments: tuple[str | int | float, ...]

    def __call__(self) -> None:
        executors.call(self.target, self.arguments)

    def checkpoint(self) -> Any:
        return importlib.import_module("submitit").helpers.DelayedSubmission(self)


class SlurmExecutor:
    """What submitit writes goes to `.submitit` in the folder of each job, which all machines must see.

    Raises ZooError if submitit is not installed or there is no Slurm.
    """

    def __init__(self, options: SlurmOptions) -> None:
        try:
            submitit = importlib.import_module("submitit")
        except ImportError:
            raise ZooError("--engine slurm needs submitit; type pip install 'zoo-bench[slurm]'") from None
        if options.cluster == "slurm" and not shutil.which("sbatch"):
            raise ZooError("--engine slurm finds no sbatch here; type --engine local, or log in to the cluster")
        self.submitit = submitit
        self.options = options
        self.jobs: dict[str, Any] = {}

    @property
    def slots(self) -> int:
        return self.options.slots

    def start(self, job: Job) -> None:
        options = self.options
        # A job goes on where it stopped, so each time limit that it reaches brings it further.
        interpreter = shlex.join(python())
        executor = self.submitit.AutoExecutor(
            job.folder / ".submitit",
            options.cluster,
            slurm_max_num_timeout=1000,
            slurm_python=interpreter,
            local_python=interpreter,
        )
        executor.update_parameters(
            name=f"zoo-{job.name}",
            timeout_min=math.ceil(options.hours * 60),
            cpus_per_task=job.threads,
            gpus_per_node=job.gpus,
            mem_gb=options.memory_gib,
            **({"slurm_partition": options.partition} if options.partition else {}),
        )
        try:
            self.jobs[job.name] = executor.submit(Resumable(job.target, job.arguments))
        except (self.submitit.core.utils.FailedJobError, OSError) as error:
            raise RunFailure(f"Slurm took no job: {' '.join(str(error).split())[:300]}") from error

    def ended(self) -> Mapping[str, str]:
        over = {name: job for name, job in self.jobs.items() if job.done()}
        for name in over:
            del self.jobs[name]
        return {name: _end(job, self.submitit.core.utils.FailedJobError) for name, job in over.items()}

    def stop(self) -> None:
        for job in self.jobs.values():
            job.cancel()
        while not all(job.done(force_check=True) for job in self.jobs.values()):
            time.sleep(POLL)


def _end(job: Any, raised: type[Exception]) -> str:
    """What ended a job early, "" if nothing did."""
    try:
        error = job.exception()
    except Exception as lost:  # of any kind: the job left nothing that could be read
        error = lost
    if error is None:
        return ""
    last = str(error).strip().splitlines()[-1:] if isinstance(error, raised) else []  # of the traceback
    return f"job {job.job_id}: {last[0] if last else 'it left no result'}"
