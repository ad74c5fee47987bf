"""The checks of plugins: each is failed by one deliberately bad plugin, and by that one fails nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as tree
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from zoo_core.cli import main
from zoo_core.errors import ZooError
from zoo_core.registry.catalog import discover
from zoo_testing import Suite, checks_learning
from zoo_testing.badge import badge_json, badge_svg
from zoo_testing.check import Result
from zoo_testing.commands.new import plugin_files
from zoo_testing.conformance import CHECKS
from zoo_testing.matrix import matrix_results

ROOT = Path(__file__).resolve().parent.parent
# These start a process of their own, so only the plugins that are to fail them are asked.
SLOW = ("manifest_light", "manifest_options_light", "package_reloads")
BAD = tomllib.loads((Path(__file__).parent / "bad_plugins.toml").read_text())  # check -> kind, file and changes of a plugin


def install(folder: Path, distribution: str, kind: str, file: str = "", changes: Iterable[Sequence[str]] = ()) -> None:
    """A plugin as `zoo new plugin` writes it, on the path as an installer would leave it, with changes in one file."""
    package = distribution.replace("-", "_")
    info = f"{package}-0.1.0.dist-info"
    files = {path: text for path, text in plugin_files(distribution, kind).items() if path.startswith(package)}
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.4\nName: {distribution}\nVersion: 0.1.0\nRequires-Dist: zoo-core>=0.1\n"
    files[f"{info}/entry_points.txt"] = f"[zoo.v1]\n{distribution} = {package}.entries\n"
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in files)
    for path, text in files.items():
        if file and path.endswith(f"/{file}"):
            for old, new in changes:
                assert old in text, f"{old!r} is not in {path} any more"
                text = text.replace(old, new)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def spoil(folder: Path, check: str) -> str:
    """Install the bad plugin of a check; returns its distribution."""
    bad = BAD[check]
    install(folder, f"acme-{bad['kind']}", bad["kind"], bad["file"], bad["changes"])
    return f"acme-{bad['kind']}"


def run(suite: Suite, *slow: str) -> list[Result]:
    return [suite.run(case) for case in suite.cases if case.check.name not in SLOW or case.check.name in slow]


def test_there_is_a_bad_plugin_for_every_check():
    assert set(BAD) == {check.name for check in CHECKS}
    assert len(CHECKS) >= 30


@pytest.mark.parametrize("check", BAD)
def test_a_bad_plugin_fails_one_check_and_only_it(check, plugins):
    results = run(Suite(spoil(plugins.folder, check)), check)
    failed = {result.check.name: result for result in results if not result.good}
    assert list(failed) == [check], "\n".join(result.explain() for result in failed.values())
    assert failed[check].seen and "\n" not in failed[check].seen
    assert {result.status for result in results} <= {"passed", "failed", "skipped"}


def test_a_generator_that_asks_the_upsampler_for_nothing_says_so(plugins):
    own = "nn.Conv2d(width + self.guide, space.channels, 3, padding=1)"
    changes = [("upsampler.head(width + self.guide, space.channels, size)", f"Last({own})"), ("upsampler.stage(", "Twice(")]
    layers = """
class Last(nn.Sequential):
    def forward(self, x, w):
        return super().forward(x).tanh()


class Twice(nn.Module):
    def __init__(self, cin, cout, latent):
        super().__init__()
        self.layer = nn.ConvTranspose2d(cin, cout, 2, 2)

    def forward(self, x, w):
        return self.layer(x)


