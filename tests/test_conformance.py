"""The checks of plugins: each is failed by one deliberately bad plugin, and by that one fails nothing else."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from zoo_core.catalog import discover
from zoo_core.cli.new import plugin_files
from zoo_core.errors import ZooError
from zoo_core.testing import Suite, checks_learning
from zoo_core.testing.badge import badge_json, badge_svg
from zoo_core.testing.check import Result
from zoo_core.testing.conformance import CHECKS
from zoo_core.testing.matrix import matrix_results

ROOT = Path(__file__).resolve().parent.parent
# These start a process of their own, so only the plugins that are to fail them are asked.
SLOW = ("manifest_light", "manifest_options_light", "package_reloads")
SPARE = "self.spare = nn.Linear(2, 2)"
ONCE = """

class Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        return g.clone()
"""

# check -> kind of the plugin, file, then pairs of what stands in the sound plugin and what the bad one has in its place
BAD: dict[str, tuple[str, ...]] = {
    "manifest_found": ("critic", "entries.py", '"critic",', '"critique",'),
    "manifest_summaries": ("metric", "entries.py", "distance between", "distance " + 40 * "far " + "between"),
    "manifest_names": ("critic", "entries.py", '"acme_critic"', '"conv"'),
    "manifest_light": ("upsampler", "entries.py", "from zoo_core.hooks", "import numpy\nfrom zoo_core.hooks"),
    "manifest_options_light": ("upsampler", "options.py", "from zoo_core.options", "import torch\nfrom zoo_core.options"),
    "target_importable": ("metric", "entries.py", 'metric:acme_metric"', 'metric:acme_missing"'),
    "options_documented": ("dataset", "options.py", '"number of pictures"', '""'),
    "options_json_round_trip": ("dataset", "options.py", "seed: int = option(0,", "more: int | str = option('5', 'x')\n    seed: int = option(0,"),
    "options_typed": ("dataset", "options.py", "seed: int = option(0,", "more: tuple[str, ...] = option(('a,b',), 'x')\n    seed: int = option(0,"),
    "command_is_click": ("command", "command.py", 'click.echo(f"{item.id}: {item.entry.paper}")', 'pass\n\nacme_command = acme_command.callback'),
    "command_has_help": ("command", "command.py", '"""Print the papers', 'text = """Print the papers'),
    "command_options_have_help": ("command", "command.py", 'help="What to look for: model, critic, ..."', "help=None"),
    "metric_answers": ("metric", "metric.py", 'Score(float(np.mean(distances)), "lower")', "float(np.mean(distances))"),
    "metric_finite": ("metric", "metric.py", "float(np.mean(distances))", "float(1 - 1 / max(np.mean(distances), 1e-400))"),
    "metric_ranks": ("metric", "metric.py", '"lower"', '"higher"'),
    "metric_deterministic": ("metric", "metric.py", "float(np.mean(distances))", "float(np.mean(distances)) + np.random.default_rng().random()"),
    "dataset_arrays": ("dataset", "dataset.py", "np.arange(n) % 10 == 9", "(np.arange(n) % 10 == 9).astype(int)"),
    "dataset_deterministic": ("dataset", "dataset.py", "default_rng((self.options.seed, i))", "default_rng()"),
    "dataset_attributes": ("dataset", "dataset.py", "for name in labels})", "for name in ATTRIBUTES if name in labels})"),
    "dataset_labels_in_range": ("dataset", "dataset.py", "known[:, columns]", "known[:, columns] + 1"),
    "dataset_split": ("dataset", "dataset.py", "self.draw(i)", "self.draw(i % 25)"),
    "upsampler_doubles": ("upsampler", "upsampler.py", "scale_factor=2", "scale_factor=3"),
    "upsampler_head_shape": ("upsampler", "upsampler.py", "conv(cin, channels, 3)", "conv(cin, 3, 3)"),
    "upsampler_head_range": ("upsampler", "upsampler.py", ".tanh()", ""),
    "upsampler_independent": ("upsampler", "upsampler.py", "return x * (1", "return (x - x.mean(0, keepdim=True)) * (1"),
    "upsampler_own_weights": (
        "upsampler", "upsampler.py", "return Stage(cin, cout, latent, self.kernel)",
        "return vars(self).setdefault(f'{cin}-{cout}', Stage(cin, cout, latent, self.kernel))",
    ),
    "upsampler_trains_everything": ("upsampler", "upsampler.py", "self.scale = ", f"{SPARE}\n        self.scale = "),
    "upsampler_in_generators": ("upsampler", "upsampler.py", "x = self.conv(F", "assert x.shape[2] <= 8\n        x = self.conv(F"),
    "critic_shape": ("critic", "critic.py", "nn.Linear(numbers, out)", "nn.Linear(numbers, 1)"),
    "critic_batch_of_one": ("critic", "critic.py", "self.readout(x.flatten(1))", "self.readout(x.flatten(1)).squeeze(0)"),
    "critic_finite": ("critic", "critic.py", "x = self.features(", "x = x / x.std()\n        x = self.features("),
    "critic_vectors": ("critic", "critic.py", "numbers = features\n", "numbers = 2 * features\n"),
    "critic_trains_everything": ("critic", "critic.py", "self.guide = ", f"{SPARE}\n        self.guide = "),
    "critic_first_gradient": ("critic", "critic.py", "x = self.features(", "x = (x + x.detach()) / 2\n        x = self.features("),
    "critic_second_gradient": (
        "critic", "critic.py", "x = self.features(", "x = Once.apply(x)\n        x = self.features(",
        "from torch import Tensor, nn", "import torch\nfrom torch import Tensor, nn" + ONCE,
    ),
    "critic_input_gradient": ("critic", "critic.py", "return scores", "return scores\n\n    def input_gradient(self, x, condition):\n        return 0 * x"),
    "critic_sizes": ("critic", "critic.py", "features * size**2", "features * 16"),
    "critic_meta": ("critic", "critic.py", "x = self.features(", "assert x.max().item() < 9\n        x = self.features("),
    "critic_labels": ("critic", "critic.py", "if self.labels.size:", "if False:"),
    "critic_guide": ("critic", "critic.py", "(x, condition, self.guide)", "(x, Condition(), self.guide)"),
    "generator_shape": ("generator", "generator.py", "self.latent = latent", "self.latent = latent + 1"),
    "generator_value_range": ("generator", "generator.py", "= self.head(", "= 1.5 * self.head("),
    "generator_finite": ("generator", "generator.py", "cat([z, ", "cat([z / z.norm(dim=1, keepdim=True), "),
    "generator_batch_of_one": ("generator", "generator.py", "return image", "return image.squeeze(0)"),
    "generator_independent": ("generator", "generator.py", "nn.BatchNorm2d(width)", "nn.BatchNorm2d(width, track_running_stats=False)"),
    "generator_seeded": ("generator", "generator.py", "self.head =", "nn.init.constant_(self.seed[0].bias, np.random.rand())\n        self.head =", "import torch\n", "import numpy as np\nimport torch\n"),
    "generator_latent_matters": ("generator", "generator.py", "cat([z, ", "cat([z[:, :1].expand_as(z), "),
    "generator_trains_everything": ("generator", "generator.py", "self.guide = ", f"{SPARE}\n        self.guide = "),
    "generator_sizes": ("generator", "generator.py", "width * start**2", "width * 16", "(width, start, start)", "(width, 4, 4)"),
    "generator_channels": ("generator", "generator.py", "self.guide, space.channels, size", "self.guide, 3, size"),
    "generator_meta": ("generator", "generator.py", "w = torch", "assert z.max().item() < 99\n        w = torch"),
    "generator_labels": ("generator", "generator.py", "self.labels(condition, z)", "0 * self.labels(condition, z)"),
    "generator_guide": ("generator", "generator.py", "(x, condition, self.guide)", "(x, Condition(), self.guide)"),
    "generator_nothing_given": ("generator", "generator.py", "w = torch", "assert condition.labels is not None or not self.labels.size\n        w = torch"),
    "model_parts": ("model", "entries.py", "objective.loss", "objective.lost"),
    "model_paper": ("model", "entries.py", 'paper="', 'paper="" and "'),
    "model_trains": ("model", "entries.py", '"critic.norm"', '"objective.penalty": "r1", "objective.penalty_weight": 1e39, "critic.norm"'),
    "objective_builds": ("objective", "objective.py", "parts.generator(self.prior.size)", "parts.generator(3)"),
    "objective_terms": ("objective", "objective.py", "fake.square().mean() / 2", "fake.square()"),
    "objective_finite": ("objective", "objective.py", '"~gap": ', '"~gap": torch.nan * '),
    "objective_leaves_batch": ("objective", "objective.py", "with torch.no_grad():", "batch.images.mul_(0.9)\n        with torch.no_grad():"),
    "objective_moves_its_own": ("objective", "objective.py", "with torch.no_grad():", "with torch.no_grad():\n            for p in nets['generator'].parameters():\n                p.mul_(0.99)"),
    "objective_trains_everything": ("objective", "objective.py", '"critic": parts.critic(1)', '"critic": parts.critic(1), "spare": parts.critic(1)'),
    "objective_reproducible": ("objective", "objective.py", "fake.square()", "np.random.rand() * fake.square()", "import torch\n", "import numpy as np\nimport torch\n"),
    "objective_resumes": (
        "objective", "objective.py", "fake.square()", "self.calls * fake.square()",
        "self.options = options", "self.options = options\n        self.calls = 0",
        "with torch.no_grad()", "self.calls += 1\n        with torch.no_grad()",
    ),
    "objective_looks_at_images": ("objective", "objective.py", "(batch.images, batch", "(0 * batch.images, batch"),
    "objective_bfloat16": ("objective", "objective.py", "fake = nets", "nets['critic'](generated, batch.condition).detach().numpy()\n        fake = nets"),
    "objective_labels": ("objective", "objective.py", "with torch.no_grad()", "assert batch.condition.labels is None\n        with torch.no_grad()"),
    "package_requires_core": ("upsampler", "METADATA", "Requires-Dist: zoo-core>=0.1\n", "Requires-Dist: zoo-core\n"),
    "package_entry_points": ("upsampler", "entry_points.txt", "acme-upsampler =", "gans ="),
    "package_wheel": ("upsampler", "RECORD", "acme_upsampler/options.py", "acme_upsampler/other.py"),
    "package_reloads": (
        "generator", "generator.py", "self.head =", "self.register_buffer('noise', torch.rand(width, 1, 1), persistent=False)\n        self.head =",
        "x = self.blocks[0](self.seed(w))", "x = self.blocks[0](self.seed(w) + self.noise)",
    ),
}  # fmt: skip


def install(folder: Path, distribution: str, kind: str, file: str = "", *changes: str) -> None:
    """A plugin as `zoo new plugin` writes it, on the path as an installer would leave it, with changes in one file."""
    package = distribution.replace("-", "_")
    info = f"{package}-0.1.0.dist-info"
    files = {path: text for path, text in plugin_files(distribution, kind).items() if path.startswith(package)}
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.4\nName: {distribution}\nVersion: 0.1.0\nRequires-Dist: zoo-core>=0.1\n"
    files[f"{info}/entry_points.txt"] = f"[zoo.v1]\n{distribution} = {package}.entries\n"
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in files)
    for path, text in files.items():
        if file and path.endswith(f"/{file}"):
            for old, new in zip(changes[::2], changes[1::2], strict=True):
                assert old in text, f"{old!r} is not in {path} any more"
                text = text.replace(old, new)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def run(suite: Suite, *slow: str) -> list[Result]:
    return [suite.run(case) for case in suite.cases if case.check.name not in SLOW or case.check.name in slow]


def test_there_is_a_bad_plugin_for_every_check():
    assert list(BAD) == sorted(BAD, key=list(BAD).index) and set(BAD) == {check.name for check in CHECKS}
    assert len(CHECKS) >= 30


@pytest.mark.parametrize("check", BAD)
def test_a_bad_plugin_fails_one_check_and_only_it(check, plugins):
    kind, file, *changes = BAD[check]
    install(plugins.folder, f"acme-{kind}", kind, file, *changes)
    results = run(Suite(f"acme-{kind}"), check)
    failed = {result.check.name: result for result in results if not result.good}
    assert list(failed) == [check], "\n".join(result.explain() for result in failed.values())
    assert failed[check].seen and "\n" not in failed[check].seen
    assert {result.status for result in results} <= {"passed", "failed", "skipped"}


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
    install(plugins.folder, "acme-critic", "critic", *BAD["critic_meta"][1:])
    suite = Suite("acme-critic")
    (case,) = [case for case in suite.cases if case.check.name == "critic_meta"]
    head, contract, seen, read = suite.run(case).explain().splitlines()
    assert head == "critic_meta[acme_critic]" and contract.startswith("  contract  It can be built and called on the meta")
    assert re.fullmatch(r"  seen      raised RuntimeError: .*meta tensors.* \(critic\.py:\d+\)", seen)
    assert read.startswith("  read      zoo_core/interfaces.py, class Critic")


def test_what_stands_on_a_failed_check_is_skipped(plugins):
    install(plugins.folder, "acme-critic", "critic", *BAD["target_importable"][1:2], "critic:Acme", "critic:Missing")
    results = run(Suite("acme-critic"))
    assert {result.status for result in results if result.check.kind == "critic"} == {"skipped"}
    assert {result.seen for result in results if result.check.kind == "critic"} == {"target_importable[critic:acme_critic] failed"}


def test_an_expected_failure_is_strict_and_has_a_reason(plugins):
    install(plugins.folder, "acme-metric", "metric", *BAD["metric_ranks"][1:])
    reasons = {"metric_ranks": "it counts colours", "metric_finite[acme_metric]": "it may be infinite"}
    found = {result.check.name: result for result in run(Suite("acme-metric", xfails=reasons))}
    assert (found["metric_ranks"].status, found["metric_ranks"].seen, found["metric_ranks"].good) == ("xfailed", "it counts colours", True)
    assert found["metric_finite"].status == "xpassed" and not found["metric_finite"].good
    assert "take it out of xfails" in found["metric_finite"].seen
    with pytest.raises(ZooError, match="metric_ranks has no reason"):
        Suite("acme-metric", xfails={"metric_ranks": " "})
    with pytest.raises(ZooError, match="called metric_rank: did you mean metric_ranks"):
        Suite("acme-metric", xfails={"metric_rank": "why"})


def test_pytest_runs_the_same_checks(plugins, tmp_path):
    install(plugins.folder, "acme-metric", "metric", *BAD["metric_ranks"][1:])
    test = tmp_path / "test_metric.py"
    lines = "from zoo_core.testing import conformance\ntest_conformance = conformance('acme-metric'{})\n"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rA", "-k", "metric_", str(test)]
    import subprocess

    for given, code, words in (
        ("", 1, ["FAILED", "contract  Degraded copies", "3 passed"]),
        (", xfails={'metric_ranks': 'it counts colours'}", 0, ["XFAIL", "it counts colours", "1 xfailed"]),
        (", xfails={'metric_finite': 'no reason at all'}", 1, ["expected to fail (no reason at all)", "2 failed"]),
    ):
        test.write_text(lines.format(given))
        done = subprocess.run(command, env=plugins.environment(), cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == code, done.stdout
        assert all(word in done.stdout for word in words), done.stdout


def test_a_check_of_what_is_not_installed_fails_before_anything(plugins):
    suite = Suite("acme-absent")
    first, *others = [suite.run(case) for case in suite.cases]
    assert first.status == "failed" and "pip install acme-absent" in first.seen
    assert {result.status for result in others} == {"skipped"}


def test_the_command_prints_a_table_json_and_a_badge(plugins, tmp_path):
    install(plugins.folder, "acme-metric", "metric")
    done = plugins.zoo("check", "Acme_Metric", "--badge", str(tmp_path / "badge.svg"))
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "acme-metric 0.1.0" and "  ok    metric_ranks                   acme_metric" in lines
    assert re.fullmatch(r"13 passed, 1 skipped in [\d.]+ s", lines[-1])
    assert json.loads((tmp_path / "badge.json").read_text()) == {
        "schemaVersion": 1, "label": "zoo check", "message": "13 passed", "color": "brightgreen",
    }  # fmt: skip
    assert "<title>zoo check: 13 passed</title>" in (tmp_path / "badge.svg").read_text()


def test_the_command_fails_with_the_plugin(plugins):
    install(plugins.folder, "acme-metric", "metric", *BAD["metric_ranks"][1:])
    only = ("check", "acme-metric", "--only", "metric")
    done = plugins.zoo(*only)
    assert done.returncode == 1 and "error: 1 of 4 checks of acme-metric failed" in done.stderr
    assert re.search(r"  FAIL  metric_ranks +acme_metric\n {8}  contract  Degraded.*\n {8}  seen .*\n {8}  read ", done.stdout)
    report = json.loads(plugins.zoo(*only, "--json").stdout)
    assert not report["good"] and report["counts"] == {"passed": 3, "failed": 1}
    assert [result["check"] for result in report["results"] if result["status"] == "failed"] == ["metric_ranks"]
    assert plugins.zoo(*only, "--xfail", "metric_ranks=it counts colours").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("acme-metrik",), "no plugin acme-metrik is installed: did you mean acme-metric?"),
        (("acme-metric", "--only", "citric"), "--only citric: no check of acme-metric starts so; there are manifest, target, metric"),
        (("acme-metric", "--badge", "x.png"), "--badge x.png: the picture is an SVG; type --badge x.svg"),
        (("acme-metric", "--xfail", "metric_ranks"), "--xfail metric_ranks has no reason"),
        (("acme-metric", "--set", "count=4"), "write kind.option=value"),
        (("acme-metric", "--learn"), "--learn trains on the dataset creatures of zoo-bench, which is not installed: pip install"),
    ],
)
def test_mistakes_are_answered_in_a_line(plugins, arguments, error):
    install(plugins.folder, "acme-metric", "metric")
    done = plugins.zoo("check", *arguments, only="acme-metric")
    assert done.returncode == 2 and error in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_options_of_what_is_checked_can_be_set(plugins, tmp_path):
    install(plugins.folder, "acme-dataset", "dataset", "options.py", "option(500,", "option(15,", "min=16", "min=1")
    for settings, status in (((), "failed"), (("dataset.count=30",), "passed")):
        suite = Suite("acme-dataset", settings=settings)
        (case,) = [case for case in suite.cases if case.check.name == "dataset_arrays"]
        assert suite.run(case).status == status


def test_the_matrix_trains_every_combination_of_the_plugin(plugins, monkeypatch):
    monkeypatch.setenv("ZOO_PLUGINS", "acme-upsampler,acme-objective")
    install(plugins.folder, "acme-upsampler", "upsampler", *BAD["upsampler_in_generators"][1:3], "assert cin < 4\n        x = self.conv(F")
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
    import xml.etree.ElementTree as tree

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
    not any(item.id == "zoo-bench/creatures" for item in discover().of("dataset")), reason="zoo-bench is not installed"
)
