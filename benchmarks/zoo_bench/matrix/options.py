"""Options of the executors. Imports neither torch nor numpy, so that they can be listed quickly."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.options import option


@dataclass(frozen=True)
class RayOptions:
    """Options of the executor `ray`."""

    address: str = option("", "of a Ray cluster, or auto; empty starts one on this machine")
    workers: int = option(0, "processor cores of a cluster that is started here; 0: all", min=0)
    grace: float = option(60.0, "seconds that a job has to save its state when it is stopped", min=0.0, max=3600.0)


@dataclass(frozen=True)
class SlurmOptions:
    """Options of the executor `slurm`."""

    cluster: str = option("slurm", "local runs the jobs on this machine as Slurm would", choices=("slurm", "local"))
    partition: str = option("", "partition to submit to; empty: the cluster's default")
    hours: float = option(4.0, "time limit of a job; one that reaches it goes on in a new job", above=0.0, max=10_000.0)
    memory_gib: float = option(4.0, "memory of a job", above=0.0, max=10_000.0)
    slots: int = option(64, "jobs in the queue at once", min=1, max=100_000)
