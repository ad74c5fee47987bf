"""`zoo bench --devices N --nodes M`: one process per device, started by torchrun; what each of them does."""

from __future__ import annotations

import json
import logging
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from zoo_bench.asked import Processes
from zoo_bench.records.provenance import Provenance
from zoo_core.cli.interpreter import SAFE_PATH
from zoo_core.errors import RunFailure, ZooError
from zoo_core.recipe.recipe import Recipe

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from zoo_core.registry.catalog import Catalog
    from zoo_train.world import World

GRACE = "120"  # seconds that torchrun waits for processes that were asked to stop: a checkpoint may be large
REPORTED = (1, 2, 130)  # exit codes of a process that has said why it ends


def check_nodes(processes: Processes) -> None:
    """Raises ZooError for options that do not go together."""
    if processes.nodes > 1 and not is_worker():
        host, _, port = processes.rendezvous.rpartition(":")
        if not host or not port.isdigit():
            raise ZooError(f"--nodes {processes.nodes} needs --rendezvous HOST:PORT, an address of node 0 that all nodes reach")
        if processes.node >= processes.nodes:
            raise ZooError(f"--node {processes.node}: {processes.nodes} nodes have the numbers 0 to {processes.nodes - 1}")


def check_processes(processes: Processes, recipe: Recipe) -> None:
    """Raises ZooError if the run cannot be spread over so many processes."""
    batch = recipe.train.batch
    if batch % processes.count:
        near = max(processes.count, round(batch / processes.count) * processes.count)
        raise ZooError(f"train.batch={batch} cannot be shared by {processes.count} processes; type --set train.batch={near}")
    if recipe.device == "mps" and processes.count > 1:
        raise ZooError("--devices is for CPUs and CUDA; type --device cpu, or leave it out")
    if recipe.device == "cuda" and processes.devices > 1:
        import torch

        if processes.devices > torch.cuda.device_count():
            raise ZooError(f"--devices {processes.devices}: this machine has {torch.cuda.device_count()} GPUs; type that many")
    if is_worker() and int(os.environ["WORLD_SIZE"]) != processes.count:
        raise ZooError(
            f"torchrun has started {os.environ['WORLD_SIZE']} processes, not --devices x --nodes = {processes.count}"
        )


def is_worker() -> bool:
    """Whether torchrun has started this process."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def torchrun_words(processes: Processes) -> list[str]:
    """Arguments of torchrun that start `zoo` in every process."""
    host, _, port = processes.rendezvous.rpartition(":")
    where = (
        ["--standalone"]
        if processes.nodes == 1
        else ["--node-rank", str(processes.node), "--master-addr", host, "--master-port", port]
    )
    counts = ["--nnodes", str(processes.nodes), "--nproc-per-node", str(processes.devices), "--max-restarts", "0"]
    return [*counts, *where, "-m", "zoo_core"]


def launch(processes: Processes, words: Sequence[str], again: str) -> int:
    """Start this node's processes, each with the command line `zoo WORDS`, and wait for them. Returns the exit code.

    again  the command that goes on with the run. Raises RunFailure with it if a process ends without having said why.
    """
    os.environ.setdefault("TORCH_ELASTIC_SHUTDOWN_TIMEOUT", GRACE)
    os.environ.update(SAFE_PATH)  # torchrun starts `python -m zoo_core`
    from torch.distributed import run as torchrun
    from torch.distributed.elastic.multiprocessing import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # what torchrun says of a dead process is said here, in a line
    arguments = torchrun.parse_args(torchrun_words(processes))  # type: ignore[no-untyped-call]
    arguments.training_script_args = list(words)  # parsed with the others, --node would be short for --node-rank
    try:
        torchrun.run(arguments)  # type: ignore[no-untyped-call]
    except SignalException:
        return 130
    except ChildFailedError as error:
        rank, failure = error.get_first_failure()
        if failure.exitcode in REPORTED:
            return int(failure.exitcode)
        how = (
            f"was ended by {signal.Signals(-failure.exitcode).name}"
            if failure.exitcode < 0
            else f"ended with {failure.exitcode}"
        )
        raise RunFailure(f"process {rank} of the run {how}; go on from the last checkpoint with: {again}") from None
    finally:
        logging.disable(before)
    return 0


def world_of(processes: Processes, device: str) -> AbstractContextManager[World]:
    """The processes of this run, as this one sees them."""
    from zoo_train.world import ALONE, joined

    return joined(device) if processes.count > 1 else nullcontext(ALONE)


def follow(world: World, catalog: Catalog) -> None:
    """What every process but the first does: the same iterations on its own share of each batch. It writes nothing.

    Where contact is lost it ends in silence, since whoever ended first has said why. Raises ZooError if the images of this
    machine are not those of the first process.
    """
    from zoo_bench.data.load import load_images
    from zoo_bench.run.start import device_data, set_threads
    from zoo_train.engine import train
    from zoo_train.precision import use_tf32
    from zoo_train.run import build
    from zoo_train.world import LostContact

    with _deaf():
        try:
            recorded = json.loads(world.send())
            recipe, provenance = Recipe.from_json(recorded), Provenance.from_json(recorded)
            set_threads(recipe)
            images = load_images(recipe, catalog)
            if images.sha256 != provenance.dataset_sha256:
                raise ZooError(f"the images of {recipe.data.id} on this machine are not those of node 0; copy them here")
            run = build(recipe, catalog)
            run.images_sha256, run.precision = images.sha256, provenance.precision
            data = device_data(run, images, world)
            use_tf32(run, data)
            for _ in train(run, data):
                pass
        except LostContact:
            return


@contextmanager
def _deaf() -> Iterator[None]:
    """Ctrl-C and SIGTERM are answered by the first process, which then tells the others."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    old = [signal.signal(number, signal.SIG_IGN) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, old, strict=True):
            signal.signal(number, handler)
