"""`zoo eval`: models, runs and folders, as typed; its numbers against torch-fidelity's own on the same folders."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
import torch
import torch_fidelity
from PIL import Image, ImageFilter

from zoo_bench.evaluation.copies import copies, copying_test
from zoo_bench.evaluation.evaluate import evaluate
from zoo_bench.evaluation.sprites import load_sprites
from zoo_core.cli import main
from zoo_core.registry.catalog import discover

WHITE = (255, 255, 255)
SIZE = 16


def creatures(count, seed=0, size=SIZE, **options):
    dataset = discover().make("dataset", "creatures", {"count": count, "seed": seed, **options})
    return dataset.load(size, 3, ("type",), WHITE)


def save(pixels, folder, labels=None):
    for i, image in enumerate(pixels):
        place = folder / (labels[i] if labels else "")
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(place / f"{i:04d}.png")
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    home = tmp_path_factory.mktemp("pictures")
    return save(creatures(60).pixels, home / "real"), save(creatures(50, seed=3).pixels, home / "fake")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    small = ["--size", "16", "--steps", "2", "--labels", "type", "--set", "train.batch=8", "--set", "dataset.count=60"]
    assert main(["bench", "--model", "acgan", *small, "--out", str(folder), "--device", "cpu", "--samples", "40"]) == 0
    return folder


def answer(capsys, *args, code=0):
    """What --json prints, or with another exit code the error."""
    assert main(["eval", *map(str, args)]) == code
    out = capsys.readouterr()
    return out.err if code else json.loads(out.out)


def test_a_run_is_scored_as_its_training_did(run, capsys):
    written = json.loads((run / "report.json").read_text())
    found = answer(capsys, run, "--samples", 40, "--json", "--device", "cpu")
    assert found["scores"] == written["scores"] and found["evaluator"] == written["evaluator"]
    assert (run / "samples" / "nearest.png").exists()
    assert any(score["name"] == "accuracy_type" or "accuracy" in " ".join(found["warnings"]) for score in found["scores"])


def test_the_encoder_of_a_model_is_scored_as_after_its_training(tmp_path, capsys):
    folder = tmp_path / "run"
    small = ["--size", "16", "--steps", "2", "--set", "train.batch=8", "--set", "dataset.count=60", "--samples", "30"]
    assert main(["bench", "--model", "vae", *small, "--out", str(folder), "--device", "cpu"]) == 0
    assert "reconstruction_error" in capsys.readouterr().err
    written = json.loads((folder / "report.json").read_text())["scores"]
    assert {"reconstruction_error", "reconstruction_psnr"} <= {score["name"] for score in written}
    for reference, more in ((folder, ()), (folder / "model", ("--dataset", "creatures", "--set", "count=60"))):
        assert answer(capsys, reference, *more, "--samples", 30, "--json", "--device", "cpu")["scores"] == written
    (folder / "model" / "encoder.json").write_text("{")
    assert "encoder.json is not an encoder's configuration" in answer(capsys, folder, code=2)


def test_a_model_without_its_run_must_be_told_the_dataset(run, capsys):
    assert "--dataset zoo-creatures/creatures" in answer(capsys, run / "model", code=2)
    found = answer(capsys, run / "model", "--dataset", "creatures", "--set", "count=60", "--samples", 40, "--json")
    assert found["scores"] == json.loads((run / "report.json").read_text())["scores"]


def test_other_images_than_in_training_are_noticed(run, capsys):
    found = answer(capsys, run, "--samples", 20, "--set", "count=50", "--json")
    assert any("not those that" in text for text in found["warnings"])


def test_folders_equal_torch_fidelity_on_the_same_folders(folders, capsys):
    real, fake = folders
    network, _ = load_sprites()

    class Plain(torch_fidelity.FeatureExtractorBase):
        @staticmethod
        def get_provided_features_list():
            return ("features",)

        @staticmethod
        def get_default_feature_layer_for_metric(metric):
            return "features"

        @staticmethod
        def can_be_compiled():
            return False

        def __init__(self, name, features_list, **options):
            super().__init__(name, features_list)

        def forward(self, images):
            with torch.no_grad():
                return (network(images.float())[0].double(),)

    torch_fidelity.register_feature_extractor("plain-sprites", Plain)
    plain = torch_fidelity.calculate_metrics(
        input1=str(fake),
        input2=str(real),
        feature_extractor="plain-sprites",
        cuda=False,
        cache=False,
        save_cpu_ram=True,
        verbose=False,
        fid=True,
        kid=True,
        prc=True,
        kid_subset_size=25,
        rng_seed=0,
    )
    report = answer(capsys, fake, "--against", real, "--set", "held_out=0", "--device", "cpu", "--json")
    found = {score["name"]: score for score in report["scores"]}
    assert found["kid"]["value"] == pytest.approx(plain["kernel_inception_distance_mean"], abs=1e-6)
    assert found["kid"]["spread"] == pytest.approx(plain["kernel_inception_distance_std"], abs=1e-6)
    assert found["fid"]["value"] == pytest.approx(plain["frechet_inception_distance"], rel=1e-6)
    assert (found["precision"]["value"], found["recall"]["value"]) == (plain["precision"], plain["recall"])


def test_out_holds_the_report_and_the_nearest_images(folders, tmp_path, capsys):
    real, fake = folders
    assert main(["eval", str(fake), "--against", str(real), "--out", str(tmp_path / "new" / "out")]) == 0
    told = capsys.readouterr().out
    report = json.loads((tmp_path / "new" / "out" / "report.json").read_text())
    assert all(score["id"] in told for score in report["scores"]) and "95 % interval" in told and "features" in told
    with Image.open(tmp_path / "new" / "out" / "nearest.png") as picture:
        assert picture.width == 12 * (SIZE + 2) - 2
    assert {pair["sample"] for pair in report["closest"]} <= set(range(50))


def test_repeated_images_of_a_folder_count_each(tmp_path, folders, capsys):
    repeated = save(creatures(60).pixels[[0, 1, 2, 3] * 5], tmp_path / "repeated")
    report = answer(capsys, repeated, "--against", folders[0], "--json")
    assert report["evaluator"]["n_fake"] == 20


def test_labels_of_a_folder_are_matched_by_name(tmp_path, capsys):
    data = creatures(200, size=32)
    names = [data.space.labels["type"][value] for value in data.labels[:, 0]]
    chosen = [i for i in range(200) if names[i] in ("fire", "water", "grass")]
    pixels = data.pixels[chosen]
    right = save(pixels, tmp_path / "right", [names[i] for i in chosen])
    swapped = {"fire": "water", "water": "grass", "grass": "fire"}
    wrong = save(pixels, tmp_path / "wrong", [swapped[names[i]] for i in chosen])
    values = []
    for folder in (right, wrong):
        report = answer(capsys, folder, "--against", right, "--labels", "class", "--set", "held_out=0", "--json")
        values.append(next(score["value"] for score in report["scores"] if score["name"] == "accuracy_class"))
    assert values[0] > 0.9 and values[1] < 0.1


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["{fake}"], "type --against FOLDER or --dataset NAME"),
        (["{fake}", "--against", "{real}", "--dataset", "creatures"], "type one of them"),
        (["{fake}", "--against", "{real}", "--samples", "9"], "leave the option out"),
        (["{fake}", "--against", "{real}/none"], "no folder"),
        (["{fake}", "--against", "{real}", "--extractor", "none"], "type one of sprites"),
        (["{fake}", "--against", "{real}", "--background", "red"], "must be white, black or #rrggbb"),
        (["{fake}", "--dataset", "creature"], "did you mean creatures?"),
        (["{fake}", "--dataset", "creatures", "--labels", "tipe"], "no label tipe"),
        (["{fake}", "--dataset", "creatures", "--set", "coutn=3"], "did you mean count?"),
        (["{fake}", "--against", "{real}", "--out", "{fake}/0000.png"], "is a file"),
        (["{fake}", "--against", "{real}", "--out", "{fake}/0000.png/new"], "0000.png is a file"),
        (["{fake}/none", "--dataset", "creatures"], "there is no folder"),
        (["{run}", "--size", "32"], "draws 16 pixels"),
        (["{run}", "--background", "black"], "draws no transparency"),
        (["{run}/model", "--against", "{real}", "--labels", "class"], "class"),
    ],
)
def test_wrong_input_is_one_line_that_says_what_to_type(folders, run, capsys, args, message):
    told = answer(capsys, *(text.format(real=folders[0], fake=folders[1], run=run) for text in args), code=2)
    assert message in told and told.count("\n") == 1


def test_images_of_many_sizes_need_a_size(tmp_path, folders, capsys):
    mixed = save(creatures(60).pixels[:16], tmp_path / "mixed")
    Image.new("RGB", (20, 18)).save(mixed / "large.png")
    (mixed / "broken.png").write_bytes(b"no picture")
    assert "type --size" in answer(capsys, mixed, "--against", folders[0], code=2)
    report = answer(capsys, mixed, "--against", folders[0], "--size", 16, "--json")
    assert report["evaluator"]["n_fake"] == 17 and any("broken.png left out" in text for text in report["warnings"])


def test_a_folder_of_broken_images_is_not_one_of_many_sizes(tmp_path, folders, capsys):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    assert f"no image in {tmp_path} can be read; zoo data check" in answer(capsys, tmp_path, "--against", folders[0], code=2)


def test_a_wrong_extractor_is_noticed_before_training(tmp_path, capsys):
    assert main(["bench", "--steps", "2", "--size", "16", "--extractor", "none", "--out", str(tmp_path / "run")]) == 2
    assert "type one of sprites" in capsys.readouterr().err and not (tmp_path / "run").exists()


# Does it notice a generator that memorised?


def altered(pixels, quality=None):
    """Copies shifted by a pixel, every other one mirrored; with a quality also as JPEG files spoil them."""
    copied = []
    for i, image in enumerate(pixels):
        image = np.roll(image[:, ::-1] if i % 2 else image, (1, -1), (0, 1))
        if quality:
            file = io.BytesIO()
            Image.fromarray(image).save(file, "JPEG", quality=quality)
            image = np.asarray(Image.open(file))
        copied.append(image)
    return np.stack(copied)


@pytest.fixture(scope="module")
def halves():
    data = creatures(300, size=32, held_out=0.5)
    return data, np.flatnonzero(data.held_out)[::2]


METRICS = {"copies": copies, "ct": copying_test}


@pytest.mark.parametrize("quality", [None, 90])
def test_a_generator_that_copies_is_flagged(halves, quality):
    data, _ = halves
    found = evaluate(data, altered(data.pixels[~data.held_out], quality), metrics=METRICS)
    assert found["copies_pixels"].score.value > 0.8
    assert all(pair.sample == pair.in_pixels for pair in found.closest)
    if quality is None:  # in features a fault of all images is a distance as well, and may hide copies
        assert found["copies"].score.value > 0.8 and found["ct"].score.value < -3


def without(data, other):
    """Images that the generator alone knows are taken out."""
    keep = np.delete(np.arange(len(data.pixels)), other)
    names = tuple(data.names[i] for i in keep)
    return type(data)(data.space, data.pixels[keep], data.labels[keep], data.held_out[keep], names)


def test_a_generator_that_blurs_is_not(halves):
    """What is blurred is near to every image, and so to some training image; that is no copy."""
    data, other = halves
    blurred = [np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(4))) for image in data.pixels[other]]
    found = evaluate(without(data, other), np.stack(blurred), metrics=METRICS)
    assert found["copies_pixels"].score.value < 0.2


def test_a_generator_that_draws_held_out_images_is_not(halves):
    data, other = halves
    found = evaluate(without(data, other), data.pixels[other], metrics=METRICS)
    assert found["copies"].score.value < 0.2 and found["copies_pixels"].score.value < 0.2
    assert abs(found["ct"].score.value) < 3
