"""The encoder beside a model: what is saved encodes as what was trained, and nothing hostile gets further than one line."""

from __future__ import annotations

import json

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from zoo_core.errors import ZooError
from zoo_core.interfaces import Condition
from zoo_core.model.bundle import load_bundle, save_bundle
from zoo_core.model.pixels import to_unit
from zoo_core.registry.catalog import discover
from zoo_testing.small import tiny_recipe, trained
from zoo_train.encoder import CONFIG, WEIGHTS, load_encoder, save_encoder
from zoo_train.export import run_bundle, run_encoder
from zoo_train.run import RecipeParts, _encoder, build

AUTOENCODERS = {"vae": "zoo_vae", "aae": "zoo_aae", "aegan": "zoo_aegan", "vae_kiss": "zoo_kiss"}
SMALL = {"aegan": ("critic.hidden=8", "critic.hidden2=6"), "vae_kiss": ("critic.hidden=8",)}


def autoencoder(model, **given):
    pytest.importorskip(AUTOENCODERS[model])
    try:
        recipe = tiny_recipe(model, SMALL.get(model, ()), **given)
    except ZooError as error:
        pytest.skip(str(error))  # its objective is another plugin's
    return trained(recipe, 2)


def saved(run, folder):
    save_bundle(run_bundle(run), folder)
    save_encoder(run_encoder(run), folder)
    return load_bundle(folder, discover())


def pixels(n=5, size=16):
    return torch.randint(0, 256, (n, 3, size, size), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("model", AUTOENCODERS)
def test_what_is_saved_encodes_as_what_was_trained(model, tmp_path):
    run = autoencoder(model, labels=("type",))
    bundle = saved(run, tmp_path / "model")
    labels = torch.tensor([[0], [3], [-1], [17], [2]])
    found = load_encoder(tmp_path, bundle, discover()).encode(pixels(), labels, batch=2)
    net = run.nets["encoder"].eval()
    with torch.no_grad():
        expected = net(to_unit(pixels()), Condition(labels))[:, : run.prior.size]
    assert found.shape == (5, run.prior.size)
    torch.testing.assert_close(found, expected)
    assert bundle.draw(found, labels).shape == (5, 3, 16, 16)
    assert load_encoder(tmp_path, bundle, discover()).encode(pixels(0)).shape == (0, run.prior.size)


def test_the_code_of_a_variational_autoencoder_is_the_mean():
    run = autoencoder("vae")
    from zoo_vae.objective import posterior

    net = run.nets["encoder"].eval()
    with torch.no_grad():
        mean, _ = posterior(net(to_unit(pixels()), Condition()))
    torch.testing.assert_close(run_encoder(run).encode(pixels()), mean)
    assert run.encoder == ("encoder", 2 * run.prior.size)


def test_a_game_without_an_encoder_has_none(tmp_path):
    run = build(tiny_recipe("gan"), discover())
    assert run.encoder is None and run_encoder(run) is None
    save_bundle(run_bundle(run), tmp_path)
    assert load_encoder(tmp_path, load_bundle(tmp_path, discover()), discover()) is None


def test_an_encoder_that_cannot_be_built_again_is_refused():
    parts = RecipeParts(tiny_recipe("gan"), discover())
    nets = {"one": parts.critic(4), "codes": parts.critic(4, vector=3), "generator": parts.generator(3)}
    assert _encoder("", nets, parts) is None and _encoder("one", nets, parts) == ("one", 4)
    for name in ("none", "codes", "generator"):
        with pytest.raises(ZooError, match=rf"zoo-core/adversarial: encoder = '{name}' must name what parts.critic"):
            _encoder(name, nets, parts)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    return folder, saved(autoencoder("vae"), folder)


BROKEN = {
    "no object": lambda c: [c],
    "no critic": lambda c: {k: v for k, v in c.items() if k != "critic"},
    "unknown critic": lambda c: c | {"critic": "zoo-core/gone"},
    "a path": lambda c: c | {"critic": "os:system"},
    "unknown option": lambda c: c | {"options": {"widht": 3}},
    "option of another type": lambda c: c | {"options": c["options"] | {"width": "wide"}},
    "other width": lambda c: c | {"options": c["options"] | {"width": 5}},
    "another format": lambda c: c | {"format": 2},
    "too few outputs": lambda c: c | {"outputs": 3},
    "other outputs": lambda c: c | {"outputs": 20},
    "a billion outputs": lambda c: c | {"outputs": 10**9},
    "half an output": lambda c: c | {"outputs": 12.0},
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_configuration_that_does_not_fit_is_one_line(folder, tmp_path, name):
    source, bundle = folder
    config = json.loads((source / CONFIG).read_text())
    (tmp_path / CONFIG).write_text(json.dumps(BROKEN[name](config)))
    (tmp_path / WEIGHTS).write_bytes((source / WEIGHTS).read_bytes())
    with pytest.raises(ZooError) as caught:
        load_encoder(tmp_path, bundle, discover())
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=40), st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps)))
def test_random_bytes_are_refused(folder, tmp_path, content):
    _, bundle = folder
    (tmp_path / CONFIG).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "replace"))
    with pytest.raises(ZooError):
        load_encoder(tmp_path, bundle, discover())


@pytest.mark.parametrize("change", ["missing file", "missing weight", "surplus weight", "not finite", "torn"])
def test_weights_that_do_not_fit_are_refused(folder, tmp_path, change):
    source, bundle = folder
    (tmp_path / CONFIG).write_bytes((source / CONFIG).read_bytes())
    tensors = load_file(source / WEIGHTS)
    first = next(name for name, value in tensors.items() if value.is_floating_point())
    if change == "missing weight":
        del tensors[first]
    elif change == "surplus weight":
        tensors["more"] = torch.zeros(1)
    elif change == "not finite":
        tensors[first].view(-1)[0] = float("nan")
    if change != "missing file":
        save_file(tensors, tmp_path / WEIGHTS)
    if change == "torn":
        (tmp_path / WEIGHTS).write_bytes((source / WEIGHTS).read_bytes()[:-9])
    with pytest.raises(ZooError, match=WEIGHTS):
        load_encoder(tmp_path, bundle, discover())


def test_saving_twice_gives_the_same_bytes(tmp_path):
    run = autoencoder("vae")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        save_encoder(run_encoder(run), tmp_path / name)
    for file in (CONFIG, WEIGHTS):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
