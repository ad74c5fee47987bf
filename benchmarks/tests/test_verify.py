"""`zoo verify`: true cards hold, changed ones do not, and what cannot be measured here is said plainly."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import pytest
from huggingface_hub import constants
from hypothesis import given
from hypothesis import strategies as st

from zoo_bench.publish.verify import compare
from zoo_core.cli import main

pytest_plugins = ["zoo_testing.fake_hub.fixture"]


@pytest.fixture
def folder(scored_run, tmp_path) -> Path:
    """What is published of the run."""
    assert main(["publish", str(scored_run), "user/model", "--dry-run", str(tmp_path / "look")]) == 0
    return tmp_path / "look"


def verify(capsys, *arguments: object) -> tuple[int, list[str], str]:
    """Exit code, lines of the table, last line of standard error."""
    capsys.readouterr()
    code = main(["verify", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out.splitlines(), (said.err.splitlines() or [""])[-1]


def test_a_repository_keeps_what_it_says(folder, fake_hub, capsys, monkeypatch):
    fake_hub.add("user/model", {path.name: path for path in folder.iterdir()}, tag="v1")
    code, lines, _ = verify(capsys, "user/model@v1")
    assert code == 0 and lines[-1].startswith("user/model@v1 keeps what it says")
    rows = {line.split()[0]: line.split() for line in lines[1:-1]}
    scores = {score["name"]: score["value"] for score in json.loads((folder / "report.json").read_text())["scores"]}
    assert rows.keys() == scores.keys() and "fid" in rows
    assert all(row[1] == row[2] and "differs" not in row for row in rows.values())  # the same machine: the same digits
    asked = " ".join(request.path for request in fake_hub.requests)
    assert "report.json" in asked and "samples.png" not in asked  # nothing but what it needs
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    before = len(fake_hub.requests)
    assert verify(capsys, "user/model@v1")[:2] == (0, lines) and len(fake_hub.requests) == before


def test_a_polished_report_or_card_is_found(folder, capsys):
    report = json.loads((folder / "report.json").read_text())
    fid = next(score for score in report["scores"] if score["name"] == "fid")
    stated, fid["value"] = fid["value"], fid["value"] / 2
    fid["low"], fid["high"] = -1e9, 1e9  # the interval that is published is part of the claim
    (folder / "report.json").write_text(json.dumps(report))
    card = (folder / "README.md").read_text()
    assert card.count(f"value: {stated}") == 1
    code, lines, said = verify(capsys, folder)
    assert code == 1 and said.endswith("does not keep what it says: fid")  # the card tells the truth
    (folder / "README.md").write_text(card.replace(f"value: {stated}", f"value: {stated / 4}"))
    code, lines, said = verify(capsys, folder)
    assert code == 1 and said.endswith("does not keep what it says: fid, fid of the card")
    assert [line.split()[0] for line in lines if line.endswith("differs")] == ["fid", "fid"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda report, recipe: report.pop("scores"), "published without scores"),
        (lambda report, recipe: report.pop("evaluator"), "measured with"),
        (lambda report, recipe: recipe["provenance"].update(dataset_sha256="0" * 64), "not those that"),
        (lambda report, recipe: recipe["dataset"].update(options=[]), "does not say which images"),
        (lambda report, recipe: recipe["dataset"].update(id=7), "does not say which images"),
        (lambda report, recipe: recipe["dataset"].update(labels=[["type"]]), "does not say which images"),
        (lambda report, recipe: recipe["dataset"].update(background=[0, 0, 999]), "does not say which images"),
        (lambda report, recipe: recipe["dataset"].update(overfit="all"), "does not say which images"),
        (lambda report, recipe: recipe["dataset"].update(id="zoo-absent/set"), "zoo-absent"),
        (lambda report, recipe: recipe.update(format=99), "recipe format 99"),
        (lambda report, recipe: recipe.update(parts=["x"]), "does not say what the model was trained with"),
        (lambda report, recipe: recipe["parts"].update(critic=7), "does not say what the model was trained with"),
        (lambda report, recipe: recipe["options"].pop("critic"), "does not say what the model was trained with"),
        (lambda report, recipe: recipe["space"].update(size=100_000), "of other images"),
        (lambda report, recipe: report.update(scores={"fid": 1}), "no numbers"),
        (lambda report, recipe: report["scores"][0].update(value="1"), "no numbers"),
        (lambda report, recipe: report["scores"][0].update(value=float("nan")), "no numbers"),
        (lambda report, recipe: report["evaluator"].update(n_fake=10**12), "can be measured again"),
        (lambda report, recipe: report["evaluator"].update(n_fake="9"), "measured with"),
        (lambda report, recipe: report["evaluator"].update(extractor="timm/hf-hub:user/evil"), "on your word alone"),
        (lambda report, recipe: report["evaluator"].update(extractor="timm/vit_giant_patch14_dinov2"), "type --extractor"),
        (lambda report, recipe: report["evaluator"].update(weights_sha256="0" * 64), "weights_sha256"),
    ],
)
def test_what_cannot_be_measured_is_said(folder, capsys, monkeypatch, change, message):
    report, recipe = (json.loads((folder / name).read_text()) for name in ("report.json", "recipe.json"))
    change(report, recipe)
    for name, value in (("report.json", report), ("recipe.json", recipe)):
        (folder / name).write_text(json.dumps(value))
    code, _, said = verify(capsys, folder)
    assert code in (1, 2) and message in said and said.startswith("error: ")
    assert code == (1 if message == "weights_sha256" else 2)


@pytest.mark.parametrize("content", ["[", "[]", "[" * 100_000, "\x00"])
def test_a_damaged_report_is_one_line(folder, capsys, content):
    (folder / "report.json").write_text(content)
    code, _, said = verify(capsys, folder)
    assert code == 2 and said.startswith("error: report.json")


def test_another_dataset_is_refused(folder, capsys):
    code, _, said = verify(capsys, folder, "--dataset", "folder:pictures")
    assert code == 2 and "was scored on zoo-creatures/creatures" in said
    assert verify(capsys, folder / "absent")[0] == 2


def score(name: str, value: float, **more: float | None) -> dict:
    return {"name": name, "value": value, "spread": None, **more}


def test_a_score_holds_within_the_uncertainty_of_the_new_measurement():
    def holds(published: float, now: dict) -> bool:
        return compare([score(now["name"], published)], {}, [now], n=1000)[0].holds

    assert holds(101.9, score("fid", 100)) and not holds(102.1, score("fid", 100))  # 2 % without an uncertainty
    assert holds(0.509, score("recall", 0.5)) and not holds(0.52, score("recall", 0.5))
    assert holds(0.002, score("recall", 0.0)) and not holds(0.003, score("recall", 0.0))  # two samples of a thousand
    assert holds(1.4, score("kid", 1, spread=0.5)) and not holds(1.6, score("kid", 1, spread=0.5))
    wide = score("kid", 1, low=0.5, high=3)
    assert holds(2.9, wide) and holds(0.6, wide) and not holds(3.1, wide) and not holds(0.4, wide)
    assert holds(1.01, score("kid", 1, low=1, high=1))  # never narrower than what another processor does


def test_what_is_missing_does_not_hold():
    (check,) = compare([score("fid", 1)], {}, [], n=10)
    assert check.measured is None and not check.holds


def test_claims_of_the_card_that_the_report_does_not_make():
    checks = compare([score("fid", 100)], {"fid": 100.0, "is": 3, "kid": "best"}, [score("fid", 100), score("is", 9)], n=100)
    assert [(check.name, check.holds) for check in checks] == [
        ("fid", True),
        ("is of the card", False),
        ("kid of the card", False),
    ]


NUMBER = st.floats(-1e6, 1e6)


@given(NUMBER, NUMBER, st.none() | st.floats(0, 100), st.integers(2, 10**6))
def test_the_same_number_always_holds_and_the_bounds_hold_it(published, now, spread, n):
    (check,) = compare([score("x", published, low=-1e9, high=1e9)], {"x": published}, [score("x", now, spread=spread)], n)
    assert check.low <= now <= check.high and math.isfinite(check.high - check.low)
    assert dataclasses.replace(check, published=now).holds
    assert check.holds == (check.low <= published <= check.high)
