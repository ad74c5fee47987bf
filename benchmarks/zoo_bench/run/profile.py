"""`zoo bench --profile`: a few iterations of a run measured part by part, written into its folder."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Generator, Mapping
from pathlib import Path

from zoo_bench.progress import TrainingProgress
from zoo_bench.run.hardware import hardware
from zoo_core.errors import RunFailure
from zoo_core.files import write_bytes, write_json
from zoo_train.engine import Step
from zoo_train.profile import Part, Profile, idle_share
from zoo_train.run import Run

SKIPPED = 2  # iterations before the first measured one: they warm up
MEASURED = 5


def profiled(
    steps: Generator[Step, None, None], profile: Profile, run: Run, folder: Path, progress: TrainingProgress
) -> Generator[Step, None, None]:
    """The same steps; iterations SKIPPED + 1 to SKIPPED + MEASURED of them, fewer if the run ends before, are measured.

    What is done between the steps is not. Raises RunFailure if the disk refuses the files.
    """
    try:
        for number in itertools.count():
            if number == SKIPPED and run.iteration != run.total:
                profile.start()
            with profile.iteration():
                step = next(steps, None)
            if step is None:
                return
            if profile.iterations == MEASURED or run.iteration == run.total:
                _end(profile, folder, progress)
            yield step
    finally:
        steps.close()
        _end(profile, folder, progress)
        if not profile.iterations:
            progress.say(f"warning: nothing was profiled: that begins after {SKIPPED} iterations, and there were no more")


def _end(profile: Profile, folder: Path, progress: TrainingProgress) -> None:
    """Write what was measured: trace.json.gz, phases.json and phases.md. Nothing if that was done before."""
    if not profile.on:
        return
    profile.stop()
    if not profile.iterations:
        return
    parts, trace = profile.parts(), profile.trace()
    stalls = {"data": profile.data_share(), "no operation runs": idle_share(trace)}
    record = {
        "iterations": profile.iterations,
        "ms_per_iteration": 1e3 * profile.whole / profile.iterations,
        "stalls": stalls,
        "parts": [dataclasses.asdict(part) for part in parts],
        "hardware": hardware(),
    }
    try:
        folder.mkdir(exist_ok=True)
        write_bytes(folder / "trace.json.gz", trace)
        write_json(folder / "phases.json", record)
        write_bytes(folder / "phases.md", table(parts, stalls).encode())
    except OSError as error:
        raise RunFailure(f"cannot write {folder}: {error.strerror}") from error
    progress.say(f"{profile.iterations} iterations were profiled, see {folder}\n\n{table(parts, stalls)}")


def table(parts: list[Part], stalls: Mapping[str, float]) -> str:
    """A Markdown table: a line per part, one for the whole iteration, and one per stall, a share of the whole."""
    whole = sum(part.milliseconds for part in parts)
    rows = [("part", "ms per iteration", "share")]
    rows += [(part.name, f"{part.milliseconds:.2f}", f"{part.share:.1%}") for part in parts]
    rows.append(("iteration", f"{whole:.2f}", "100%"))
    rows += [(f"of which {name}", f"{share * whole:.2f}", f"{share:.1%}") for name, share in stalls.items()]
    wide = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = [f"| {name:<{wide[0]}} | {ms:>{wide[1]}} | {share:>{wide[2]}} |" for name, ms, share in rows]
    return "\n".join([lines[0], f"|{'-' * (wide[0] + 2)}|{'-' * (wide[1] + 1)}:|{'-' * (wide[2] + 1)}:|", *lines[1:]]) + "\n"
