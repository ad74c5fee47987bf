"""The card of a model: complete, read back as it was written, private about its author, and mere text whatever the names."""

from __future__ import annotations

import dataclasses
import html
import re

import pytest
from huggingface_hub import ModelCard
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from zoo_bench.publish.card import check_card, model_card
from zoo_bench.publish.markdown import code, fence, table, words
from zoo_bench.publish.scrub import scrub, scrub_command, scrub_text
from zoo_bench.records.provenance import Provenance
from zoo_core.errors import RunFailure
from zoo_core.recipe.recipe import Recipe
from zoo_core.registry.names import one_line
from zoo_testing.small import tiny_recipe

render = MarkdownIt("gfm-like", {"linkify": False, "html": True}).render
EVIL = "<script>alert(1)</script> [x](javascript:alert(1)) ![y](http://z) `a` *b* __c__ | {{ d }} # $e$ ~~f~~ @g &amp; \\"
TEXT = st.text(max_size=60) | st.text("<>&[]()!*_`~|\\#{}$@ab1 .-+:/\n\"'", max_size=40)
CONFIG = {"parts": {"upsampler": "zoo-core/nearest"}, "requires": {"zoo-core": "0.1.0", "zoo-odd": "unknown"}}
FILES = ("model.safetensors", "config.json", "recipe.json", "report.json", "samples.png")


def recipe(**changes) -> Recipe:
    return dataclasses.replace(tiny_recipe(), **changes)


def report(**changes) -> dict:
    evaluator = {
        "id": "sprites-9x9-abcdef",
        "extractor": "sprites",
        "n_real": 9,
        "n_fake": 9,
        "n_held_out": 1,
        "split": "train",
    }
    fid = {"name": "fid", "value": 12.5, "spread": None, "floor": 3.5, "at_floor_n": None, "better": "lower"}
    kid = {"name": "kid", "value": 0.25, "spread": 0.01, "low": 0.2, "high": 0.3, "floor": None, "better": "lower"}
    scores = [{**score, "id": f"{score['name']}-{evaluator['id']}"} for score in (fid, kid)]
    training = {"state": "finished", "iterations": 2, "images": 16, "seconds": 1.5, "images_per_second": 10.0}
    training["parameters"] = {"generator": 1000, "critic": 500}
    return {"evaluator": evaluator, "scores": scores, "training": training, "dataset": {"note": "ours (CC0)"}} | changes


def card(recipe: Recipe, report: dict, files=FILES, repo="user/model", **told) -> str:
    provenance = Provenance(**{"command": "zoo bench --steps 2", "dataset_sha256": "ab" * 32, **told})
    return model_card(repo, CONFIG, recipe, provenance, report, files, 1000)


