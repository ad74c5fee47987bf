"""Where the extractors' weights come from, and what is said when they do not come."""

from __future__ import annotations

import sys
import urllib.error
from pathlib import Path

import numpy as np
import pytest
import torch

from zoo_bench.evaluation import fidelity, torch_fidelity_extractors
from zoo_bench.evaluation.evaluate import evaluate
from zoo_bench.evaluation.extractors import open_extractor
from zoo_bench.evaluation.sprites import WEIGHTS, load_sprites
from zoo_bench.evaluation.table import lines
from zoo_bench.evaluation.weights_file import sha256_of
from zoo_core.errors import ZooError
from zoo_core.images import Images
from zoo_core.space import Space


def dataset(n, seed):
    """Flat images, each of its own colour in one half."""
    pixels = np.full((n, 16, 16, 3), 255, np.uint8)
    pixels[:, :, :8] = np.random.default_rng(seed).integers(0, 256, (n, 1, 1, 3))
    return Images(Space(16, 3), pixels, np.zeros((n, 0), np.int64), np.zeros(n, bool), tuple(map(str, range(n))))


@pytest.fixture(scope="module")
def real():
    return dataset(12, 0)


@pytest.fixture(scope="module")
def fakes():
    return dataset(12, 1).pixels


# The extractor `inception`: its weights are not to be had here, so a file of random ones stands in for them.


@pytest.fixture(scope="module")
def inception_file(tmp_path_factory):
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("inception") / torch_fidelity_extractors.INCEPTION_FILE
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("torch_fidelity.feature_extractor_inceptionv3.load_state_dict_from_url", lambda *a, **k: {})
        patch.setattr(FeatureExtractorInceptionV3, "load_state_dict", lambda self, state: None)
        network = FeatureExtractorInceptionV3("inception-v3-compat", ["2048"])
    torch.save(network.state_dict(), path)
    return path


def test_inception_by_local_file_equals_plain_torch_fidelity(inception_file, monkeypatch, fakes):
    import torch_fidelity

    monkeypatch.setattr(torch_fidelity_extractors, "INCEPTION_SHA256", sha256_of(inception_file))
    images = dataset(6, 0)
    metrics = {"fid": lambda sets: dict(fidelity.kid(sets)) | dict(fidelity.precision_recall(sets))}
    found = evaluate(images, fakes[:6], extractor=open_extractor("inception", inception_file), metrics=metrics)
    assert found.identity.extractor == "inception" and "299" in found.identity.resize
    plain = torch_fidelity.calculate_metrics(
        input1=fidelity.Uint8Images(fakes[:6]),
        input2=fidelity.Uint8Images(images.pixels),
        feature_extractor="inception-v3-compat",
        feature_extractor_weights_path=str(inception_file),
        cuda=False,
        kid=True,
        prc=True,
        kid_subset_size=3,
        rng_seed=0,
        save_cpu_ram=True,
        verbose=False,
    )
    # float against double: the values of so small sets agree to what float leaves of the kernel's sums
    assert found["kid"].score.value == pytest.approx(plain["kernel_inception_distance_mean"], rel=1e-2, abs=1e-5)
    assert found["precision"].score.value == plain["precision"] and found["recall"].score.value == plain["recall"]


def test_a_pickle_of_another_hash_is_never_opened(inception_file, monkeypatch, real, fakes):
    monkeypatch.setattr(torch, "load", lambda *a, **k: pytest.fail("unpickled"))
    with pytest.raises(ZooError, match="SHA-256"):
        evaluate(real, fakes, extractor=open_extractor("inception", inception_file))
    with pytest.raises(ZooError, match=r"6726825d"):
        evaluate(real, fakes, extractor=open_extractor("inception", inception_file.with_name("absent.pth")))


@pytest.fixture
def empty_hub(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    return tmp_path / "checkpoints"


def test_without_network_sprites_step_in_with_a_warning(empty_hub, monkeypatch, real, fakes):
    def offline(*args, **options):
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    found = evaluate(real, fakes, extractor="inception", metrics={"fid": fidelity.fid})
    warning = found.warnings[0]
    assert found.identity.extractor == "sprites" and found.identity.weights_sha256 == load_sprites()[1]
    assert torch_fidelity_extractors.INCEPTION_FILE in warning and str(empty_hub) in warning and "6726825d" in warning
    assert "\n" not in warning and found.identity.instead_of == "inception"
    head, row = lines(found.to_json())[:2]
    assert head.startswith("score") and row.endswith("(instead of inception)")
    assert found.identity.id == evaluate(real, fakes, metrics={"fid": fidelity.fid}).identity.id
    assert list(empty_hub.iterdir()) == []


def test_a_download_of_something_else_is_thrown_away(empty_hub, monkeypatch, real, fakes):
    monkeypatch.setattr(torch.hub, "download_url_to_file", lambda url, path, **options: Path(path).write_bytes(b"<html>"))
    found = evaluate(real, fakes, extractor="inception", metrics={"fid": fidelity.fid})
    assert found.identity.extractor == "sprites" and "another file" in found.warnings[0]
    assert list(empty_hub.iterdir()) == []


def test_torch_fidelity_that_does_not_import_is_one_line(monkeypatch, real, fakes):
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    with pytest.raises(ZooError, match="pip install") as caught:
        evaluate(real, fakes)
    assert "\n" not in str(caught.value)


def test_the_shipped_weights_are_small_and_strictly_loaded(tmp_path):
    assert WEIGHTS.stat().st_size < 2_000_000
    network, sha256 = load_sprites()
    assert len(sha256) == 64 and not network.training and not any(p.requires_grad for p in network.parameters())
    broken = tmp_path / "sprites.safetensors"
    with pytest.raises(ZooError, match="missing"):
        load_sprites(broken)
    broken.write_bytes(WEIGHTS.read_bytes()[:1000])
    with pytest.raises(ZooError, match="not a weights file"):
        load_sprites(broken)