class """
    install(plugins.folder, "acme-silent", "generator", "generator.py", [*changes, ("\nclass ", layers)])
    (result,) = (result for result in run(Suite("acme-silent")) if not result.good)
    assert result.check.name == "generator_upsampler" and "ignores" in result.seen


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_check_says_what_the_contract_is_and_where_to_read(check):
    assert check.contract.endswith(".") and len(check.contract) > 20
    for place in check.read.split("; "):
        path = place.partition(",")[0]
        assert path.startswith("https://") or (ROOT / path).exists(), f"{path} is not there to be read"
    known = {other.name for other in CHECKS}
    assert set(check.stands_on) <= known


def test_cheap_checks_come_first_and_what_a_check_stands_on_before_it():
    order = [check.name for check in CHECKS]
    assert all(order.index(base) < order.index(check.name) for check in CHECKS for base in check.stands_on)
    groups = list(dict.fromkeys(name.partition("_")[0] for name in order))
    assert groups[0] == "manifest" and groups[-2:] == ["objective", "package"]


def test_every_failure_is_explained_in_three_lines(plugins):
    spoil(plugins.folder, "critic_meta")
    suite = Suite("acme-critic")
    (case,) = [case for case in suite.cases if case.check.name == "critic_meta"]
    head, contract, seen, read = suite.run(case).explain().splitlines()
    assert head == "critic_meta[acme_critic]" and contract.startswith("  contract  It can be built and called on the meta")
    assert re.fullmatch(r"  seen      raised RuntimeError: .*meta tensors.* \(critic\.py:\d+\)", seen)
    assert read.startswith("  read      zoo_core/interfaces.py, class Critic")


def test_what_stands_on_a_failed_check_is_skipped(plugins):
    install(plugins.folder, "acme-critic", "critic", "entries.py", [("critic:Acme", "critic:Missing")])
    results = run(Suite("acme-critic"))
    assert {result.status for result in results if result.check.kind == "critic"} == {"skipped"}
    assert {result.seen for result in results if result.check.kind == "critic"} == {
        "target_importable[critic:acme_critic] failed"
    }


def test_an_expected_failure_is_strict_and_has_a_reason(plugins):
    spoil(plugins.folder, "metric_ranks")
    reasons = {"metric_ranks": "it counts colours", "metric_finite[acme_metric]": "it may be infinite"}
    found = {result.check.name: result for result in run(Suite("acme-metric", xfails=reasons))}
    assert (found["metric_ranks"].status, found["metric_ranks"].seen, found["metric_ranks"].good) == (
        "xfailed",
        "it counts colours",
        True,
    )
    assert found["metric_finite"].status == "xpassed" and not found["metric_finite"].good
    assert "take it out of xfails" in found["metric_finite"].seen
    with pytest.raises(ZooError, match="metric_ranks has no reason"):
        Suite("acme-metric", xfails={"metric_ranks": " "})
    with pytest.raises(ZooError, match="called metric_rank: did you mean metric_ranks"):
        Suite("acme-metric", xfails={"metric_rank": "why"})


def test_pytest_runs_the_same_checks(plugins, tmp_path):
    spoil(plugins.folder, "metric_ranks")
    lines = "from zoo_testing import conformance\ntest_{} = conformance('acme-metric'{})\n"
    given = {
        "plain": "",
        "known": ", xfails={'metric_ranks': 'counts colours'}",
        "wrong": ", xfails={'metric_finite': 'a guess'}",
    }
    for name, words in given.items():
        (tmp_path / f"test_{name}.py").write_text(lines.format(name, words))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rA", "-k", "metric_", str(tmp_path)]
    done = subprocess.run(command, env=plugins.environment(), cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    failed = re.findall(r"^FAILED .*test_(\w+)\[(\w+)\[acme_metric\]\]", done.stdout, re.MULTILINE)
    assert failed == [("plain", "metric_ranks"), ("wrong", "metric_finite"), ("wrong", "metric_ranks")]
    assert re.search("3 failed, 8 passed, .*1 xfailed", done.stdout)
    assert "contract  Degraded copies" in done.stdout and "expected to fail (a guess)" in done.stdout
    assert re.search(r"^XFAIL .*test_known\[metric_ranks\[acme_metric\]\] - counts colours", done.stdout, re.MULTILINE)


def test_a_check_of_what_is_not_installed_fails_before_anything(plugins):
    suite = Suite("acme-absent")
    first, *others = [suite.run(case) for case in suite.cases]
    assert first.status == "failed" and "pip install acme-absent" in first.seen
    assert {result.status for result in others} == {"skipped"}


def test_the_command_prints_a_table_json_and_a_badge(plugins, tmp_path, capsys):
    install(plugins.folder, "acme-metric", "metric")
    assert main(["check", "Acme_Metric", "--badge", str(tmp_path / "badge.svg")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "acme-metric 0.1.0" and "  ok    metric_ranks                   acme_metric" in lines
    assert re.fullmatch(r"12 passed, 2 skipped in [\d.]+ s", lines[-1])
    assert json.loads((tmp_path / "badge.json").read_text()) == {
        "schemaVersion": 1, "label": "zoo check", "message": "12 passed", "color": "brightgreen",
    }  # fmt: skip
    assert "<title>zoo check: 12 passed</title>" in (tmp_path / "badge.svg").read_text()


def test_the_command_fails_with_the_plugin(plugins, capsys):
    spoil(plugins.folder, "metric_ranks")
    only = ["check", "acme-metric", "--only", "metric"]
    assert main(only) == 1
    out, err = capsys.readouterr()
    assert err == "error: 1 of 4 checks of acme-metric failed\n"
    assert re.search(r"  FAIL  metric_ranks +acme_metric\n {8}  contract  Degraded.*\n {8}  seen .*\n {8}  read ", out)
    assert main([*only, "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert not report["good"] and report["counts"] == {"passed": 3, "failed": 1}
    assert [result["check"] for result in report["results"] if result["status"] == "failed"] == ["metric_ranks"]
    assert main([*only, "--xfail", "metric_ranks=it counts colours"]) == 0


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["acme-metrik"], "no plugin acme-metrik is installed: did you mean acme-metric?"),
        (
            ["acme-metric", "--only", "citric"],
            "--only citric: no check of acme-metric starts so; there are manifest, target, metric",
        ),
        (["acme-metric", "--badge", "x.png"], "--badge x.png: the picture is an SVG; type --badge x.svg"),
        (["acme-metric", "--xfail", "metric_ranks"], "--xfail metric_ranks has no reason"),
        (
            ["acme-metric", "--badge", "no/x.svg"],
            "--badge no/x.svg: there is no folder no; type --badge x.svg, or make the folder",
        ),
        (["acme-metric", "--set", "count=4"], "write kind.option=value"),
        (
            ["acme-metric", "--set", "metric.count=4"],
            "--set metric.count=4: acme-metric has no metric with options; leave it out",
        ),
        (["acme-metric", "--set", "generator.widht=4"], "did you mean width?"),
        (["acme-metric", "--set", "generator.width=wide"], "width"),
        (
            ["acme-metric", "--learn"],
            "--learn trains on the dataset creatures, which is not installed: pip install",
        ),
    ],
)
def test_mistakes_are_answered_in_a_line(plugins, capsys, monkeypatch, arguments, error):
    monkeypatch.setenv("ZOO_PLUGINS", "acme-metric,zoo-bench")
    install(plugins.folder, "acme-metric", "metric")
    assert main(["check", *arguments]) == 2
    out, err = capsys.readouterr()
    assert error in err and err.count("\n") == 1 and not out


def test_options_of_what_is_checked_can_be_set(plugins):
    install(plugins.folder, "acme-dataset", "dataset", "options.py", [("option(500,", "option(15,"), ("min=16", "min=1")])
    for settings, status in (((), "failed"), (("dataset.count=30",), "passed")):
        suite = Suite("acme-dataset", settings=settings)
        (case,) = [case for case in suite.cases if case.check.name == "dataset_arrays"]
        assert suite.run(case).status == status


def test_the_matrix_trains_every_combination_of_the_plugin(plugins, monkeypatch):
    monkeypatch.setenv("ZOO_PLUGINS", "acme-upsampler,acme-objective")
    refuse = (
        "super().__init__()\n        self.conv = conv(cin, cout",
        "super().__init__()\n        assert cin < 4\n        self.conv = conv(cin, cout",
    )
    install(plugins.folder, "acme-upsampler", "upsampler", "upsampler.py", [refuse])
    install(plugins.folder, "acme-objective", "objective")
    objectives = {"zoo-core/adversarial", "acme-objective/acme_objective"}
    found = {result.entry.split(" x ")[0]: result for result in matrix_results(Suite("acme-upsampler"))}
    assert found.keys() == objectives and {result.status for result in found.values()} == {"failed"}
    found = {result.entry.split(" x ")[3]: result.status for result in matrix_results(Suite("acme-objective"))}
    assert {name for name, status in found.items() if status == "failed"} == {"acme-upsampler/acme_upsampler"}
    assert len(found) == 5


def test_the_badge_counts_what_was_decided():
    results = [Result(CHECKS[0], "", status) for status in ("passed", "xfailed", "skipped")]
    assert badge_json(results)["message"] == "2 passed"
    for bad in ("failed", "xpassed"):
        worse = badge_json([*results, Result(CHECKS[0], "", bad)])
        assert (worse["message"], worse["color"]) == ("1 of 3 failed", "red")
    texts = [element.text for element in tree.fromstring(badge_svg(results)).iter() if element.tag.endswith("text")]
    assert texts == ["zoo check", "2 passed"]


# the learning test


def test_the_distance_is_that_of_energy_statistics():
    draw = np.random.default_rng(0)
    a, b = draw.normal(size=(12, 3, 8, 8)), draw.normal(1, 2, size=(9, 3, 8, 8))

    def mean(x, y):
        return np.mean([[np.linalg.norm(one - two) for two in y] for one in x])

    got = checks_learning.distance(torch.from_numpy(a), torch.from_numpy(b))
    assert got == pytest.approx(2 * mean(a, b) - mean(a, a) - mean(b, b), rel=1e-5)
    assert checks_learning.distance(torch.from_numpy(a), torch.from_numpy(a)) == pytest.approx(0, abs=1e-6)


needs_creatures = pytest.mark.skipif(
    not any(item.id == "zoo-creatures/creatures" for item in discover().of("dataset")), reason="zoo-creatures is not installed"
)


@needs_creatures
def test_what_does_not_learn_is_told_from_what_does(plugins, monkeypatch):
    monkeypatch.setattr(checks_learning, "SECONDS", 5)
    monkeypatch.setattr(checks_learning, "ENOUGH", 0.95)  # a user waits longer than a test
    sign = 'return {"score": (nets', 'return {"score": -(nets'
    found = {}
    for name, changes in (("acme-good", []), ("acme-bad", [sign])):
        install(plugins.folder, name, "objective", "objective.py", changes)
        discover.cache_clear()
        suite = Suite(name, learn=True)
        (case,) = [case for case in suite.cases if case.check.name.startswith("learning")]
        found[name] = suite.run(case)
    assert {name: result.status for name, result in found.items()} == {"acme-good": "passed", "acme-bad": "failed"}
    assert re.search(r"distance [\d.]+ after \d+ iterations, [\d.]+ at the start", found["acme-bad"].seen)