def visible(source: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", render(source))).strip()


def test_the_card_reads_back_with_scores_and_their_evaluator():
    data = ModelCard(card(recipe(), report())).data
    assert data.library_name == "zoo-core" and data.pipeline_tag == "unconditional-image-generation"
    assert {"zoo", "wgan_gp", "creatures", "16px"} <= set(data.tags)
    fid, kid = data.eval_results
    assert (fid.metric_type, fid.metric_value, fid.metric_config) == ("fid", 12.5, "fid-sprites-9x9-abcdef")
    assert kid.metric_args["spread"] == 0.01 and kid.metric_args["extractor"] == "sprites"
    assert kid.dataset_type == "zoo-creatures/creatures" and kid.dataset_args["sha256"] == "ab" * 32


def test_the_card_says_all_that_is_promised():
    text = visible(ModelCard(card(recipe(), report(), hardware={"cpu": "Fast One"}, versions={"torch": "2.14.1"})).text)
    for promised in (
        "zoo bench --steps 2", "zoo sample user/model", 'pip install "zoo-core>=0.1.0"', "Fast One", "torch 2.14.1",
        "ours (CC0)", "Intended use and limits", "FID", "fid-sprites-9x9-abcdef", "0.2 to 0.3", "ab" * 32,
        "zoo verify user/model", "seed", "1.5 s",
    ):  # fmt: skip
        assert promised in text, promised
    assert "zoo-odd" not in text  # a version that nobody knows is no reason to install anything


def test_a_guided_model_has_the_task_of_one():
    guided = tiny_recipe("cgan", guide="edges")
    text = card(guided, report())
    assert ModelCard(text).data.pipeline_tag == "image-to-image" and "--guide drawing.png" in text


def test_a_model_without_scores_or_note_says_so_and_holds_no_placeholder():
    bare = {"training": report()["training"]}
    text = card(recipe(), bare)
    assert "published without scores" in text and "states neither provenance nor licence" in text
    assert not re.search(r"\bNone\b|\bnan\b|\{\}|\[\]|\{\{|TODO|More Information", text)
    assert ModelCard(text).data.eval_results is None


def test_a_model_that_learnt_by_heart_says_so():
    data = dataclasses.replace(recipe().data, overfit=4)
    text = card(recipe(data=data), {"training": report()["training"], "overfit": {"mean_absolute_error": 0.01}})
    assert "4 images by heart" in text and "0.01" in text


def test_a_fine_tuned_model_names_its_origin():
    origin = {"ref": "user/base", "commit": "c" * 40, "sha256": "d" * 64, "networks": "all networks"}
    text = card(recipe(), report(), init_from=origin)
    assert ModelCard(text).data.base_model == "user/base" and "c" * 40 in text
    local = card(recipe(), report(), init_from=origin | {"ref": "run", "commit": ""})
    assert ModelCard(local).data.base_model is None and "d" * 12 in local


def test_hostile_names_stay_text():
    data = dataclasses.replace(recipe().data, options={"path": EVIL})
    text = card(
        recipe(data=data),
        report(dataset={"note": EVIL}),
        command=f"zoo bench '{EVIL}\n```\n<b>'",
        hardware={"cpu": EVIL},
    )
    page = render(ModelCard(text).text)
    assert "<script" not in page and "<b>" not in page and "javascript" not in re.sub(r">[^<]*<", "", page)
    assert page.count("<img") == 1 and page.count("<table>") == 3  # our own
    assert visible(ModelCard(text).text).count(" ".join(EVIL.split())) == 4  # options, note, command, hardware


@given(TEXT)
def test_words_are_shown_as_they_are(text):
    line = one_line(text)
    page = render(f"x {words(text)} x")
    assert " ".join(visible(f"x {words(text)} x").split()) == " ".join(f"x {line} x".split())
    assert re.sub(r"</?p>", "", page).count("<") == 0


@given(TEXT, TEXT)
def test_cells_stay_in_their_column(first, second):
    page = render(table(("a", "b"), [(words(first) or "-", code(second))]))
    assert page.count("<table>") == 1 and page.count("<td>") == 2 and "<script" not in page


@given(TEXT)
def test_code_is_shown_as_it_is(text):
    expected = one_line(text).replace("|", "¦")
    assert re.fullmatch(r"<p><code>.*</code></p>\n", render(code(text)), re.DOTALL)
    assert visible(code(text)) == expected.strip()
    block = render(fence("sh", text))
    assert block.startswith('<pre><code class="language-sh">') and block.count("<") == 4


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text.replace("value: 12.5", "value: 11.5"), "does not hold the scores"),
        (lambda text: text.replace("---\n", "", 1), "does not hold the scores"),
        (lambda text: text.replace("tags:", "tags: ["), "cannot be read"),
        (lambda text: text + "\n{{ license }}", "placeholder"),
        (lambda text: text + "\n[More Information Needed]", "placeholder"),
    ],
)
def test_a_card_that_is_not_right_is_refused(damage, message):
    good = card(recipe(), report())
    check_card(good, report())
    with pytest.raises(RunFailure, match=message):
        check_card(damage(good), report())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("zoo bench --dataset 'folder:/home/al ice/my pics'", "zoo bench --dataset 'folder:my pics'"),
        ("zoo bench --out=/srv/x/run --set dataset.path=~/a/b", "zoo bench --out=run --set dataset.path=b"),
        (r"zoo bench --dataset 'folder:C:\Users\bob\pics'", "zoo bench --dataset folder:pics"),
        ("zoo bench --recipe runs/a.toml --publish user/x", "zoo bench --recipe runs/a.toml --publish user/x"),
        ("zoo bench --out ../../home/bob/run 'unclosed", "zoo bench --out ../../home/bob/run 'unclosed"),
        ("zoo bench --out ../../bob/run", "zoo bench --out run"),
        ("HF_TOKEN=hf_abcdefghijkl zoo", "HF_TOKEN=hf_... zoo"),
    ],
)
def test_commands_keep_the_last_part_of_a_path(before, after):
    assert scrub_command(before) == after


def test_texts_keep_urls_and_relative_paths():
    kept = "see https://huggingface.co/user/model and docs/scores.md, and/or 3/4"
    assert scrub_text(kept) == kept
    assert scrub_text("cannot open /home/bob/pics/a.png: no") == "cannot open a.png: no"


NAME = st.text("abcxyz019_-", min_size=1, max_size=8)


@given(st.lists(NAME, min_size=2, max_size=5), NAME)
def test_no_folder_of_a_path_is_left(parts, word):
    secret = "/" + "/".join(f"SECRET{part}" for part in parts[:-1]) + f"/{parts[-1]}"
    value = {
        "command": f"zoo bench --dataset folder:{secret} --out={secret}",
        "dataset": {"options": {"path": secret}},
        "warnings": [f"{word}: {secret} cannot be read", f"({secret})", [secret]],
        "init_from": {"ref": secret, "commit": ""},
        "space": {"labels": {"type": ["/a/b"]}},
    }
    cleaned = scrub(value)
    assert "SECRET" not in str(cleaned) and parts[-1] in cleaned["command"]
    assert cleaned["space"] == value["space"] and cleaned.keys() == value.keys()
