"""`zoo check`: does an installed plugin keep its contracts?"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zoo_core import __version__
from zoo_core.errors import RunFailure, ZooError
from zoo_core.options import describe, parse
from zoo_core.recipe.recipe import REFERENCE
from zoo_core.registry import names
from zoo_core.registry.catalog import Catalog, discover

if TYPE_CHECKING:
    from zoo_testing.check import Result
    from zoo_testing.conformance import Suite

WORDS = {"passed": "ok", "failed": "FAIL", "xfailed": "xfail", "xpassed": "XPASS", "skipped": "skip"}
SHOWN = 200  # characters of entries' names on a line


@click.command("check")
@click.argument("distribution")
@click.option("--only", metavar="NAME", default="", help="Only checks whose name starts with this: generator, critic_labels.")
@click.option("--set", "settings", multiple=True, metavar="KIND.OPTION=VALUE", help="An option of what is checked; repeatable.")
@click.option(
    "--xfail", "xfails", multiple=True, metavar="CHECK=REASON", help="A check that must fail, and why it may; repeatable."
)
@click.option("--learn", is_flag=True, help="Also train every model for up to a minute on creatures; needs zoo-bench.")
@click.option("--matrix", is_flag=True, help="Also train every combination of installed parts that has one of this plugin.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--badge", type=click.Path(path_type=Path), metavar="FILE.svg", help="Write a picture, and FILE.json for services."
)
def check_command(
    distribution: str,
    only: str,
    settings: tuple[str, ...],
    xfails: tuple[str, ...],
    learn: bool,
    matrix: bool,
    as_json: bool,
    badge: Path | None,
) -> None:
    """Check that the installed plugin DISTRIBUTION keeps the contracts of zoo. Exit code 1 if a check fails.

    \b
    zoo check acme-gans
    zoo check acme-gans --only objective --xfail "objective_bfloat16=its loss needs float32"
    """
    catalog, name = discover(), names.normal(distribution)
    _require(catalog, name, learn)
    if badge is not None and badge.suffix.lower() != ".svg":
        raise ZooError(f"--badge {badge}: the picture is an SVG; type --badge {badge.with_suffix('.svg')}")
    if badge is not None and not badge.parent.is_dir():
        raise ZooError(f"--badge {badge}: there is no folder {badge.parent}; type --badge {badge.name}, or make the folder")

    import torch

    from zoo_testing.conformance import Suite

    torch.set_num_threads(1)  # the networks are so small that threads wait for each other
    suite = Suite(name, xfails=_reasons(xfails), settings=settings, learn=learn)
    for setting in settings:
        _require_option(catalog, name, setting)
    if only and not any(case.id.startswith(only) for case in suite.cases):
        kinds = ", ".join(dict.fromkeys(case.check.name.partition("_")[0] for case in suite.cases))
        raise ZooError(f"--only {only}: no check of {name} starts so; there are {kinds}")
    version = next((plugin.version for plugin in catalog.plugins if plugin.distribution == name), "")
    started = time.perf_counter()
    if not as_json:
        click.echo(f"{name} {version}\n")
    results = []
    for _, group in groupby(_results(suite, only, matrix), key=lambda result: result.check.name):
        found = list(group)
        results += found
        if not as_json:
            click.echo("\n".join(_rows(found)))
    seconds = time.perf_counter() - started
    wrong = sum(not result.good for result in results)
    if badge is not None:
        _write_badge(badge, results)
    if as_json:
        click.echo(_json(name, version, results))
    else:
        counts = Counter[str](result.status for result in results)
        click.echo(f"\n{', '.join(f'{counts[word]} {word}' for word in WORDS if counts[word])} in {seconds:.1f} s")
    if wrong:
        raise RunFailure(f"{wrong} of {len(results)} checks of {name} failed")


def _results(suite: Suite, only: str, matrix: bool) -> Iterator[Result]:
    from zoo_testing.matrix import matrix_results

    yield from (suite.run(case) for case in suite.cases if case.id.startswith(only))
    if matrix:
        yield from matrix_results(suite)


def _require_option(catalog: Catalog, name: str, setting: str) -> None:
    """Raises ZooError for kind.option=value that neither the plugin nor the reference part beside it can take."""
    (kind, _, option), value = setting.partition("=")[0].partition("."), setting.partition("=")[2]
    named = [item for item in catalog.entries if item.entry.kind == kind]
    around = [item for item in named if item.distribution == name] or [item for item in named if item.id == REFERENCE.get(kind)]
    configs = [(item, config) for item in around if (config := catalog.load_config(item))]
    if not configs:
        raise ZooError(f"--set {setting}: {name} has no {names.one_line(kind, 30)} with options; leave it out")
    taking = [pair for pair in configs if option in {each.name for each in describe(pair[1])}]
    for item, config in taking or configs:
        parse(config, {option: value}, str(item))


def _rows(results: list[Result]) -> Iterator[str]:
    """One line for the entries that passed, one for each reason to skip or to expect a failure, and three for a failure."""
    name = results[0].check.name.ljust(30)
    lines: dict[tuple[str, str], list[str]] = {}
    for result in results:
        if result.status in ("passed", "skipped", "xfailed"):
            lines.setdefault((result.status, result.seen), []).append(result.entry)
    for (status, seen), entries in sorted(lines.items(), key=lambda line: line[0][0] != "passed"):
        listed = ", ".join(entries)
        shown = listed if len(entries) == 1 or len(listed) <= SHOWN else f"{len(entries)} of {len(results)}"
        yield f"  {WORDS[status]:6}{name} {shown}{': ' if shown and seen else ''}{seen}".rstrip()
    for result in results:
        if not result.good:
            yield f"  {WORDS[result.status]:6}{name} {result.entry}".rstrip()
            yield from (f"        {line}" for line in result.explain().splitlines()[1:])


def _json(name: str, version: str, results: list[Result]) -> str:
    import json

    value: dict[str, Any] = {
        "distribution": name,
        "version": version,
        "zoo_core": __version__,
        "good": all(result.good for result in results),
        "counts": dict(Counter(result.status for result in results)),
        "results": [result.to_json() for result in results],
    }
    return json.dumps(value, indent=2)


def _write_badge(path: Path, results: list[Result]) -> None:
    from zoo_core.files import write_bytes, write_json
    from zoo_testing.badge import badge_json, badge_svg

    write_bytes(path, badge_svg(results).encode())
    write_json(path.with_suffix(".json"), badge_json(results))


def _reasons(xfails: tuple[str, ...]) -> dict[str, str]:
    """ "check=reason" -> check: reason. Raises ZooError for one without a reason."""
    pairs = [text.partition("=") for text in xfails]
    for check, _, reason in pairs:
        if not reason.strip():
            raise ZooError(f'--xfail {check} has no reason; type --xfail "{check}=why it may fail"')
    return {check: reason for check, _, reason in pairs}


def _require(catalog: Catalog, name: str, learn: bool) -> None:
    """Raises ZooError for a distribution that is no plugin, and for --learn without the dataset."""
    known = {plugin.distribution for plugin in catalog.plugins} | {problem.distribution for problem in catalog.problems}
    if name not in known:
        near = names.nearest(name, known)
        hint = f"did you mean {near}?" if near else f"pip install {name}, or zoo install ./{name} for a folder"
        raise ZooError(f"no plugin {names.one_line(name, 60)} is installed: {hint}")
    if learn and not any(item.id == "zoo-creatures/creatures" for item in catalog.of("dataset")):
        raise ZooError("--learn trains on the dataset creatures, which is not installed: pip install zoo-creatures")
