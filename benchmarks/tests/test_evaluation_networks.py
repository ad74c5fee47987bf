"""Extractors from timm and torch-fidelity, with small random networks in files; and the cache of real features."""

from __future__ import annotations

import urllib.error

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import nn

from zoo_bench.data.cache import cache_folder
from zoo_bench.evaluation import fidelity, timm_extractors
from zoo_bench.evaluation.evaluate import evaluate
from zoo_bench.evaluation.extractors import open_extractor
from zoo_bench.evaluation.sets import Features
from zoo_bench.evaluation.weights_file import sha256_of
from zoo_core.errors import ZooError
from zoo_core.images import Images
from zoo_core.space import Space


def pixels(n, seed, size=16):
    return np.random.default_rng(seed).integers(0, 256, (n, size, size, 3)).astype(np.uint8)


def dataset(n):
    return Images(Space(16, 3), pixels(n, 0), np.zeros((n, 0), np.int64), np.zeros(n, bool), tuple(map(str, range(n))))


def as_batch(images):
    return torch.from_numpy(images.transpose(0, 3, 1, 2).copy())


def random_model(name, path, **options):
    torch.manual_seed(0)
    network = timm.create_model(name, pretrained=False, **options).eval()
    save_file(network.state_dict(), path)
    return network


@pytest.fixture(scope="module")
def resnet(tmp_path_factory):
    path = tmp_path_factory.mktemp("timm") / "model.safetensors"
    return random_model("test_resnet", path), path


def test_timm_model_by_file_is_that_model(resnet):
    network, path = resnet
    extractor = open_extractor("timm/test_resnet.r160_in1k", path)
    config = timm.data.resolve_model_data_config(network)
    side = config["input_size"][1]
    x = as_batch(pixels(3, 1, side)).float()  # at the model's own size there is nothing to resize
    x = (x / 255 - torch.tensor(config["mean"])[:, None, None]) / torch.tensor(config["std"])[:, None, None]
    features, logits = extractor.network(as_batch(pixels(3, 1, side)))
    assert extractor.warnings == () and extractor.name == "timm/test_resnet.r160_in1k" and f"{side}x{side}" in extractor.resize
    with torch.no_grad():
        assert torch.allclose(logits, network(x), atol=1e-5)
        assert torch.allclose(features, network.forward_head(network.forward_features(x), pre_logits=True), atol=1e-5)


@pytest.mark.parametrize("layer", ["layer1", "global_pool", "bn1"])
def test_a_layer_is_the_mean_of_its_output(resnet, layer):
    network, path = resnet
    extractor = open_extractor(f"timm/test_resnet@{layer}", path)
    seen = []
    hook = dict(network.named_modules())[layer].register_forward_hook(lambda m, x, y: seen.append(y.clone()))
    side = timm.data.resolve_model_data_config(network)["input_size"][1]
    features, _ = extractor.network(as_batch(pixels(2, 1, side)))
    assert extractor.layer == layer and features.ndim == 2
    x = as_batch(pixels(2, 1, side)).float() / 255
    mean, std = (torch.tensor(timm.data.resolve_model_data_config(network)[k])[:, None, None] for k in ("mean", "std"))
    network((x - mean) / std)
    hook.remove()
    expected = seen[0].mean((2, 3)) if seen[0].ndim == 4 else seen[0]
    assert torch.allclose(features, expected, atol=1e-5)


def test_tokens_of_a_transformer_are_averaged(tmp_path):
    random_model("test_vit", tmp_path / "vit.safetensors")
    extractor = open_extractor("timm/test_vit@blocks.1", tmp_path / "vit.safetensors")
    features, logits = extractor.network(as_batch(pixels(2, 0)))
    assert features.shape[0] == 2 and features.ndim == 2 and logits.shape == (2, 1000)


def test_timm_in_a_whole_evaluation(resnet):
    found = evaluate(dataset(24), pixels(24, 1), extractor=open_extractor("timm/test_resnet@layer2", resnet[1]))
    assert found.identity.extractor == "timm/test_resnet@layer2" and found["fid"].score.value > 0
    assert found["is"].score.value >= 1 and len(found.identity.weights_sha256) == 64


@pytest.mark.parametrize(
    ("name", "file", "message"),
    [
        ("timm/resnet1", None, "timm has no model resnet1: did you mean timm/resnet"),
        ("timm/test_resnet@layr1", "good", "did you mean @layer1"),
        ("timm/test_vit", "good", "is not a weights file of timm/test_vit"),
        ("timm/test_resnet", "absent", "does not exist"),
        ("timm/test_resnet", "text", "is not a weights file"),
        ("clip-vit-z", None, "type one of clip-rn50"),
        ("clip-vit-b-32", "text", "SHA-256"),
        ("dinov2-vit-x", None, "no extractor dinov2-vit-x; type one of sprites"),
    ],
)
def test_wrong_names_and_files_are_one_line(resnet, tmp_path, name, file, message):
    (tmp_path / "text").write_text("no weights")
    path = {None: None, "good": resnet[1], "absent": tmp_path / "absent", "text": tmp_path / "text"}[file]
    with pytest.raises(ZooError) as caught:
        open_extractor(name, path)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_pickle_that_runs_code_is_not_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("the file was executed",))

    torch.save({"weight": Trap()}, tmp_path / "trap.pth")
    with pytest.raises(ZooError, match="not a weights file"):
        open_extractor("timm/test_resnet", tmp_path / "trap.pth")


