"""A model folder: what is saved is what is sampled, and nothing hostile gets further than one line."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file, save_file

from zoo_core.errors import ZooError
from zoo_core.model.bundle import load_bundle, save_bundle
from zoo_core.model.config import CONFIG, WEIGHTS
from zoo_core.model.labels import labels_tensor, random_labels
from zoo_core.model.latent import draw_latent, sample_latents
from zoo_core.prior import PRIORS, Prior
from zoo_core.registry.catalog import discover
from zoo_testing.small import tiny_recipe, trained
from zoo_train.export import run_bundle


@pytest.fixture(scope="module")
def run():
    return trained(tiny_recipe(labels=("type", "body")), 2)


@pytest.fixture
def folder(run, tmp_path):
    save_bundle(run_bundle(run), tmp_path / "model")
    return tmp_path / "model"


def test_a_loaded_model_draws_what_the_saved_one_drew(run, folder):
    assert torch.equal(run_bundle(run).sample(5, seed=3), load_bundle(folder, discover()).sample(5, seed=3))
    assert torch.equal(load_bundle(folder.parent, discover()).sample(1), run_bundle(run).sample(1))


def test_a_new_process_draws_the_same(run, folder):
    code = (
        "import sys, hashlib; from pathlib import Path;"
        "from zoo_core.model.bundle import load_bundle; from zoo_core.registry.catalog import discover;"
        "print(hashlib.sha256(load_bundle(Path(sys.argv[1]), discover()).sample(3).numpy().tobytes()).hexdigest())"
    )
    import hashlib

    out = subprocess.run([sys.executable, "-c", code, str(folder)], check=True, capture_output=True, text=True).stdout.strip()
    assert out == hashlib.sha256(run_bundle(run).sample(3).numpy().tobytes()).hexdigest()


def test_saving_twice_gives_the_same_bytes(run, folder, tmp_path):
    save_bundle(run_bundle(run), tmp_path / "again")
    for name in (CONFIG, WEIGHTS):
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == [CONFIG, WEIGHTS]


def test_a_tool_that_sorts_keys_swaps_no_labels(run, folder):
    """Columns of labels are numbered; JSON objects have no order that a formatter would keep."""
    wanted = {"body": "blob", "type": "fire"}
    drawn = load_bundle(folder, discover()).sample(4, labels=wanted)
    config = json.loads((folder / CONFIG).read_text())
    assert list(config["space"]["labels"]) == ["type", "body"] == config["space"]["order"]
    (folder / CONFIG).write_text(json.dumps(config, sort_keys=True))
    assert torch.equal(load_bundle(folder, discover()).sample(4, labels=wanted), drawn)
    config["space"].pop("order")  # as earlier versions wrote it
    (folder / CONFIG).write_text(json.dumps(config))
    assert torch.equal(load_bundle(folder, discover()).sample(4, labels=wanted), drawn)


@pytest.mark.parametrize("order", [["type"], ["type", "type"], ["type", "size"], "ab", None, [["type"], "body"]], ids=str)
def test_an_order_that_is_none_is_refused(folder, order):
    config = json.loads((folder / CONFIG).read_text())
    config["space"]["order"] = order
    (folder / CONFIG).write_text(json.dumps(config))
    with pytest.raises(ZooError, match="is not a model's configuration"):
        load_bundle(folder, discover())


def test_sample_i_depends_on_seed_and_i_alone(run):
    bundle = run_bundle(run)
    many = bundle.sample(7, seed=1, batch=3)
    assert torch.equal(many[:2], bundle.sample(2, seed=1))
    assert torch.equal(many[4:6], bundle.sample(2, seed=1, first=4))
    assert not torch.equal(many, bundle.sample(7, seed=2))
    assert bundle.sample(0).shape == (0, 3, 16, 16)


def test_labels_by_name(run):
    space = run.recipe.space
    chosen = labels_tensor(space, {"type": "fire"}, 6, 0)
    assert set(chosen[:, 0].tolist()) == {space.labels["type"].index("fire")}
    assert torch.equal(chosen[:, 1], random_labels(space, 6, 0)[:, 1])
    first = space.labels["body"][0]
    assert set(labels_tensor(space, {"body": first}, 6, 0)[:, 1].tolist()) == {0}  # number 0 can be asked for
    for wrong, message in (({"colour": "red"}, "no label colour"), ({"type": "plastic"}, "must be one of")):
        with pytest.raises(ZooError, match=message):
            labels_tensor(space, wrong, 1, 0)


@pytest.mark.parametrize("name", PRIORS)
def test_priors_have_their_size_and_are_reproducible(name):
    for size in (1, 2, 7):
        prior = Prior(size, name)
        a, b = (draw_latent(prior, 50, torch.Generator().manual_seed(1)) for _ in range(2))
        assert a.shape == (50, size) and torch.equal(a, b) and a.isfinite().all()
        assert torch.equal(sample_latents(prior, 4, 2, 3), sample_latents(prior, 4, 0, 5)[2:])
    wide = draw_latent(Prior(200, name), 500, torch.Generator().manual_seed(0))
    if name == "uniform":
        assert wide.abs().max() <= 1 and abs(wide.var().item() - 1 / 3) < 0.01
    if name == "normal":
        assert abs(wide.var().item() - 1) < 0.02


def break_config(folder, **changes):
    config = json.loads((folder / CONFIG).read_text()) | changes
    (folder / CONFIG).write_text(json.dumps(config))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / CONFIG).unlink(), "holds no trained model"),
        (lambda f: (f / WEIGHTS).unlink(), "holds no model.safetensors"),
        (lambda f: (f / CONFIG).write_text("{"), "not a model's configuration"),
        (lambda f: (f / CONFIG).write_text("[" * 100_000), "not a model's configuration"),
        (lambda f: (f / CONFIG).write_bytes(b"\xff\xfe"), "not a model's configuration"),
        (lambda f: break_config(f, format=99), "model format 99"),
        (lambda f: break_config(f, parts={"generator": "os:system", "upsampler": "zoo-core/transposed"}), "generator"),
        (lambda f: break_config(f, parts={"generator": "zoo-absent/net", "upsampler": "zoo-core/transposed"}), "zoo-absent"),
        (lambda f: break_config(f, options={"generator": {"surprise": 1}, "upsampler": {}}), "surprise"),
        (lambda f: break_config(f, prior={"size": 7}), "does not fit"),
        (lambda f: (f / WEIGHTS).write_bytes((f / WEIGHTS).read_bytes()[:100]), "does not fit"),
        (lambda f: (f / WEIGHTS).write_bytes((10**10).to_bytes(8, "little") + b"{}"), "does not fit"),
        (lambda f: save_file({"x": torch.zeros(1)}, f / WEIGHTS), "does not fit"),
    ],
)
def test_a_broken_folder_is_one_line(folder, damage, message):
    damage(folder)
    with pytest.raises(ZooError) as caught:
        load_bundle(folder, discover())
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_weights_that_are_not_finite_are_refused(folder):
    tensors = load_file(folder / WEIGHTS)
    name = next(name for name, value in tensors.items() if value.is_floating_point())
    tensors[name].view(-1)[0] = float("nan")
    save_file(tensors, folder / WEIGHTS)
    with pytest.raises(ZooError, match="not finite"):
        load_bundle(folder, discover())
