"""The page of a run that is unfinished, broken or hostile: honest about what is missing, mere text from files."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo_bench.records.run import read
from zoo_bench.report.page import render
from zoo_core.errors import ZooError

EVIL = '</title><script>alert("x")</script><img src=x onerror=alert(1)>&amp;\x00\u202e\'"$style{{ style }}{% set x %}{# '


def test_an_unfinished_run(run, page):
    (run / "report.json").unlink()
    (run / "samples" / "final.png").unlink()
    with open(run / "metrics.jsonl", "a") as file:
        file.write('{"iteration": 999, "ima')
    found = page(run)
    assert "not evaluated yet" in found.text and "has not been evaluated" in found.text
    assert "Generated, after 380 iterations" in found.text
    assert "380 iterations in 3 min 10 s" in found.text
    assert "999" not in found.text and "warning" not in found.text


def test_an_empty_folder(tmp_path, page):
    found = page(tmp_path)
    assert "recipe.json is missing" in found.text
    assert "There are no samples yet" in found.text and "No metrics" in found.text and "no scores" in found.text
    assert not found.all("img")


def test_no_folder_is_the_users_mistake(tmp_path):
    with pytest.raises(ZooError, match="not a run folder"):
        render(tmp_path / "nowhere")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'"text"', b"[" * 100_000])
def test_broken_files_are_named(run, content, page):
    for name in ("recipe.json", "report.json"):
        (run / name).write_bytes(content)
    found = page(run)
    assert "recipe.json cannot be read" in found.text and "report.json cannot be read" in found.text
    assert len(found.all("img")) == 10 and len(found.all("svg")) == 5


def test_broken_pictures_are_left_out(run, page):
    for name, content in (
        ("final", b"not a picture"),
        ("real", (run / "samples" / "real.png").read_bytes()[:200]),
        ("00000000", b""),
    ):
        (run / "samples" / f"{name}.png").write_bytes(content)
    found = page(run)
    assert len(found.all("img")) == 7
    assert "cannot be read" in found.text


def test_broken_lines_of_the_metrics_are_counted_and_the_last_of_an_iteration_holds(run, line):
    good = [line(0, a=1.0), line(10, a=2.0), line(10, a=3.0), line(5, a=9.0)]
    (run / "metrics.jsonl").write_text(
        "\n".join([good[0], "{torn", "[]", '{"iteration": "x"}', '{"iteration": 1e300}', *good[1:]]) + "\n"
    )
    found = read(run)
    assert [(m["iteration"], m["terms"]["a"]) for m in found.metrics] == [(0, 1.0), (5, 9.0), (10, 3.0)]
    assert found.problems == ("metrics.jsonl: 4 lines could not be read",)


def test_a_whole_last_line_without_an_end_counts(run, line):
    (run / "metrics.jsonl").write_text(line(0, a=1.0) + "\n" + line(10, a=2.0))
    assert [m["iteration"] for m in read(run).metrics] == [0, 10]


def poisoned(value):
    """The same shape with markup in every text and key that a file may choose."""
    if isinstance(value, dict):
        kept = {"kid", "recall"}
        return {key if key not in kept else EVIL: poisoned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [poisoned(item) for item in value] + [EVIL]
    return value if isinstance(value, int | float) and not isinstance(value, bool) else EVIL


def test_hostile_text_stays_text(run, recipe, report, page, line):
    clean = page(run)
    (run / "recipe.json").write_text(
        json.dumps({**poisoned(recipe), "options": {EVIL: {EVIL: EVIL}}, "provenance": {"versions": {EVIL: [EVIL, "\ud800"]}}})
    )
    evil = poisoned(report)
    evil["statistics"] = {"real": {EVIL: 1.0}, "fake": {EVIL: "\udfff"}}
    (run / "report.json").write_text(json.dumps(evil))
    (run / "metrics.jsonl").write_text(line(0, **{f"{EVIL}/{EVIL}": 1.0}) + "\n" + line(9, **{EVIL: 2.0}) + "\n")
    found = page(run)
    assert len(found.all("script")) == len(found.all("title")) == len(found.all("style")) == 1
    assert len(found.all("img")) == len(clean.all("img"))
    assert not [a for _, a in found.elements if "onerror" in a]
    assert found.words["style"] == clean.words["style"] and found.words["script"] == clean.words["script"]
    assert '<script>alert("x")</script>' in found.text  # as words
    assert "{{ style }}{% set x %}{# " in found.text
    assert "\x00" not in found.text and "\u202e" not in found.text


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None, 10**400, "text", [], {}, True])
def test_values_that_are_no_numbers(run, value, report, page, change):
    scores = [{**report["scores"][0], "value": value, "spread": value, "floor": value, "better": value}]
    statistics = {"real": {"colours": value}, "fake": {"colours": value}}
    training = dict.fromkeys(report["training"], value)
    change(
        run,
        "report.json",
        scores=scores,
        statistics=statistics,
        training=training,
        warnings=value,
        skipped=value,
        dataset=value,
    )
    change(
        run, "recipe.json", space={"size": value, "channels": value, "labels": value}, parts=value, dataset=value, seed=value
    )
    (run / "metrics.jsonl").write_text(json.dumps({"iteration": 3, "terms": {"a/b": value}, "lr": value}) + "\n")
    found = page(run)
    assert "kid-sprites-737x2000-a1b2c3" in found.text
    assert "nan" not in found.text.lower().split() and "inf" not in found.text.lower().split()


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_json_breaks_the_page(tmp_path_factory, page, any_files, data):
    folder = tmp_path_factory.mktemp("run")
    for name, text in data.draw(any_files).items():
        (folder / name).write_text(text)
    assert "zoo run report" in page(folder).text
