"""Publishing on the Hub: one commit, the same bytes as a dry run, checked before and after, and never at the run's expense."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from zoo_bench.publish import upload
from zoo_bench.publish.folder import check_private, check_samples
from zoo_bench.publish.options import Terms
from zoo_core.cli import main
from zoo_core.errors import RunFailure, ZooError
from zoo_core.model.bundle import load_bundle
from zoo_core.pictures.grid import write_png
from zoo_core.recipe.recipe import Recipe
from zoo_core.registry.catalog import discover

from .conftest import SMALL

pytest_plugins = ["zoo_testing.fake_hub.fixture"]
FILES = {"README.md", "config.json", "model.safetensors", "recipe.json", "report.json", "samples.png", "nearest.png"}
V1 = Terms(tag="v1")
COMMIT = "POST .*/commit/"


@pytest.fixture
def hub(fake_hub, monkeypatch):
    """The fake Hub, with a token that may write, and a client that does not wait between its tries."""
    monkeypatch.setenv("HF_TOKEN", fake_hub.token)
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)
    return fake_hub


def written(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_is_published_is_what_a_dry_run_shows(scored_run, hub, zoo, tmp_path):
    assert zoo("publish", scored_run, "user/model", "--dry-run", tmp_path / "look")[0] == 0
    assert not hub.requests  # a dry run asks nobody
    code, said = zoo("publish", scored_run, "user/model", "--tag", "v1")
    assert code == 0 and said == "draw with it: zoo sample user/model@v1"
    published = hub.files("user/model")
    published.pop(".gitattributes", None)
    assert published == written(tmp_path / "look") and published.keys() == FILES
    repository = hub.repositories["user/model"]
    assert repository.tags["v1"] == repository.branches["main"] and not repository.private
    assert len(hub.asked(COMMIT)) == 1
    assert published["model.safetensors"] == (scored_run / "model/model.safetensors").read_bytes()


def test_a_stranger_draws_the_published_pictures(scored_run, hub, zoo, tmp_path, monkeypatch):
    assert zoo("publish", scored_run, "user/model")[0] == 0
    monkeypatch.delenv("HF_TOKEN")
    home = tmp_path / "stranger"
    subprocess.run(
        [sys.executable, "-m", "zoo_core", "sample", "user/model", "-n", "64", "-o", "grid.png"],
        cwd=tmp_path,
        env={**os.environ, **hub.environment(home)},
        check=True,
        capture_output=True,
    )
    (tmp_path / "samples.png").write_bytes(hub.files("user/model")["samples.png"])
    drawn, published = (np.asarray(Image.open(tmp_path / name)) for name in ("grid.png", "samples.png"))
    assert np.array_equal(drawn, published)


def test_nothing_private_is_published(scored_run, hub, zoo, tmp_path):
    assert zoo("publish", scored_run, "user/model", "--dry-run", tmp_path / "look")[0] == 0
    recipe = json.loads((tmp_path / "look/recipe.json").read_text())
    assert recipe["provenance"]["command"].endswith("--out run") and str(scored_run) in (scored_run / "recipe.json").read_text()
    Recipe.from_json(recipe)
    report = json.loads((tmp_path / "look/report.json").read_text())
    assert "skipped" not in report and "closest" not in report and report["scores"]
    for content in written(tmp_path / "look").values():
        assert str(scored_run).encode() not in content and hub.token.encode() not in content
    (tmp_path / "look/report.json").write_text(json.dumps({"note": str(scored_run)}))
    with pytest.raises(RunFailure, match=r"report\.json would publish"):
        check_private(tmp_path / "look", scored_run)


def test_the_token_is_nowhere(scored_run, hub, zoo, tmp_path, monkeypatch, capsys):
    secret = "hf_verysecrettoken"
    hub.tokens[secret] = "user"
    monkeypatch.setenv("HF_TOKEN", secret)
    hub.fail(COMMIT, 500)
    for _ in range(2):
        main(["--debug", "publish", str(scored_run), "user/model"])
    said = capsys.readouterr()
    assert "published user/model" in said.err
    assert secret not in said.out + said.err
    holding = [path for root in (tmp_path, scored_run) for path in root.rglob("*") if path.is_file()]
    assert holding and not [path for path in holding if secret.encode() in path.read_bytes()]
    assert all(secret not in request.body.decode(errors="replace") for request in hub.requests)


def test_private_stays_private(scored_run, hub, zoo):
    assert zoo("publish", scored_run, "user/hidden", "--private")[0] == 0
    assert hub.repositories["user/hidden"].private
    assert zoo("publish", scored_run, "user/hidden")[0] == 0 and hub.repositories["user/hidden"].private
    hub.add("user/open", {"x.txt": "x"})
    code, said = zoo("publish", scored_run, "user/open", "--private")
    assert code == 2 and "already and public" in said and hub.files("user/open") == {"x.txt": b"x"}


def test_a_second_publication_replaces_the_first_and_leaves_other_files(scored_run, hub, zoo):
    assert zoo("publish", scored_run, "user/model", "--with-training")[0] == 0
    assert "training.safetensors" in hub.files("user/model")
    hub.add("user/model", {**hub.files("user/model"), "notes.txt": "mine"})
    assert zoo("publish", scored_run, "user/model")[0] == 0
    assert hub.files("user/model").keys() - {".gitattributes"} == FILES | {"notes.txt"}
    before = hub.repositories["user/model"].branches["main"]
    assert zoo("publish", scored_run, "user/model", "--tag", "v2")[0] == 0  # nothing new: no commit, but the tag
    assert hub.repositories["user/model"].branches["main"] == before == hub.repositories["user/model"].tags["v2"]
    code, said = zoo("publish", scored_run, "user/model", "--tag", "v2")
    assert code == 2 and "has a tag v2 already" in said


@pytest.fixture(scope="module")
def look(scored_run, tmp_path_factory) -> Path:
    """What is published of the run."""
    folder = tmp_path_factory.mktemp("look") / "model"
    assert main(["publish", str(scored_run), "user/model", "--dry-run", str(folder)]) == 0
    return folder


def try_again(hub, look: Path) -> None:
    """Nothing is wrong any more: the next try completes what was begun."""
    hub.faults.clear()
    upload.check_target("user/model", V1)
    commit = upload.upload(look, "user/model", lambda downloaded: None, V1)
    assert hub.repositories["user/model"].tags["v1"] == commit == hub.repositories["user/model"].branches["main"]
    assert hub.files("user/model").items() >= written(look).items()


@pytest.mark.parametrize(
    ("match", "status", "kind", "message"),
    [
        ("GET /api/whoami", 401, ZooError, "does not know your token"),
        (COMMIT, 401, ZooError, "hf auth login"),
        (COMMIT, 403, ZooError, "may not write to user/model"),
        (COMMIT, 400, RunFailure, "refuses what is published"),
        (COMMIT, 412, RunFailure, "changed by somebody else"),
        (COMMIT, 429, RunFailure, "429"),
        (COMMIT, 500, RunFailure, "500"),
        ("POST /api/repos/create", 503, RunFailure, "503"),
        ("POST .*/preupload/", 500, RunFailure, "500"),
        ("GET .*/resolve/", 500, RunFailure, "500|answer"),
        ("POST .*/tag/", 500, RunFailure, "500"),
    ],
)
def test_a_refusal_is_one_line_and_the_next_try_completes_it(look, hub, match, status, kind, message):
    hub.add("user/model", {"old.txt": "old"})
    hub.fail(match, status, times=-1)
    with pytest.raises(kind, match=message) as caught:
        upload.check_target("user/model", V1)
        upload.upload(look, "user/model", lambda downloaded: None, V1)
    assert "\n" not in str(caught.value)
    if "tag" not in match and "resolve" not in match:
        assert hub.files("user/model") == {"old.txt": b"old"}
    try_again(hub, look)


@pytest.mark.parametrize(
    ("match", "after", "part_size"),
    [
        *[(match, after, None) for match, after in (("PUT /storage", -1), ("/storage", 3), (COMMIT, -1), (COMMIT, 5))],
        *[(match, -1, 10_000) for match in ("PUT /storage/.*/2", "POST /api/complete_multipart")],
        *[(match, -1, None) for match in ("GET /api/models", "POST .*/preupload", "GET .*/resolve")],
    ],
)
def test_a_broken_connection_leaves_the_old_or_the_whole(look, hub, match, after, part_size):
    hub.state.part_size = part_size
    hub.add("user/model", {"old.txt": "old"})
    hub.cut(match, after, times=-1)
    with pytest.raises(RunFailure, match=r"^the Hub"):
        upload.upload(look, "user/model", lambda downloaded: None, Terms())
    there = hub.files("user/model")
    assert there == {"old.txt": b"old"} or there.items() >= written(look).items()
    try_again(hub, look)


def test_a_failure_says_what_to_type_and_that_nothing_is_lost(scored_run, hub, zoo):
    hub.fail(COMMIT, 500, times=-1)
    code, said = zoo("publish", scored_run, "user/model", "--private", "--tag", "v1", "--with-training")
    again = f"zoo publish {scored_run} user/model --private --tag v1 --with-training"
    assert code == 1 and said.startswith("error: the Hub answered 500") and said.endswith(again)


def test_what_comes_back_different_is_an_error(scored_run, hub, zoo, monkeypatch):
    download = upload.snapshot_download

    def damaged(*arguments, **options):
        folder = download(*arguments, **options)
        path = Path(folder) / "report.json"
        content = path.read_bytes()
        path.unlink()  # in the cache it is a link
        path.write_bytes(content + b" ")
        return folder

    monkeypatch.setattr(upload, "snapshot_download", damaged)
    code, said = zoo("publish", scored_run, "user/model", "--tag", "v1")
    assert code == 1 and "report.json came back as something else" in said
    assert not hub.repositories["user/model"].tags


def test_other_pictures_are_an_error(scored_run, tmp_path):
    bundle = load_bundle(scored_run, discover())
    picture = np.asarray(Image.open(scored_run / "samples/final.png")).copy()
    write_png(picture, tmp_path / "same.png")
    check_samples(bundle, None, tmp_path / "same.png")
    picture[0, 0, 0] ^= 255
    write_png(picture, tmp_path / "other.png")
    for name, wrong in (("other.png", picture), ("cropped.png", picture[:-1])):
        write_png(wrong, tmp_path / name)
        with pytest.raises(RunFailure, match="do not draw"):
            check_samples(bundle, None, tmp_path / name)


@pytest.mark.parametrize("name", ["model", "user/mo del", "user/../model", "user/m--l", "/model", "user/", "other/model"])
def test_wrong_names_are_told_before_anything_is_made(hub, name):
    with pytest.raises(ZooError, match=r"no name of a repository|type user/model"):
        upload.check_target(name, Terms())
    assert not hub.repositories and not hub.asked("POST")


def test_without_a_token_it_says_how_to_get_one(scored_run, fake_hub, zoo):
    code, said = zoo("publish", scored_run, "user/model")
    assert code == 2 and "hf auth login" in said and not fake_hub.requests


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda run: (run / "recipe.json").unlink(), "holds no run"),
        (lambda run: (run / "report.json").unlink(), "--resume"),
        (lambda run: (run / "report.json").write_text("[" * 100_000), "cannot be read"),
        (lambda run: (run / "report.json").write_text("{}"), "cannot be read"),
        (lambda run: (run / "model/config.json").unlink(), "holds no trained model"),
        (lambda run: (run / "model/model.safetensors").write_bytes(b"x"), "model.safetensors"),
    ],
)
def test_a_run_that_is_not_whole_is_not_published(run, hub, zoo, damage, message):
    damage(run)
    code, said = zoo("publish", run, "user/model")
    assert code == 2 and message in said and not hub.asked("POST .*/commit/") and not hub.repositories


def test_without_its_checkpoints_a_run_is_published_without_training(run, hub, zoo):
    for path in (run / "checkpoints").iterdir():
        path.unlink()
    code, said = zoo("publish", run, "user/model", "--with-training")
    assert code == 1 and "leave --with-training out" in said
    assert zoo("publish", run, "user/model")[0] == 0


def test_a_dry_run_overwrites_nothing(scored_run, zoo, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/a.txt").write_text("a")
    code, said = zoo("publish", scored_run, "user/model", "--dry-run", tmp_path / "mine")
    assert code == 2 and "holds files already" in said and written(tmp_path / "mine") == {"a.txt": b"a"}
    code, said = zoo("publish", scored_run, "user/model", "--dry-run", tmp_path / "mine/a.txt")
    assert code == 2 and "type the name of a folder" in said


def test_bench_publishes_what_it_trained(hub, zoo, tmp_path, capsys):
    arguments = [*SMALL, "--steps", "1", "--no-eval", "--out", str(tmp_path / "new"), "--publish", "user/new", "--json"]
    assert main(arguments) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["published"] == hub.repositories["user/new"].branches["main"]
    assert b"published without an evaluation" in hub.files("user/new")["README.md"]


def test_a_guided_model_is_published_with_samples_of_its_guides(hub, zoo, tmp_path):
    out = tmp_path / "guided"
    options = ["--model", "cgan", "--guide", "edges", "--size", "16", "--set", "dataset.count=40", "--set", "train.batch=4"]
    assert main(["bench", *options, "--steps", "1", "--no-eval", "--out", str(out), "--publish", "user/guided"]) == 0
    assert hub.files("user/guided")["samples.png"] == (out / "samples/final.png").read_bytes()
    assert b"pipeline_tag: image-to-image" in hub.files("user/guided")["README.md"]
    recipe = json.loads((out / "recipe.json").read_text())
    recipe["dataset"] |= {"id": "zoo-bench/folder", "options": {"path": "gone"}}
    (out / "recipe.json").write_text(json.dumps(recipe))
    code, said = zoo("publish", out, "user/guided")
    assert code == 2 and "gone" in said


def test_bench_asks_the_hub_before_it_trains(fake_hub, zoo, tmp_path, monkeypatch):
    arguments = [*SMALL, "--steps", "1", "--no-eval", "--out", tmp_path / "new", "--publish"]
    assert "hf auth login" in zoo(*arguments, "user/new")[1]
    monkeypatch.setenv("HF_TOKEN", "hf_unknown")
    assert zoo(*arguments, "user/new")[0] == 2
    monkeypatch.setenv("HF_TOKEN", fake_hub.token)
    assert "type user/new" in zoo(*arguments, "other/new")[1]
    assert "--publish is for one run" in zoo(*arguments, "user/new", "--seeds", "2")[1]
    assert not (tmp_path / "new").exists() and not fake_hub.repositories


def test_a_failed_upload_costs_bench_nothing(hub, zoo, tmp_path, capsys):
    hub.fail(COMMIT, 503, times=-1)
    out = tmp_path / "new"
    code = main([*SMALL, "--steps", "1", "--no-eval", "--out", str(out), "--publish", "user/new", "--json"])
    said = capsys.readouterr()
    again = f"zoo publish {out} user/new"
    assert code == 1 and again in said.err.splitlines()[-1] and json.loads(said.out)["state"] == "finished"
    hub.faults.clear()
    assert zoo(*again.split()[1:])[0] == 0
