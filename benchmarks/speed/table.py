"""The speed of every model and every upsampler on this machine.

    python benchmarks/speed/table.py                     all that this machine has no row of yet, with so many threads
    python benchmarks/speed/table.py dcgan --threads 2   these again
    python benchmarks/speed/table.py --list              what would be measured

Models run as `zoo bench --model NAME` does, upsamplers in the model gan; at 64 px, if they can. Each is measured in a process
of its own, and benchmarks/results/speed-table.json and the table in docs/explanation/speed.md are written after every one, so
that it can be stopped and goes on. Seventeen minutes in all on two cores, of which wgan_gp_chen takes eight.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from peak import machine_peak, operations

from zoo_bench.run.hardware import hardware, versions
from zoo_core.errors import ZooError
from zoo_core.files import write_bytes, write_json
from zoo_core.model.device import DEVICES, pick_device
from zoo_core.recipe.recipe import Budget, Recipe
from zoo_core.registry.catalog import Catalog, discover
from zoo_testing.noise import noise_images
from zoo_train.allocator import keep_heap
from zoo_train.data import DeviceData
from zoo_train.engine import train
from zoo_train.plan import plan
from zoo_train.precision import choose_precision
from zoo_train.profile import Profile
from zoo_train.run import build

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks/results/speed-table.json"
PAGE = ROOT / "docs/explanation/speed.md"
TABLE = re.compile(r"(<!-- table -->\n).*?(<!-- end -->)", re.DOTALL)
SIZES = (64, 32, 128)  # the first that the model is made for
LEAST = 3  # iterations
MODEL = "gan"  # what upsamplers are measured in


def names(catalog: Catalog) -> list[str]:
    """model:ID and upsampler:ID of everything installed."""
    return [
        f"{kind}:{item.id}" for kind in ("model", "upsampler") for item in sorted(catalog.of(kind), key=lambda item: item.id)
    ]


def recipe_of(catalog: Catalog, name: str, device: str, threads: int) -> Recipe:
    """Raises ZooError if no size fits."""
    kind, _, part = name.partition(":")
    needs = catalog.find(kind, part).entry.needs if kind == "model" else ()
    parts = {"upsampler": part} if kind == "upsampler" else {}
    for size in SIZES:
        try:
            return plan(
                catalog,
                model=MODEL if parts else part,
                dataset="creatures",
                size=size,
                budget=Budget(steps=1),
                parts=parts,
                labels=("type",) if "labels" in needs else (),
                guide="edges" if "guide" in needs else "none",
                device=device,
                threads=threads,
            )
        except ZooError as error:
            problem = error
    raise problem


def measured(name: str, device: str, threads: int, seconds: float) -> dict[str, Any]:
    """One row, measured in this process for at least so many seconds."""
    catalog = discover()
    keep_heap()
    torch.set_num_threads(threads)
    recipe = recipe_of(catalog, name, device, threads)
    images = noise_images(recipe.space, 256)
    before = memory()
    run = build(recipe, catalog)
    data = DeviceData(images, recipe.train, recipe.seed, run.device, recipe.data.background, recipe.data.guide)
    run.precision = choose_precision(run, data)
    profile = Profile(run.device, traced=False)
    steps = train(run, data, profile.mark)
    next(steps)  # to warm up
    count = operations(lambda: next(steps))
    profile.start()
    started = time.perf_counter()
    while profile.iterations < LEAST or time.perf_counter() - started < seconds:
        with profile.iteration():
            next(steps)
    profile.stop()
    each = profile.whole / profile.iterations
    phases: dict[str, float] = {}
    for part in profile.parts():
        owner = part.name.partition("/")[0]
        phases[owner] = round(phases.get(owner, 0.0) + part.milliseconds, 2)
    return {
        "name": name,
        "size": recipe.space.size,
        "batch": recipe.train.batch,
        "parts": dict(recipe.parts),
        "precision": run.precision,
        "images_per_second": round(run.images_per_iteration / each, 1),
        "ms_per_iteration": round(1e3 * each, 2),
        "ms": phases,
        "iterations": profile.iterations,
        "peak_mib": round((torch.cuda.max_memory_allocated() if device == "cuda" else memory() - before) / 2**20),
        "gflop_per_iteration": round(count / 1e9, 3),
        "gflop_per_second": round(count / each / 1e9, 1),
        "parameters": {net: sum(p.numel() for p in module.parameters()) for net, module in run.nets.items()},
    }


def memory() -> int:
    """The most bytes that this process has had in memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def machine(device: str, threads: int) -> dict[str, Any]:
    """What rows are comparable within."""
    torch.set_num_threads(threads)
    found = hardware() | {"threads": threads, "device": device}
    return {"hardware": found, "versions": {name: versions(())[name] for name in ("python", "torch")}}


