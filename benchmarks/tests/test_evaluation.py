"""`evaluate` against our own plain versions of the metrics, and what it says of sets that are wrong on purpose."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest
import scipy.linalg
import scipy.ndimage
import torch

from zoo_bench.evaluation import fidelity
from zoo_bench.evaluation.blur import blurred
from zoo_bench.evaluation.evaluate import METRICS, evaluate
from zoo_bench.evaluation.extractors import open_extractor
from zoo_bench.evaluation.sets import Features, Score, Sets, Side
from zoo_bench.evaluation.sprites import load_sprites
from zoo_core.errors import ZooError
from zoo_core.images import Images
from zoo_core.space import Space

SIZE = 32


def draw(n, seed, channels=3):
    """Discs and squares in random colours on white; label 0 is a disc."""
    random = np.random.default_rng(seed)
    pixels = np.full((n, SIZE, SIZE, 3), 255, np.uint8)
    labels = random.integers(0, 2, (n, 1))
    row, column = np.mgrid[:SIZE, :SIZE]
    for i in range(n):
        y, x = random.integers(10, 22, 2)
        r = random.integers(5, 10)
        disc = (row - y) ** 2 + (column - x) ** 2 < r**2
        square = np.maximum(abs(row - y), abs(column - x)) < r
        pixels[i][square if labels[i, 0] else disc] = random.integers(0, 200, 3)
    return pixels[..., :channels], labels.astype(np.int64)


def dataset(n=80, held=20, seed=0, pixels=None):
    drawn, labels = draw(n, seed)
    pixels = drawn if pixels is None else pixels
    held_out = np.arange(n) >= n - held
    space = Space(SIZE, pixels.shape[3], {"shape": ("disc", "square")})
    return Images(space, pixels, labels, held_out, tuple(str(i) for i in range(n)), note="drawn by the test")


@pytest.fixture(scope="module")
def real():
    return dataset()


@pytest.fixture(scope="module")
def fakes():
    return draw(70, 1)


@pytest.fixture(scope="module")
def report(real, fakes):
    return evaluate(real, fakes[0], fake_labels=fakes[1], seed=3, name="shapes")


def rows(pixels):
    return Features(open_extractor("sprites")).of(pixels)


def naive_fid(a, b):
    root = scipy.linalg.sqrtm(np.cov(a.T) @ np.cov(b.T)).real
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(np.cov(a.T) + np.cov(b.T) - 2 * root)


def naive_mmd(a, b):
    def kernel(x, y):
        return (x @ y / len(x) + 1) ** 3

    same = [np.mean([kernel(x[i], x[j]) for i in range(len(x)) for j in range(len(x)) if i != j]) for x in (a, b)]
    return sum(same) - 2 * np.mean([kernel(x, y) for x in a for y in b])


def test_fid_is_the_frechet_distance_of_the_features(report, real, fakes):
    a, b = rows(real.pixels[~real.held_out])[0], rows(fakes[0])[0]
    assert report["fid"].score.value == pytest.approx(naive_fid(a, b), rel=1e-4)
    assert report["fid"].floor == pytest.approx(naive_fid(a, rows(real.pixels[real.held_out])[0]), rel=1e-4)


def test_kid_is_the_unbiased_mmd_over_the_stated_subsets(report, real, fakes):
    a, b = rows(fakes[0])[0], rows(real.pixels[~real.held_out])[0]
    size, random, found = report.identity.kid_subset_size, np.random.RandomState(3), []
    assert size == min(60, 70) // 2
    for _ in range(fidelity.KID_SUBSETS):
        x = a[random.choice(len(a), size, replace=False)]
        y = b[random.choice(len(b), size, replace=False)]
        k = [(p @ q.T / p.shape[1] + 1) ** 3 for p, q in ((x, x), (y, y), (x, y))]
        within = sum((m.sum() - np.trace(m)) / (size * (size - 1)) for m in k[:2])
        found.append(within - 2 * k[2].mean())
    assert report["kid"].score.value == pytest.approx(np.mean(found), rel=1e-6)
    assert report["kid"].score.spread == pytest.approx(np.std(found), rel=1e-6)


def test_kid_over_all_points_agrees_with_the_double_sum():
    a, b = draw(24, 5)[0], draw(24, 6)[0]
    images = dataset(24, 0, pixels=a)
    x, y = rows(a)[0], rows(b)[0]
    # subsets of half the points, averaged over many seeds, estimate the same number as all points do
    values = [evaluate(images, b, seed=s, metrics={"kid": fidelity.kid})["kid"].score.value for s in range(8)]
    assert np.mean(values) == pytest.approx(naive_mmd(x, y), abs=4 * np.std(values) / np.sqrt(8) + 1e-3)


def test_inception_score_is_the_mean_divergence_from_the_mean(report, fakes):
    logits = rows(fakes[0])[1]
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    expected = np.exp((p * (np.log(p) - np.log(p.mean(0)))).sum(1).mean())
    assert report["is"].score.value == pytest.approx(expected, rel=1e-6)
    assert report["is"].score.spread is None and report.identity.is_splits == 1


def test_precision_recall_density_and_coverage_count_neighbours(report, real, fakes):
    a, b = rows(real.pixels[~real.held_out])[0], rows(fakes[0])[0]

    def distance(x, y):
        return np.array([[np.linalg.norm(p - q) for q in y] for p in x])

    aa, bb, ba = np.sort(distance(a, a), 1), np.sort(distance(b, b), 1), distance(b, a)
    assert report["precision"].score.value == pytest.approx((ba <= aa[:, 3]).any(1).mean())
    assert report["recall"].score.value == pytest.approx((bb[:, 3] >= ba.T).any(1).mean())
    assert report["density"].score.value == pytest.approx((ba < aa[:, 5]).sum(1).mean() / 5)
    assert report["coverage"].score.value == pytest.approx((ba < aa[:, 5]).any(0).mean())


def test_real_against_itself_is_no_distance_and_all_copies(real):
    found = evaluate(real, real.pixels[~real.held_out])
    assert abs(found["fid"].score.value) < 1e-3
    assert found["kid"].score.value <= 0
    assert found["copies"].score.value > 0.9 and found["copies"].floor <= 0.1
    assert found["kid_p"].score.value == 1


def test_permutation_test_sees_a_difference_only_where_there_is_one(real, fakes):
    same = evaluate(real, fakes[0], metrics={"kid_p": METRICS["kid_p"]})
    other = evaluate(real, 255 - fakes[0], metrics={"kid_p": METRICS["kid_p"]})
    assert same["kid_p"].score.value > 0.02 and other["kid_p"].score.value < 0.01


def test_the_floor_is_held_out_data_and_is_compared_at_its_own_n(report, real, fakes):
    again = evaluate(dataclasses.replace(real, held_out=np.zeros(80, bool)), real.pixels[real.held_out])
    assert again["kid"].floor is None and any("no floor" in text for text in again.warnings)
    alone = dataclasses.replace(real, pixels=real.pixels[:60], labels=real.labels[:60], held_out=np.zeros(60, bool))
    assert evaluate(alone, real.pixels[60:], seed=3)["fid"].score.value == pytest.approx(report["fid"].floor)
    chosen = np.sort(np.random.default_rng(3).choice(70, 20, replace=False))
    assert evaluate(alone, fakes[0][chosen], seed=3)["fid"].score.value == pytest.approx(report["fid"].at_floor_n)


@pytest.mark.parametrize("size", [8, 16, 64, 80])
def test_a_blur_is_a_convolution_with_a_gaussian(size):
    pixels = np.random.default_rng(0).integers(0, 256, (2, size, size, 3), dtype=np.uint8)
    sd = max(0.5, size / 64)
    reach = (0, math.ceil(3 * sd), math.ceil(3 * sd), 0)
    exact = scipy.ndimage.gaussian_filter(pixels.astype(float), (0, sd, sd, 0), mode="mirror", radius=reach)
    assert abs(blurred(pixels) - exact).max() < 0.51


def test_blurred_images_score_worse_than_the_floor(report, real):
    alone = dataclasses.replace(real, pixels=real.pixels[:60], labels=real.labels[:60], held_out=np.zeros(60, bool))
    again = evaluate(alone, blurred(real.pixels[60:]), seed=3)
    compared = {measured.name for measured in report.scores if measured.blurred is not None}
    assert compared == {"kid", "fid", "precision", "recall", "density", "coverage"}
    assert all(report[name].blurred == again[name].score.value for name in compared)
    assert report["kid"].blurred > report["kid"].floor and report["fid"].blurred > report["fid"].floor
    assert report["coverage"].blurred < report["coverage"].floor and again["kid"].blurred is None


def test_same_input_same_bytes_and_no_trace_of_order_of_use(report, real, fakes):
    def bytes_of(found):
        return json.dumps({**found.to_json(), "seconds": None}, sort_keys=True)

    again = evaluate(real, fakes[0], fake_labels=fakes[1], seed=3, name="shapes")
    assert bytes_of(again) == bytes_of(report)
    evaluate(real, 255 - fakes[0])
    assert bytes_of(evaluate(real, fakes[0], fake_labels=fakes[1], seed=3, name="shapes")) == bytes_of(report)


def test_hidden_colours_under_alpha_0_change_nothing(real, fakes):
    def with_alpha(pixels, hidden):
        blank = (pixels == 255).all(3, keepdims=True)
        colour = np.where(blank, hidden, pixels).astype(np.uint8)
        return np.concatenate([colour, np.where(blank, 0, 255).astype(np.uint8)], 3)

    plain = evaluate(real, fakes[0])
    black, noise = 0, np.random.default_rng(0).integers(0, 256, (70, SIZE, SIZE, 3))
    for hidden in (black, noise):
        data = dataset(pixels=with_alpha(real.pixels, hidden if np.isscalar(hidden) else hidden[:1]))
        found = evaluate(data, with_alpha(fakes[0], hidden))
        assert found.to_json()["scores"] == plain.to_json()["scores"]


def test_background_counts_where_alpha_is(real, fakes):
    rgba = np.concatenate([fakes[0], np.full((70, SIZE, SIZE, 1), 128, np.uint8)], 3)
    only = {"fid": fidelity.fid}
    values = {evaluate(real, rgba, background=(b, b, b), metrics=only)["fid"].score.value for b in (0, 255)}
    assert len(values) == 2


def test_report_says_what_was_measured_with(report, real):
    found = report.to_json()
    json.dumps(found, allow_nan=False)
    told = found["evaluator"]
    assert told["id"].startswith("sprites-60x70-") and told["weights_sha256"] == load_sprites()[1]
    assert (told["n_held_out"], told["seed"], told["split"], told["background"]) == (20, 3, "train", [255, 255, 255])
    assert told["versions"]["torch"] == torch.__version__
    assert {score["id"] for score in found["scores"]} == {f"{score['name']}-{told['id']}" for score in found["scores"]}
    assert found["dataset"] == {"sha256": real.sha256, "name": "shapes", "note": "drawn by the test"}
    assert set(found["statistics"]) == {"real", "fake"} and set(found["seconds"]) >= {"features", "fid", "kid"}
    names = ["kid", "kid_p", "fid", "is", "precision", "recall", "density", "coverage", "diversity"]
    names += ["copies", "copies_pixels", "ct", "accuracy_shape", "accuracy_shape_shuffled"]
    assert [score["name"] for score in found["scores"]] == names
    assert all((score["low"] is None) == (score["high"] is None) for score in found["scores"])
    between = {score["name"]: score for score in found["scores"] if score["low"] is not None}
    assert set(names) - set(between) == {"kid_p", "accuracy_shape_shuffled"}
    assert all(score["low"] <= score["value"] <= score["high"] for score in between.values())
    assert all(score["low"] <= score["value"] <= score["high"] for score in found["scores"] if score["name"] in between)


def test_id_changes_with_anything_that_changes_a_score(report, real, fakes):
    only = {"fid": fidelity.fid}
    changes = [
        evaluate(real, fakes[0], seed=4, metrics=only),
        evaluate(real, fakes[0], seed=3, background=(0, 0, 0), metrics=only),
        evaluate(real, fakes[0][:-1], seed=3, metrics=only),
        evaluate(dataset(seed=9), fakes[0], seed=3, metrics=only),
    ]
    assert len({report.identity.id, *(change.identity.id for change in changes)}) == 5


def test_labels_are_recognised_and_wrong_ones_are_not(report, real, fakes):
    assert report["accuracy_shape"].score.value > 0.8 and report["accuracy_shape"].floor > 0.8
    only = {"label_accuracy": METRICS["label_accuracy"]}
    assert evaluate(real, fakes[0], fake_labels=1 - fakes[1], metrics=only)["accuracy_shape"].score.value < 0.2
    assert evaluate(real, fakes[0], metrics=only).scores == ()
    shuffled = dataclasses.replace(real, labels=np.random.default_rng(0).permutation(real.labels))
    found = evaluate(shuffled, fakes[0], fake_labels=fakes[1], metrics=only)
    assert found.scores == () or found["accuracy_shape"].score.value < 0.75


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_few_images_leave_warnings_and_no_nonsense(real, fakes, n):
    found = evaluate(real, fakes[0][:n])
    json.dumps(found.to_json(), allow_nan=False)
    names = {measured.name for measured in found.scores}
    assert ("fid" in names) == (n >= 2) and ("kid" in names) == ("precision" in names) == (n >= 4)
    left_out = [text for text in found.warnings if "left out" in text]
    assert all("failed" not in text for text in found.warnings) and (n >= 4 or any("kid" in text for text in left_out))


def test_tiny_held_out_leaves_the_scores(fakes):
    found = evaluate(dataset(40, 1), fakes[0])
    assert found["kid"].floor is None and found["kid"].score.spread is not None
    assert any("floor of kid" in text for text in found.warnings)


def test_sets_that_cannot_be_compared_are_refused_in_one_line(real, fakes):
    for bad in ({"fakes": fakes[0][:0]}, {"fakes": fakes[0][:, :16, :16]}, {"fakes": fakes[0], "fake_labels": fakes[1][:5]}):
        with pytest.raises(ZooError) as caught:
            evaluate(real, **bad)
        assert "\n" not in str(caught.value)
    with pytest.raises(ZooError, match="type one of sprites, squeezenet, inception"):
        evaluate(real, fakes[0], extractor="sprite")


def test_grey_images_are_scored(fakes):
    grey = dataset(pixels=draw(80, 0, channels=1)[0])
    assert evaluate(grey, fakes[0][..., :1], metrics={"fid": fidelity.fid})["fid"].score.value > 0


def test_a_metric_of_a_plugin_gets_both_sides_and_its_failure_is_its_own(real, fakes):
    def brightness(sets):
        return {"brightness": Score(float(sets.fake.pixels.mean() - sets.real.pixels.mean()), "lower")}

    def broken(sets):
        return 1 / 0

    def endless(sets):
        return {"endless": Score(float("inf"), "lower")}

    found = evaluate(real, fakes[0], metrics={"brightness": brightness, "broken": broken, "endless": endless})
    train = real.pixels[~real.held_out]
    assert found["brightness"].score.value == pytest.approx(fakes[0].mean() - train.mean())
    assert found["brightness"].floor == pytest.approx(real.pixels[real.held_out].mean() - train.mean())
    assert any(text.startswith("broken failed: ZeroDivisionError") for text in found.warnings)
    assert [measured.name for measured in found.scores] == ["brightness"] and any("endless" in t for t in found.warnings)


def test_nearest_training_image_is_found_mirrored_or_not(real):
    table = Features(open_extractor("sprites"))
    train = Side(real.pixels, np.zeros((80, 0), np.int64), table)
    for judged in (train.take([7, 3]), train.take([7, 3]).mirrored()):
        sets = Sets(train, judged)
        for found in (sets.nearest_in_features, sets.nearest_in_pixels):
            assert found.index.tolist() == [7, 3] and found.distance.max() < 1e-6


def test_features_do_not_depend_on_how_often_they_were_asked_for(real):
    extractor = open_extractor("sprites")
    calls = []
    counted = dataclasses.replace(extractor, network=lambda x: calls.append(len(x)) or extractor.network(x))
    table = Features(counted)
    first = table.of(real.pixels)[0]
    assert np.array_equal(table.of(real.pixels[::-1])[0], first[::-1]) and sum(calls) == 80
    assert max(calls) == extractor.batch
