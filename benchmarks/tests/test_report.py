"""The page of a run: complete from a complete folder, honest about a broken one, mere text from a hostile one."""

import base64
import hashlib
import io
import json
import math
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from zoo_bench.report.page import render
from zoo_bench.report.run import read
from zoo_core.errors import ZooError
from zoo_core.grid import GUTTER, grid, write_png

EVIL = '</title><script>alert("x")</script><img src=x onerror=alert(1)>&amp;\x00\u202e\'"$style'
VOID = {"meta", "link", "img", "br"}


class Page(HTMLParser):
    """What a browser would make of the page: elements with attributes and text; complains about what is not closed."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.words = [], [], {}
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, name, attributes):
        assert len(attributes) == len(dict(attributes))
        self.elements.append((name, dict(attributes)))
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name):
        assert self.open.pop() == name

    def handle_data(self, data):
        for name in set(self.open):
            self.words[name] = self.words.get(name, "") + data

    def all(self, name):
        return [attributes for element, attributes in self.elements if element == name]

    @property
    def text(self):
        return " ".join(self.words["body"].replace(self.words["script"], "").split())


def recipe():
    return {
        "format": 1,
        "model": "zoo-wgan-gp/wgan_gp",
        "parts": {
            "objective": "zoo-wgan-gp/wgan_gp",
            "generator": "zoo-core/conv",
            "critic": "zoo-core/conv",
            "upsampler": "zoo-colorpicker/colorpicker",
        },
        "options": {"objective": {"critic_steps": 5}, "upsampler": {"colors": 16}, "train": {"lr": 0.0002, "critic_lr": None}},
        "dataset": {"id": "zoo-bench/creatures", "options": {"count": 737}, "labels": [], "background": [255, 255, 255]},
        "space": {"size": 16, "channels": 3, "labels": {"element": ["fire", "water"]}, "guide": 0},
        "seed": 11,
        "budget": {"steps": 400, "images": None, "minutes": None},
        "device": "cpu",
        "command": "zoo bench --model wgan_gp --set a='x  y' --steps 400",
        "versions": {"zoo-core": "0.1.0", "torch": "2.9.9"},
        "dataset_sha256": "ab" * 32,
        "hardware": {"cpu": "Z80", "cores": 2, "threads": 2, "gpu": None, "memory_gib": 24},
    }


def report():
    return {
        "format": 1,
        "evaluator": {"id": "sprites-737x2000-a1b2c3", "extractor": "sprites", "n_real": 737, "n_fake": 2000, "seed": 5},
        "scores": [
            {
                "name": "kid",
                "value": 0.04213,
                "spread": 0.0013,
                "floor": 0.00212,
                "better": "lower",
                "id": "kid-sprites-737x2000-a1b2c3",
            },
            {
                "name": "recall",
                "value": 0.75,
                "spread": None,
                "floor": None,
                "better": "higher",
                "id": "recall-sprites-737x2000-a1b2c3",
            },
        ],
        "statistics": {"real": {"colours": 15.25}, "fake": {"colours": 61.0}},
        "warnings": ["a warning to read"],
        "seconds": {"features": 12.0},
        "dataset": {"sha256": "ab" * 32, "name": "creatures", "note": "drawn by the harness"},
        "skipped": [{"name": "broken.png", "reason": "truncated"}, {"name": "notes.txt", "reason": "not an image"}],
        "training": {
            "iterations": 400,
            "images": 128000,
            "seconds": 7384.0,
            "images_per_second": 17.3,
            "parameters": {"generator": 2418563},
            "state": "finished",
        },
    }


def line(iteration, **terms):
    record = {
        "iteration": iteration,
        "images": iteration * 320,
        "seconds": iteration * 0.5,
        "images_per_second": 640.0,
        "lr": 2e-4,
    }
    return json.dumps({**record, "terms": terms})


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run of 16 x 16 pixel images."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    (folder / "samples").mkdir(parents=True)
    (folder / "recipe.json").write_text(json.dumps(recipe()))
    (folder / "report.json").write_text(json.dumps(report()))
    lines = [
        line(i, **{"critic/wasserstein": -2.0 / (i + 1), "critic/penalty": 0.5, "generator/score": i / 7})
        for i in range(0, 400, 20)
    ]
    (folder / "metrics.jsonl").write_text("\n".join(lines) + "\n")
    pixels = np.random.default_rng(0).integers(0, 256, (25, 16, 16, 3), dtype=np.uint8)
    for name in [*(f"{i:08d}" for i in range(0, 400, 20)), "final", "real"]:
        write_png(grid(pixels), folder / "samples" / f"{name}.png")
    return folder


@pytest.fixture
def run(finished, tmp_path):
    """A copy of it to break."""
    return Path(shutil.copytree(finished, tmp_path / "run"))


def page(run):
    path = render(run)
    assert path == run / "report.html"
    return Page(path.read_text("utf-8"))


def change(run, name, **values):
    path = run / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_everything_is_on_the_page(run):
    found = page(run)
    for words in (
        "wgan_gp with colorpicker",
        "trained on creatures at 16 \N{MULTIPLICATION SIGN} 16 RGB, 400 iterations in 2 h 3 min",
        "0.0421 ± 0.0013",
        "0.00212",
        "kid-sprites-737x2000-a1b2c3",
        "recall-sprites-737x2000-a1b2c3",
        "15.2",
        "61",
        "737 real and 2,000 generated",
        "a warning to read",
        "2 files of the dataset could not be used",
        "broken.png",
        "critic_steps",
        "zoo-colorpicker/colorpicker",
        "drawn by the harness",
        "2.9.9",
        "Z80",
        "8 of 20 moments",
        "2.42 M",
        "finished",
    ):
        assert words in found.text
    arrows = [a["aria-label"] for a in found.all("span") if a.get("class") == "arrow"]
    assert arrows == ["lower is better", "higher is better"]


def test_the_command_is_copied_to_the_letter(run):
    source = render(run).read_text("utf-8")
    inside = re.search(r'<code id="command">(.*?)</code>', source, re.S).group(1)
    assert Page(f"<body><script></script>{inside}</body>").words["body"] == recipe()["command"]


def test_the_page_needs_nothing_but_itself(run):
    found = page(run)
    links = [value for _, a in found.elements for key, value in a.items() if key in ("src", "href", "srcset", "action", "data")]
    assert links and all(value.startswith(("data:", "#")) for value in links)
    assert not re.search(r"url\(|@import", found.words["style"])
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(|https?://(?!www\.w3\.org/2000/svg)", found.words["script"])
    targets = {a["id"] for _, a in found.elements if "id" in a}
    assert {a["href"][1:] for a in found.all("a")} <= targets
    assert all(label in targets for _, a in found.elements if (label := a.get("aria-labelledby")))


def test_the_policy_allows_exactly_the_style_and_script_of_the_page(run):
    found = page(run)
    [policy] = [a["content"] for a in found.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    for kind in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(found.words[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert not [a for _, a in found.elements if "style" in a or any(key.startswith("on") for key in a)]


def test_pictures_are_those_of_the_run(run):
    found = page(run)
    images = found.all("img")
    assert len(images) == 2 + 8
    assert all(a["alt"] for a in images)
    for attributes, name in zip(images[:2], ["final", "real"], strict=True):
        assert base64.b64decode(attributes["src"].partition(",")[2]) == (run / "samples" / f"{name}.png").read_bytes()
        assert int(attributes["width"]) == 88 * 6 == int(attributes["height"])  # 88 pixels, six times of which fit a column
    captions = [a["alt"] for a in images[2:]]
    assert captions[0] == "samples after 0 iterations" and captions[-1] == "samples after 380 iterations"
    with (
        Image.open(run / "samples" / "00000380.png") as whole,
        Image.open(io.BytesIO(base64.b64decode(images[-1]["src"].partition(",")[2]))) as part,
    ):
        assert (np.asarray(part) == np.asarray(whole)[: part.height, : part.width]).all()
        assert (part.width + GUTTER) % (16 + GUTTER) == 0


def test_figures_are_shown_with_captions_where_they_exist(run):
    recipe = json.loads((run / "recipe.json").read_text())
    change(run, "recipe.json", space={**recipe["space"], "labels": {"type": ["fire", "<b>"]}})
    captions = {
        "labels": "columns the values of type: fire, <b>",
        "reconstruction": "Held-out images, and below each row",
        "interpolation": "The way from one code to another",
        "nearest": "nearest training image",
    }
    assert not any(caption in page(run).text for caption in captions.values())
    for name in captions:
        write_png(np.zeros((8, 8, 3), np.uint8), run / "samples" / f"{name}.png")
    found = page(run)
    assert all(caption in found.text for caption in captions.values())
    assert len(found.all("img")) == 2 + len(captions) + 8


def test_a_score_without_an_identity_is_not_shown(run):
    scores = [
        *report()["scores"],
        {"name": "mystery", "value": 7.654321, "better": "lower"},
        {"name": "blank", "value": 8.765, "id": " "},
    ]
    change(run, "report.json", scores=scores)
    source = render(run).read_text("utf-8")
    assert "7.65" not in source and "8.76" not in source
    assert "does not say what they were measured with: mystery, blank" in Page(source).text


def test_statistics_without_an_identity_are_not_shown(run):
    change(run, "report.json", evaluator={})
    found = page(run)
    assert "15.2" not in found.text and "does not say what they were measured on" in found.text


def test_the_score_at_the_number_of_the_floor_is_shown_where_there_is_one(run):
    assert "At the floor's n" not in page(run).text
    change(run, "report.json", scores=[{**report()["scores"][0], "at_floor_n": 0.0555}])
    found = page(run)
    assert "At the floor's n" in found.text and "0.0555" in found.text


def test_an_unfinished_run(run):
    (run / "report.json").unlink()
    (run / "samples" / "final.png").unlink()
    with open(run / "metrics.jsonl", "a") as file:
        file.write('{"iteration": 999, "ima')
    found = page(run)
    assert "not evaluated yet" in found.text and "has not been evaluated" in found.text
    assert "Generated, after 380 iterations" in found.text
    assert "380 iterations in 3 min 10 s" in found.text
    assert "999" not in found.text and "warning" not in found.text


def test_a_run_that_was_trained_but_not_scored(run):
    (run / "report.json").write_text(json.dumps({"format": 1, "skipped": [], "training": report()["training"]}))
    found = page(run)
    assert "has not been evaluated" in found.text and "finished" in found.text


def test_an_empty_folder(tmp_path):
    found = page(tmp_path)
    assert "recipe.json is missing" in found.text
    assert "There are no samples yet" in found.text and "No metrics" in found.text and "no scores" in found.text
    assert not found.all("img")


def test_no_folder_is_the_users_mistake(tmp_path):
    with pytest.raises(ZooError, match="not a run folder"):
        render(tmp_path / "nowhere")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'"text"', b"[" * 100_000])
def test_broken_files_are_named(run, content):
    for name in ("recipe.json", "report.json"):
        (run / name).write_bytes(content)
    found = page(run)
    assert "recipe.json cannot be read" in found.text and "report.json cannot be read" in found.text
    assert len(found.all("img")) == 10 and len(found.all("svg")) == 5


def test_broken_pictures_are_left_out(run):
    for name, content in (
        ("final", b"not a picture"),
        ("real", (run / "samples" / "real.png").read_bytes()[:200]),
        ("00000000", b""),
    ):
        (run / "samples" / f"{name}.png").write_bytes(content)
    found = page(run)
    assert len(found.all("img")) == 7
    assert "cannot be read" in found.text


def test_broken_lines_of_the_metrics_are_counted_and_the_last_of_an_iteration_holds(run):
    good = [line(0, a=1.0), line(10, a=2.0), line(10, a=3.0), line(5, a=9.0)]
    (run / "metrics.jsonl").write_text(
        "\n".join([good[0], "{torn", "[]", '{"iteration": "x"}', '{"iteration": 1e300}', *good[1:]]) + "\n"
    )
    found = read(run)
    assert [(m["iteration"], m["terms"]["a"]) for m in found.metrics] == [(0, 1.0), (5, 9.0), (10, 3.0)]
    assert found.problems == ("metrics.jsonl: 4 lines could not be read",)


def test_a_whole_last_line_without_an_end_counts(run):
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


def test_hostile_text_stays_text(run):
    clean = page(run)
    (run / "recipe.json").write_text(
        json.dumps({**poisoned(recipe()), "options": {EVIL: {EVIL: EVIL}}, "versions": {EVIL: [EVIL, "\ud800"]}})
    )
    evil = poisoned(report())
    evil["statistics"] = {"real": {EVIL: 1.0}, "fake": {EVIL: "\udfff"}}
    (run / "report.json").write_text(json.dumps(evil))
    (run / "metrics.jsonl").write_text(line(0, **{f"{EVIL}/{EVIL}": 1.0}) + "\n" + line(9, **{EVIL: 2.0}) + "\n")
    found = page(run)
    assert len(found.all("script")) == len(found.all("title")) == len(found.all("style")) == 1
    assert len(found.all("img")) == len(clean.all("img"))
    assert not [a for _, a in found.elements if "onerror" in a]
    assert found.words["style"] == clean.words["style"] and found.words["script"] == clean.words["script"]
    assert '<script>alert("x")</script>' in found.text  # as words
    assert "\x00" not in found.text and "\u202e" not in found.text


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None, 10**400, "text", [], {}, True])
def test_values_that_are_no_numbers(run, value):
    scores = [{**report()["scores"][0], "value": value, "spread": value, "floor": value, "better": value}]
    statistics = {"real": {"colours": value}, "fake": {"colours": value}}
    training = dict.fromkeys(report()["training"], value)
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


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def shaped(example):
    """Anything at all in the places where a page looks."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(example, plain)) | st.fixed_dictionaries(
        {key: shaped(value) if isinstance(value, dict) and value else plain for key, value in example.items()}
    )


@settings(max_examples=40, deadline=None)
@given(
    shaped(recipe()),
    shaped(report()),
    st.lists(plain | st.fixed_dictionaries({"iteration": st.integers(), "terms": plain}), max_size=3),
)
def test_no_json_breaks_the_page(tmp_path_factory, first, second, lines):
    folder = tmp_path_factory.mktemp("run")
    (folder / "recipe.json").write_text(json.dumps(first))
    (folder / "report.json").write_text(json.dumps(second))
    (folder / "metrics.jsonl").write_text("".join(json.dumps(item) + "\n" for item in lines))
    assert "zoo run report" in page(folder).text


def test_curves_are_grouped_by_phase(run):
    source = render(run).read_text("utf-8")
    order = [
        source.index(words)
        for words in (">critic<", ">wasserstein<", ">penalty<", ">generator<", ">score<", ">pace<", ">learning rate<")
    ]
    assert order == sorted(order)
    assert len(Page(source).all("svg")) == 5 + 1  # three terms, speed and learning rate; the bars of one statistic