def key(machine: Mapping[str, Any]) -> str:
    return json.dumps([machine["hardware"], machine["versions"]], sort_keys=True)


def saved() -> list[dict[str, Any]]:
    return json.loads(RESULTS.read_text())["machines"] if RESULTS.exists() else []


def write(machines: Sequence[Mapping[str, Any]]) -> None:
    write_json(RESULTS, {"format": 1, "machines": list(machines)})
    text = "\n".join(table(item) for item in machines)
    write_bytes(PAGE, TABLE.sub(lambda found: found[1] + text + found[2], PAGE.read_text()).encode())


def table(machine: Mapping[str, Any]) -> str:
    """Markdown: what the machine is, and a line per row."""
    on, best = machine["hardware"], max(machine["peak_gflops"].values())
    head = "| what | size | batch | img/s | ms per phase | peak MiB | GFLOP/s | of peak |"
    processor = on["cpu"] if on["device"] == "cpu" else on["gpu"] or on["device"]
    lines = [f"### {processor}, {on['threads']} threads, torch {machine['versions']['torch']}", ""]
    lines += [f"Fastest convolution or matmul in fp32: {best:g} GFLOP/s.", "", head, "|---|---|---|---|---|---|---|---|"]
    for row in sorted(machine["rows"], key=lambda row: row["name"]):
        kind, _, part = row["name"].partition(":")
        ms = ", ".join(f"{phase} {value:.1f}" for phase, value in row["ms"].items())
        share = f"{row['gflop_per_second'] / best:.0%}"
        lines.append(
            f"| {kind} `{part.partition('/')[2]}` | {row['size']} | {row['batch']} | {row['images_per_second']:g} | {ms} "
            f"| {row['peak_mib']} | {row['gflop_per_second']:g} | {share} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="models or upsamplers; all that have no row yet if none is named")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--device", choices=DEVICES, default="auto")
    parser.add_argument("--seconds", type=float, default=6.0, help="measured for at least this long, and three iterations")
    parser.add_argument("--list", action="store_true", help="show what would be measured, and measure nothing")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    device = pick_device(given.device)
    if given.one:
        print(json.dumps(measured(given.one, device, given.threads, given.seconds)))
        return
    catalog = discover()
    here = machine(device, given.threads)
    machines = saved()
    mine = next((item for item in machines if key(item) == key(here)), None)
    done = {row["name"] for row in mine["rows"]} if mine else set()
    asked = [
        name
        for name in names(catalog)
        if not given.names or {name.partition(":")[2], name.rpartition("/")[2]} & set(given.names)
    ]
    todo = [name for name in asked if given.names or name not in done]
    if given.list:
        print("\n".join(todo))
        return
    if mine is None:
        mine = here | {"peak_gflops": machine_peak(device), "rows": []}
        machines.append(mine)
    for name in todo:
        command = [sys.executable, __file__, "--one", name, "--threads", str(given.threads), "--device", device]
        result = subprocess.run([*command, "--seconds", str(given.seconds)], stdout=subprocess.PIPE, text=True)
        if result.returncode:
            print(f"{name}: failed, see above", flush=True)
            continue
        row = json.loads(result.stdout.splitlines()[-1])
        mine["rows"] = [item for item in mine["rows"] if item["name"] != name] + [row]
        write(machines)
        print(f"{name}: {row['images_per_second']:g} img/s, {row['ms_per_iteration']:g} ms, {row['peak_mib']} MiB", flush=True)


if __name__ == "__main__":
    main()
