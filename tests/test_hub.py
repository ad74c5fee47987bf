"""Models by reference: from a folder, from the Hub with a cold and a warm cache, and what is said when that fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from PIL import Image

import zoo_core as zoo
from zoo_core.cli import main
from zoo_core.errors import RunFailure, ZooError
from zoo_core.model import config as model_config
from zoo_core.model import hub
from zoo_core.model.bundle import save_bundle
from zoo_core.registry.catalog import discover
from zoo_testing.fake_hub import FakeHub
from zoo_testing.small import tiny_recipe, trained
from zoo_train.export import run_bundle

pytest_plugins = ["zoo_testing.fake_hub.fixture"]
RUN = "import sys; from zoo_core.cli import main; sys.exit(main())"


@pytest.fixture(scope="module")
def bundle():
    return run_bundle(trained(tiny_recipe(labels=("type",)), 1))


@pytest.fixture(scope="module")
def files(bundle, tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    save_bundle(bundle, folder)
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    return files | {"README.md": b"---\ntags:\n- zoo\n---\n", "samples.png": b"\0not asked for"}


def fetched(fake_hub):
    """Names of the files that were downloaded: small ones come from where they are resolved, weights from the storage."""
    small = [request.path.split("/", 5)[-1] for request in fake_hub.asked("GET .*/resolve/")]
    return small + ["model.safetensors"] * len(fake_hub.asked("GET /storage/"))


def test_one_line_from_python(fake_hub, files, bundle):
    commit = fake_hub.add("user/model", files)
    model = zoo.load("user/model")
    assert model.source == f"user/model@{commit}"
    fire = {"type": "fire"}
    assert torch.equal(model.sample(5, seed=3, labels=fire), bundle.sample(5, seed=3, labels=fire))
    assert torch.equal(model.sample(2, seed=3, labels=fire), model.sample(5, seed=3, labels=fire)[:2])
    assert fetched(fake_hub) == ["config.json", "model.safetensors"]
    cached = [path.name for path in Path(constants.HF_HUB_CACHE).rglob("*") if path.is_file() and "snapshots" in path.parts]
    assert sorted(cached) == ["config.json", "model.safetensors"]


def test_what_is_saved_is_as_good_as_a_repository(fake_hub, files, bundle, tmp_path):
    fake_hub.add("user/model", files)
    for number, model in enumerate((bundle, "user/model", zoo.load("user/model"), tmp_path / "0", str(tmp_path / "1"))):
        zoo.save(model, tmp_path / str(number))
        assert torch.equal(zoo.load(tmp_path / str(number)).sample(3), bundle.sample(3))


def test_a_warm_cache_is_asked_first(fake_hub, files, monkeypatch):
    first = fake_hub.add("user/model", files, tag="v1")
    hub.fetch("user/model")
    before = len(fake_hub.requests)
    assert hub.fetch(f"user/model@{first}").commit == first
    assert len(fake_hub.requests) == before  # a commit that is here: nobody is asked
    second = fake_hub.add("user/model", {"new.txt": "1"})
    assert hub.fetch("user/model").commit == second and hub.fetch("user/model@v1").commit == first
    assert fetched(fake_hub).count("model.safetensors") == 1  # its content was here already
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    before = len(fake_hub.requests)
    assert hub.fetch("user/model").commit == second and hub.fetch("user/model@v1").commit == first
    with pytest.raises(ZooError, match=r"user/model@v2 is not in the cache and HF_HUB_OFFLINE is set.*zoo pull user/model@v2"):
        hub.fetch("user/model@v2")
    assert len(fake_hub.requests) == before


def test_the_cache_helps_when_the_hub_does_not_answer(fake_hub, files, capsys):
    commit = fake_hub.add("user/model", files)
    fake_hub.fail("/api/models", status=503)
    with pytest.raises(RunFailure, match="there is no folder user/model, and the Hub answered 503"):
        hub.fetch("user/model")
    hub.fetch("user/model")
    for trouble in (lambda: fake_hub.fail("/api/models", status=502), lambda: fake_hub.cut("/api/models", after=-1)):
        trouble()
        assert hub.fetch("user/model").commit == commit
        warning = capsys.readouterr().err
        assert f"taking user/model@{commit} from the cache" in warning and "no folder" not in warning


def test_a_download_that_breaks_off_is_repeated_or_said(fake_hub, files):
    fake_hub.add("user/model", files)
    fake_hub.cut("GET /storage", after=1000)
    fake_hub.slow("GET /storage", 0.05)
    found = hub.fetch("user/model")
    assert (found.folder / "model.safetensors").read_bytes() == files["model.safetensors"]
    fake_hub.add("user/other", files | {"model.safetensors": files["model.safetensors"] + b" "})
    fake_hub.fail("GET /storage", status=500, times=-1)
    with pytest.raises(RunFailure, match="answered 500"):
        hub.fetch("user/other")
    fake_hub.faults.clear()
    assert hub.fetch("user/other").folder.is_dir()


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("nothing", "there is no folder nothing"),
        ("a/b/c", "there is no folder a/b/c"),
        ("user/../x", "there is no folder"),
        ("user/none", "neither a folder here nor a model on the Hub"),
        ("user/secret", "neither a folder here nor a model on the Hub"),
        ("user/model@none", "no such branch, tag or commit"),
        ("user/asked", "given only to those who ask"),
        ("user/cards", "holds no model of zoo: it has no config.json"),
        ("user/half", "it has no model.safetensors"),
        ("user/wide", "its config.json has"),
    ],
)
def test_what_cannot_be_had_is_one_line(fake_hub, files, reference, message):
    fake_hub.add("user/model", files)
    fake_hub.add("user/secret", files, private=True)
    fake_hub.add("user/asked", files, gated=True)
    fake_hub.add("user/cards", {"README.md": ""})
    fake_hub.add("user/half", {"config.json": files["config.json"]})
    fake_hub.add("user/wide", {"config.json": b" " * (model_config.MOST_CONFIG + 1), "model.safetensors": b""})
    with pytest.raises(ZooError) as caught:
        hub.fetch(reference)
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert "model.safetensors" not in fetched(fake_hub)


def test_tokens(fake_hub, files, monkeypatch, capfd):
    fake_hub.add("user/secret", files, private=True)
    monkeypatch.setenv("HF_TOKEN", fake_hub.token)
    assert main(["pull", "user/secret"]) == 0
    monkeypatch.setenv("HF_TOKEN", "hf_mistyped")
    assert main(["pull", "user/secret@none"]) == 2
    said = capfd.readouterr()
    assert "does not know your token" in said.err and "hf_" not in said.out + said.err.replace("hf auth", "")
    monkeypatch.delenv("HF_TOKEN")
    fake_hub.fail("/api/models", status=429, times=2)
    assert main(["pull", "user/model"]) == 1
    assert "asks to wait" in capfd.readouterr().err


def test_large_files_are_asked_for(fake_hub, files, monkeypatch):
    fake_hub.add("user/model", files)
    monkeypatch.setattr(hub, "LARGEST", 100)
    with pytest.raises(ZooError, match="GiB; if you trust it, type --allow-large"):
        hub.fetch("user/model")
    assert fetched(fake_hub) == []
    assert hub.fetch("user/model", allow_large=True).repo == "user/model"


def test_optional_files(fake_hub, files):
    fake_hub.add("user/model", files)
    found = hub.fetch("user/model", optional=("README.md", "report.json", "config.json"))
    assert sorted(path.name for path in found.folder.iterdir()) == ["README.md", "config.json", "model.safetensors"]


def changed(files, **changes):
    return files | {"config.json": json.dumps(json.loads(files["config.json"]) | changes).encode()}


def test_plugins_are_asked_for_before_the_weights(fake_hub, files):
    needs = {"zoo-core": "0.1.0", "zoo-colorpicker": "0.4.2"}
    fake_hub.add("user/model", changed(files, requires=needs))
    catalog = discover()
    fewer = type(catalog)(
        catalog.entries,
        catalog.problems,
        tuple(plugin for plugin in catalog.plugins if plugin.distribution != "zoo-colorpicker"),
        catalog.hooks,
    )
    with pytest.raises(ZooError, match=r'needs zoo-colorpicker, which is not installed: pip install "zoo-colorpicker>=0.4"'):
        hub.load("user/model", catalog=fewer)
    with pytest.raises(ZooError, match=r'and 0.1.0 is installed, which is too old: pip install -U "zoo-colorpicker>=0.4"'):
        hub.load("user/model")
    assert "model.safetensors" not in fetched(fake_hub)


@pytest.mark.parametrize(
    ("have", "made_with", "said"),
    [
        ("0.1.0", "0.1.9", ""),
        ("0.3.0", "0.1.0", ""),
        ("0.1.0", "0.2.0", 'too old: pip install -U "zoo-vae>=0.2"'),
        ("1.0.0", "0.9.1", 'too new: pip install "zoo-vae>=0.9,<1"'),
        ("2.1.0", "1.4.0", 'too new: pip install "zoo-vae>=1.4,<2"'),
        ("0.1.0", "unknown", ""),
        ("0.1.0", "; rm -rf /", ""),
    ],
)
def test_versions(have, made_with, said):
    problem = model_config._mismatch("zoo-vae", have, made_with)
    assert problem.endswith(said) and bool(problem) == bool(said)
    stranger = model_config._mismatch("evil-package", have, made_with)
    assert "pip install" not in stranger  # what to install does not come out of a downloaded file


def test_pull_and_cache_list(fake_hub, files, capsys):
    assert main(["cache", "list"]) == 0 and "no models" in capsys.readouterr().out
    commit = fake_hub.add("user/model", files, tag="v1")
    fake_hub.add("user/other", {"config.json": '{"model_type": "bert"}', "model.safetensors": b"1"})
    assert main(["pull", "user/model@v1"]) == 0
    assert capsys.readouterr().out.startswith(f"user/model@{commit} -> ")
    from huggingface_hub import snapshot_download

    snapshot_download("user/other")  # of another tool
    assert main(["cache", "list"]) == 0
    listed = capsys.readouterr().out
    assert listed.startswith(f"user/model@{commit}  v1  ") and "user/other" not in listed
    assert main(["cache", "list", "--json"]) == 0
    (item,) = json.loads(capsys.readouterr().out)
    assert (item["repo"], item["commit"], item["revisions"]) == ("user/model", commit, ["v1"])
    assert main(["pull", item["folder"]]) == 2


def test_the_list_is_of_the_cache_in_use_and_not_of_that_at_the_clients_import(fake_hub, files, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("huggingface_hub.utils._cache_manager.HF_HUB_CACHE", str(tmp_path / "another"))
    fake_hub.add("user/model", files)
    assert main(["pull", "user/model"]) == 0 and main(["cache", "list"]) == 0
    assert capsys.readouterr().out.splitlines()[-2].startswith("user/model@")


def test_processes_of_their_own_with_a_cold_and_a_warm_cache(files, tmp_path):
    """Once over the network, once with the Hub gone and the network forbidden: the same bytes."""
    with FakeHub() as fake:
        commit = fake.add("user/model", files)
        home = tmp_path / "home"
        environment = {**os.environ, **fake.environment(home)}
        command = [sys.executable, "-c", RUN, "sample", "user/model", "-n", "4", "--labels", "type=fire", "-o"]
        cold = subprocess.run([*command, "cold.png"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (cold.returncode, cold.stdout) == (0, f"4 images of user/model@{commit} -> cold.png\n"), cold.stderr
    environment["HF_HUB_OFFLINE"] = "1"
    warm = subprocess.run([*command, "warm.png"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert warm.returncode == 0, warm.stderr
    assert (tmp_path / "cold.png").read_bytes() == (tmp_path / "warm.png").read_bytes()
    assert Image.open(tmp_path / "warm.png").text["Source"] == f"user/model@{commit}"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cold.png", "home", "warm.png"]


def test_the_package_is_light():
    code = "import sys, zoo_core; assert not {'torch', 'numpy', 'huggingface_hub'} & set(sys.modules); zoo_core.nothing"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "AttributeError: module 'zoo_core' has no attribute 'nothing'" in done.stderr
