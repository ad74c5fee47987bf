"""Two judges in one report: their scores stand apart, and what they disagree on is said."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from zoo_bench.commands.compare import compare
from zoo_bench.evaluation import second
from zoo_bench.evaluation.evaluate import METRICS, evaluate, with_second
from zoo_bench.evaluation.extractor import Extractor
from zoo_bench.evaluation.extractors import open_extractor
from zoo_bench.evaluation.table import lines
from zoo_bench.evaluation.void import trained_on, void
from zoo_bench.records.ranking import agreement, rankings
from zoo_bench.records.rows import gather
from zoo_bench.records.run import read
from zoo_bench.records.scores import Score, scores_of, shown
from zoo_bench.report.board import html
from zoo_bench.report.page import render
from zoo_core.hooks import Entry
from zoo_core.images import Images
from zoo_core.registry.problems import Refused, check_entry
from zoo_core.space import Space


def flat(n, seed):
    """Images of one colour each."""
    pixels = np.random.default_rng(seed).integers(0, 256, (n, 1, 1, 3)).repeat(16, 1).repeat(16, 2).astype(np.uint8)
    return Images(Space(16, 3), pixels, np.zeros((n, 0), np.int64), np.arange(n) % 5 == 0, tuple(map(str, range(n))))


def judged(real, fakes, judge, metrics):
    return with_second(evaluate(real, fakes, metrics=metrics), judge, real, fakes).to_json()


def means(name):
    """A judge that sees the mean colour."""

    def network(images):
        features = images.float().mean((2, 3)) / 100
        return features, features[:, :0]

    return Extractor(name, f"weights of {name}", "means", "none", network, 8)


def test_the_second_judge_has_its_own_identity_and_few_scores(monkeypatch):
    monkeypatch.setattr(second, "MOST", 20)
    report = judged(flat(60, 0), flat(30, 1).pixels, means("means"), {"kid": METRICS["kid"]})
    assert [score["name"] for score in report["scores"]] == ["kid"]
    own = report["second"]
    assert own["evaluator"]["extractor"] == "means" and own["evaluator"]["n_real"] == own["evaluator"]["n_fake"] == 20
    assert {"kid", "kid_p", "precision", "coverage", "diversity"} <= {score["name"] for score in own["scores"]}
    assert all(score["id"] == f"{score['name']}-{own['evaluator']['id']}" for score in own["scores"])
    kid = next(score for score in own["scores"] if score["name"] == "kid")
    assert kid["floor"] is not None and kid["low"] < kid["value"] < kid["high"]
    shown_lines = "\n".join(lines(report))
    assert report["evaluator"]["id"] in shown_lines and own["evaluator"]["id"] in shown_lines


def test_the_second_judge_changes_nothing_of_the_first():
    alone = evaluate(flat(40, 0), flat(20, 1).pixels, metrics={"kid": METRICS["kid"]}).to_json()
    both = judged(flat(40, 0), flat(20, 1).pixels, means("means"), {"kid": METRICS["kid"]})
    assert "second" not in alone and alone["scores"] == both["scores"] and alone["evaluator"] == both["evaluator"]
    assert "second" not in judged(flat(40, 0), flat(20, 1).pixels, open_extractor("sprites"), {})


def test_a_second_judge_that_cannot_be_had_is_one_line():
    stand_in = replace(means("sprites"), instead_of="x", warnings=("x is not available, used sprites (why)",))
    report = judged(flat(40, 0), flat(20, 1).pixels, stand_in, {})
    assert "second" not in report and "no second judge: x is not available (why)" in report["warnings"]


def run_of(path, kids, weights="new"):
    """A report with a KID by each judge."""
    path.mkdir()
    evaluators = {judge: {"id": f"{judge}-9x9-aaaaaa", "extractor": judge, "weights_sha256": weights} for judge in kids}
    scores = {
        judge: [{"name": "kid", "value": value, "better": "lower", "id": f"kid-{judge}-9x9-aaaaaa"}]
        for judge, value in kids.items()
    }
    first, *others = kids
    report = {"format": 1, "reference": path.name, "evaluator": evaluators[first], "scores": scores[first], "warnings": []}
    if others:
        report["second"] = {"evaluator": evaluators[others[0]], "scores": scores[others[0]]}
    (path / "report.json").write_text(json.dumps(report))
    return path


def test_judges_never_share_a_column_and_a_sentence_says_where_they_differ(tmp_path):
    runs = [
        run_of(tmp_path / "one", {"sprites": 0.1, "squeezenet": 2.0}),
        run_of(tmp_path / "two", {"sprites": 0.2, "squeezenet": 1.0}),
    ]
    result = CliRunner().invoke(compare, [str(path) for path in runs], catch_exceptions=False)
    assert result.output.count("measured with") == 2
    sentence = "sprites and squeezenet disagree by KID on the order of 1 of 1 pairs"
    assert f"{sentence}: sprites puts A before B, squeezenet B before A." in result.output
    found = json.loads(CliRunner().invoke(compare, [*map(str, runs), "--json"]).output)
    assert [each["id"] for each in found["evaluators"]] == ["sprites-9x9-aaaaaa", "squeezenet-9x9-aaaaaa"]
    assert all(len(each["scores"]) == 1 for each in found["evaluators"]) and sentence in found["agreement"][0]
    page = html(gather(runs))
    assert f"{sentence}: sprites puts one before two, squeezenet two before one." in page
    assert "Measured with <code>squeezenet-9x9-aaaaaa" in page


def test_judges_that_agree_are_said_to(tmp_path):
    scores = [Score(f"kid-{judge}-9x9-abcdef", "kid", value, "lower") for judge, value in (("a", 1.0), ("b", 3.0))]
    more = [Score(f"kid-{judge}-9x9-abcdef", "kid", value, "lower") for judge, value in (("a", 2.0), ("b", 4.0))]
    assert agreement(rankings([("x", scores), ("y", more)]), str) == ["a and b put these 2 in the same order by KID."]
    assert agreement(rankings([("x", scores)]), str) == []
    same = [Score(f"kid-a-9x9-{hash}", "kid", value, "lower") for hash, value in (("abcdef", 1.0), ("fedcba", 3.0))]
    assert agreement(rankings([("x", same), ("y", same)]), str) == []


def test_scores_by_a_judge_that_a_model_trained_on_are_void(tmp_path):
    report = evaluate(flat(40, 0), flat(20, 1).pixels, metrics={"kid": METRICS["kid"], "copies": METRICS["copies"]}).to_json()
    assert void(report, {"another"}) == report
    found = void(report, {"sprites"})
    by_name = {score["name"]: score for score in found["scores"]}
    assert by_name["kid"]["value"] is None and by_name["copies_pixels"]["value"] is not None
    assert "scores by sprites are void: the model was trained on its features" in found["warnings"]
    assert any(line.startswith("kid") and " void " in line for line in lines(found))
    (tmp_path / "report.json").write_text(json.dumps({**found, "reference": "x"}))
    page = render(tmp_path).read_text()
    assert "void: trained on the features of sprites" in page
    assert {score.name for score in scores_of(read(tmp_path))} == {"copies_pixels"} and len(shown(read(tmp_path))[0]) == 3


def test_what_a_model_and_its_parts_declare_is_asked():
    entries = {
        "model": Entry("model", "m", features=("sprites",)),
        "objective": Entry("objective", "o", "x:y", features=("a",)),
    }
    catalog = SimpleNamespace(find=lambda kind, id: SimpleNamespace(entry=entries[kind]))
    for part in ("objective", "adversarial"):  # the latter is an objective that another one wraps
        assert trained_on(SimpleNamespace(model="m", parts={part: "o"}), catalog) == {"sprites", "a"}
    for features in ("sprites", ["sprites"], (1,), ("",)):
        with pytest.raises(Refused, match="features of objective 'o' must be a tuple"):
            check_entry(Entry("objective", "o", "x:y", features=features))
