"""The page of a run is complete, and needs nothing but itself."""

import base64
import hashlib
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from zoo_bench.report.page import render
from zoo_core.pictures.grid import GUTTER, write_png


def test_everything_is_on_the_page(run, page):
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


def test_the_command_is_copied_to_the_letter(run, recipe, read_page):
    source = render(run).read_text("utf-8")
    inside = re.search(r'<code id="command">(.*?)</code>', source, re.S).group(1)
    assert read_page(f"<body><script></script>{inside}</body>").words["body"] == recipe["provenance"]["command"]


@pytest.fixture(params=["page", "board"])
def found(request, run):
    """The page of a run, and one of several runs."""
    return request.getfixturevalue(request.param)(run)


def test_the_page_needs_nothing_but_itself(found):
    links = [value for _, a in found.elements for key, value in a.items() if key in ("src", "href", "srcset", "action", "data")]
    assert links and all(value.startswith(("data:", "#")) for value in links)
    assert not re.search(r"url\(|@import", found.words["style"])
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(|https?://(?!www\.w3\.org/2000/svg)", found.words["script"])
    targets = {a["id"] for _, a in found.elements if "id" in a}
    assert {a["href"][1:] for a in found.all("a")} <= targets
    assert all(label in targets for _, a in found.elements if (label := a.get("aria-labelledby")))


def test_the_policy_allows_exactly_the_style_and_script_of_the_page(found):
    [policy] = [a["content"] for a in found.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    for kind in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(found.words[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert not [a for _, a in found.elements if "style" in a or any(key.startswith("on") for key in a)]


def test_pictures_are_those_of_the_run(run, page):
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


def test_figures_are_shown_with_captions_where_they_exist(run, page, change):
    recipe = json.loads((run / "recipe.json").read_text())
    change(run, "recipe.json", space={**recipe["space"], "labels": {"type": ["fire", "<b>"]}})
    captions = {
        "labels": "columns the values of type: fire, <b>",
        "reconstruction": "Held-out images, and below each row",
        "interpolation": "Pictures on the way from one latent to another",
        "nearest": "nearest training image",
    }
    assert not any(caption in page(run).text for caption in captions.values())
    for name in captions:
        write_png(np.zeros((8, 8, 3), np.uint8), run / "samples" / f"{name}.png")
    found = page(run)
    assert all(caption in found.text for caption in captions.values())
    assert len(found.all("img")) == 2 + len(captions) + 8


def test_a_score_without_an_identity_is_not_shown(run, report, change, read_page):
    scores = [
        *report["scores"],
        {"name": "mystery", "value": 7.654321, "better": "lower"},
        {"name": "blank", "value": 8.765, "id": " "},
    ]
    change(run, "report.json", scores=scores)
    source = render(run).read_text("utf-8")
    assert "7.65" not in source and "8.76" not in source
    assert "does not say what they were measured with: mystery, blank" in read_page(source).text


def test_statistics_without_an_identity_are_not_shown(run, page, change):
    change(run, "report.json", evaluator={})
    found = page(run)
    assert "15.2" not in found.text and "does not say what they were measured on" in found.text


def test_the_score_at_the_number_of_the_floor_is_shown_where_there_is_one(run, report, page, change):
    assert "At the floor's n" not in page(run).text
    change(run, "report.json", scores=[{**report["scores"][0], "at_floor_n": 0.0555}])
    found = page(run)
    assert "At the floor's n" in found.text and "0.0555" in found.text


def test_the_score_of_blurred_images_is_shown_where_there_is_one(run, report, page, change):
    assert "Blurred" not in page(run).text
    change(run, "report.json", scores=[{**report["scores"][0], "blurred": 0.0777}])
    found = page(run)
    assert "Blurred" in found.text and "0.0777" in found.text


def test_classes_have_a_table_where_there_are_some(run, report, page, change):
    cat = {"attribute": "kind", "value": "<b>", "n_real": 41, "n_fake": 1300, "kid": 0.0123, "low": 0.01, "high": 0.02}
    assert "KID of each class" not in page(run).text
    change(run, "report.json", classes=[cat, "none", {}])
    rows = [[cell.strip() for cell in row] for row in page(run).cells("scores classes")]
    assert rows[1] == ["kind: <b>", "41", "1,300", "0.0123", "0.01 to 0.02"] and len(rows) == 3
    change(run, "report.json", classes=[{**cat, "floor": -0.003}])
    assert page(run).cells("scores classes")[1][5].strip() == "\N{MINUS SIGN}0.003"
    change(run, "report.json", evaluator={})
    assert "KID of each class" not in page(run).text


def test_intervals_have_a_column_where_there_are_some(run, report, page, change):
    assert "95 % interval" not in page(run).text
    change(run, "report.json", scores=[{**report["scores"][0], "low": 0.04012, "high": 0.04415}, report["scores"][1]])
    found = page(run)
    rows = found.cells("scores")
    assert [cell.strip() for cell in rows[0][2:]] == ["Value", "95 % interval", "Floor"]
    assert [row[3].strip() for row in rows[1:]] == ["0.0401 to 0.0442", "\N{EN DASH}"]
    assert [a["data-label"] for a in found.all("td") if "data-label" in a][:3] == ["Value", "95 % interval", "Floor"]


def test_what_took_the_place_of_another_extractor_is_marked(run, report, page, change):
    assert "in place of" not in " ".join(row[1] for row in page(run).cells("scores"))
    other = {**report["scores"][1], "name": "edge_f1", "id": "edge_f1-edges"}  # not measured with features
    change(run, "report.json", scores=[report["scores"][0], other], evaluator={**report["evaluator"], "instead_of": "<b>"})
    assert ["in place of <b>" in row[1] for row in page(run).cells("scores")[1:]] == [True, False]


def test_a_run_that_was_trained_but_not_scored(run, report, page):
    (run / "report.json").write_text(json.dumps({"format": 1, "skipped": [], "training": report["training"]}))
    found = page(run)
    assert "has not been evaluated" in found.text and "finished" in found.text


def test_curves_are_grouped_by_phase(run, read_page):
    source = render(run).read_text("utf-8")
    order = [
        source.index(words)
        for words in (">critic<", ">wasserstein<", ">penalty<", ">generator<", ">score<", ">pace<", ">learning rate<")
    ]
    assert order == sorted(order)
    assert len(read_page(source).all("svg")) == 5 + 1  # three terms, speed and learning rate; the bars of one statistic