@pytest.mark.parametrize("name", ["timm/test_resnet.r160_in1k", "dinov2-vit-s-14", "clip-vit-b-32"])
def test_without_network_sprites_step_in(monkeypatch, tmp_path, name):
    def offline(*args, **options):
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    monkeypatch.setattr("huggingface_hub.HfApi.model_info", offline)
    monkeypatch.setattr(timm, "create_model", pytest.fail)  # it would try for a minute and a half
    extractor = open_extractor(name)
    (warning,) = extractor.warnings
    assert extractor.name == "sprites" and extractor.instead_of == name
    assert ("Name or service not known" in warning and "put " in warning) or "--extractor-weights" in warning


def test_weights_in_the_cache_ask_nobody(tmp_path, monkeypatch, resnet):
    monkeypatch.setattr("huggingface_hub.HfApi.model_info", pytest.fail)
    monkeypatch.setattr(timm_extractors, "try_to_load_from_cache", lambda repo, name: str(resnet[1]))
    extractor = open_extractor("timm/test_resnet")
    assert extractor.warnings == () and extractor.weights_sha256 == open_extractor("timm/test_resnet", resnet[1]).weights_sha256


def test_dinov2_reads_its_weights_at_its_own_size(tmp_path, monkeypatch):
    monkeypatch.setitem(timm_extractors.DINOV2, "dinov2-vit-s-14", "test_vit")
    monkeypatch.setattr("zoo_bench.evaluation.timm_extractors.DINOV2_SIZE", 160)
    random_model("test_vit", tmp_path / "small.safetensors")
    extractor = open_extractor("dinov2-vit-s-14", tmp_path / "small.safetensors")
    features, _ = extractor.network(as_batch(pixels(2, 0)))
    assert features.shape[0] == 2 and "160x160" in extractor.resize


def test_clip_by_file_is_torch_fidelitys(tmp_path, monkeypatch):
    from torch_fidelity import feature_extractor_clip as source

    class Archive(nn.Module):
        def __init__(self):
            super().__init__()
            self.visual = source.VisionTransformer(16, 8, 64, 1, 1, 12)
            self.text_projection = nn.Parameter(torch.zeros(5, 12))

        def forward(self, x):
            return self.visual(x)

    torch.manual_seed(0)
    archive, path = Archive().eval(), tmp_path / "clip.pt"
    torch.jit.trace(archive, torch.zeros(1, 3, 16, 16)).save(path)
    monkeypatch.setitem(source.MODEL_METADATA, "clip-vit-b-32", {"hash": sha256_of(path), "filename": "ViT-B-32"})
    extractor = open_extractor("clip-vit-b-32", path)
    plain = source.FeatureExtractorCLIP("clip-vit-b-32", ["clip"], feature_extractor_weights_path=str(path))
    features, logits = extractor.network(as_batch(pixels(2, 0)))
    assert torch.equal(features, plain(as_batch(pixels(2, 0)))[0]) and logits.shape == (2, 0)
    report = evaluate(dataset(8), pixels(8, 1), extractor=open_extractor("clip-vit-b-32", path))
    assert any("inception score needs an extractor with classes" in text for text in report.warnings)
    assert "is" not in {measured.name for measured in report.scores} and report["fid"].score.value > 0


# Features of real images on disk.


def counted(extractor, calls):
    return type(extractor)(**{**vars(extractor), "network": lambda x: calls.append(len(x)) or extractor.network(x)})


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    return cache_folder() / "arrays"


def test_remembered_features_are_not_extracted_again(own_cache):
    calls, extractor, images = [], open_extractor("sprites"), pixels(70, 3)
    for _ in range(2):
        table = Features(counted(extractor, calls))
        table.remember(images)
        rows = table.of(images)
    plain = Features(extractor).of(images)
    assert sum(calls) == 70 and all(np.array_equal(a, b) for a, b in zip(rows, plain, strict=True))


def test_a_damaged_cache_is_made_again(own_cache):
    extractor, images, calls = open_extractor("sprites"), pixels(5, 4), []
    Features(extractor).remember(images)
    (file,) = own_cache.iterdir()
    content = file.read_bytes()
    for damaged in (b"", content[: len(content) // 2], content[:-400] + b"\x00" * 400, b"text"):
        file.write_bytes(damaged)
        table = Features(counted(extractor, calls))
        table.remember(images)
        assert np.array_equal(table.of(images)[0], Features(extractor).of(images)[0])
    assert sum(calls) == 20


def test_other_weights_other_images_or_another_layer_have_their_own_features(own_cache, resnet):
    extractor, images = open_extractor("sprites"), pixels(4, 5)
    told = vars(extractor)
    other = [type(extractor)(**{**told, key: "other"}) for key in ("weights_sha256", "layer", "resize", "name")]
    for one in (extractor, *other):
        Features(one).remember(images)
    Features(extractor).remember(images[:3])
    assert len(list(own_cache.iterdir())) == 6


def test_a_second_evaluation_gives_the_same_report(own_cache):
    def scores():
        return evaluate(dataset(24), pixels(24, 1), metrics={"fid": fidelity.fid, "kid": fidelity.kid}).to_json()["scores"]

    assert scores() == scores() and len(list(own_cache.iterdir())) == 2  # the images and their mirror images
