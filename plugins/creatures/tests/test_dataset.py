"""The dataset `creatures`: the same everywhere, clean as sprites are, and as various as its labels say."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo_core.errors import ZooError
from zoo_core.options import describe, parse
from zoo_creatures.dataset import Creatures, composite, held_out
from zoo_creatures.options import CreaturesOptions
from zoo_creatures.palettes import rgb
from zoo_creatures.sprites import BODY_NAMES, kind, sprite

WHITE = (255, 255, 255)
BOTH = ("type", "body")
SEED = 11


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def drawn():
    """Two rounds of every pair of labels: (360, 32, 32, 4) pixels and (360, 2) labels."""
    count = 360
    return np.stack([sprite(SEED, i, 32) for i in range(count)]), np.array([kind(SEED, i) for i in range(count)])


def load(count=16, seed=SEED, size=16, channels=4, labels=BOTH, background=WHITE, **options):
    return Creatures(CreaturesOptions(count=count, seed=seed, **options)).load(size, channels, labels, background)


def colours(picture):
    return len(np.unique(picture[picture[..., 3] > 0][:, :3], axis=0))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**40), index=st.integers(0, 10**6), size=st.sampled_from((16, 17, 24, 32, 48, 64, 96)))
def test_every_creature_is_a_clean_sprite(seed, index, size):
    picture = sprite(seed, index, size)
    assert picture.shape == (size, size, 4) and picture.dtype == np.uint8
    alpha = picture[..., 3]
    assert set(np.unique(alpha)) == {0, 255}
    assert not picture[alpha == 0].any()
    assert 0.08 < (alpha > 0).mean() < 0.9
    assert 4 <= colours(picture) <= 20
    assert np.array_equal(picture, sprite(seed, index, size))


@pytest.mark.parametrize("size", [128, 160, 256])
def test_large_sizes_are_drawn_crisp(size):
    picture = sprite(SEED, 3, size)
    assert colours(picture) <= 20
    doubled = sprite(SEED, 3, size // 2).repeat(2, axis=0).repeat(2, axis=1)
    assert (picture != doubled).any(), "larger sizes show more detail"
    assert ((picture[..., 3] > 0) == (doubled[..., 3] > 0)).mean() > 0.9, "of the same creature"


def test_palettes_are_small():
    numbers = [colours(sprite(SEED, i, 64)) for i in range(60)]
    assert max(numbers) <= 20
    assert 6 <= np.median(numbers) <= 16


def test_the_silhouette_has_a_dark_outline(drawn):
    pictures, _ = drawn
    solid = np.pad(pictures[..., 3] > 0, ((0, 0), (1, 1), (1, 1)))
    near = solid[:, :-2, 1:-1] & solid[:, 2:, 1:-1] & solid[:, 1:-1, :-2] & solid[:, 1:-1, 2:]
    edge = solid[:, 1:-1, 1:-1] & ~near
    for picture, rim in zip(pictures, edge, strict=True):
        assert len(np.unique(picture[rim], axis=0)) == 1
        assert picture[rim][0, :3].mean() < 90


def test_most_are_symmetric(drawn):
    solid = drawn[0][..., 3] > 0
    mirrored = solid[:, :, ::-1]
    overlap = (solid & mirrored).sum((1, 2)) / (solid | mirrored).sum((1, 2))
    assert (overlap > 0.8).mean() > 0.5
    assert np.median(overlap) > 0.85


def test_all_are_distinct(drawn):
    pictures, labels = drawn
    assert len({picture.tobytes() for picture in pictures}) == len(pictures)
    order = np.lexsort(labels.T)
    for i, j in order.reshape(-1, 2):  # the two of one pair of labels
        assert (labels[i] == labels[j]).all()
        assert (pictures[i] != pictures[j]).any(axis=-1).mean() > 0.1


def test_every_pair_of_labels_comes_once_a_round(drawn):
    _, labels = drawn
    for start in (0, 180):
        assert len(np.unique(labels[start : start + 180], axis=0)) == 180
    assert labels.min(axis=0).tolist() == [0, 0] and labels.max(axis=0).tolist() == [17, 9]
    assert not np.array_equal(labels[:180], labels[180:])


def linear(features, wanted, classes, trained):
    """Accuracy of ridge regression, trained on the first `trained` rows, on the others."""
    features = np.concatenate([features, np.ones((len(features), 1))], axis=1)
    head, target = features[:trained], np.eye(classes)[wanted[:trained]]
    weights = np.linalg.solve(head.T @ head + 3 * np.eye(head.shape[1]), head.T @ target)
    return ((features[trained:] @ weights).argmax(axis=1) == wanted[trained:]).mean()


def test_labels_can_be_seen(drawn):
    pictures, labels = drawn
    solid = pictures[..., 3] > 0
    shape = solid[:, ::2, ::2].reshape(len(solid), -1).astype(float)
    bins = (pictures[..., 0] >> 5).astype(int) * 64 + (pictures[..., 1] >> 5) * 8 + (pictures[..., 2] >> 5)
    counts = [np.bincount(b[s], minlength=512) / s.sum() for b, s in zip(bins, solid, strict=True)]
    colour = np.sqrt(np.stack(counts))
    assert linear(shape, labels[:, 1], 10, 270) > 0.7, "body from the silhouette alone; chance is 0.1"
    assert linear(colour, labels[:, 0], 18, 270) > 0.6, "type from the colours alone; chance is 0.06"
    assert linear(colour, labels[:, 1], 10, 270) < 0.4, "colours do not betray the body"


def test_a_creature_does_not_depend_on_how_many_there_are():
    few, many = load(count=16), load(count=40)
    assert np.array_equal(few.pixels, many.pixels[:16])
    assert np.array_equal(few.labels, many.labels[:16])
    assert np.array_equal(few.held_out, many.held_out[:16])
    assert few.names == many.names[:16]
    assert not np.array_equal(few.pixels, load(count=16, seed=SEED + 1).pixels)


def test_the_same_in_another_process():
    code = (
        "import hashlib; from zoo_creatures.sprites import sprite\n"
        f"print(hashlib.sha256(b''.join(sprite({SEED}, i, 32).tobytes() for i in range(40))).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": word}, capture_output=True, text=True, check=True
        ).stdout
        for word in ("1", "2")
    }
    assert len(found) == 1


def test_channels():
    background = (10, 200, 90)
    four, three, one = (load(channels=n, background=background).pixels for n in (4, 3, 1))
    assert (four.shape[-1], three.shape[-1], one.shape[-1]) == (4, 3, 1)
    clear = four[..., 3] == 0
    assert (three[clear] == background).all()
    assert np.array_equal(three[~clear], four[~clear][:, :3])
    luma = three @ np.array([0.299, 0.587, 0.114])  # ITU-R BT.601
    assert np.abs(one[..., 0] - luma).max() <= 0.51


def test_luma_of_grey_is_grey():
    greys = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(4, axis=-1)
    greys[..., 3] = 255
    assert np.array_equal(composite(greys, 1, WHITE)[..., 0], greys[..., 0])


def test_space_and_labels_follow_what_is_asked():
    found = load(labels=("body",))
    assert found.space.labels == {"body": BODY_NAMES}
    assert found.labels.shape == (16, 1) and found.labels.dtype == np.int64
    both, turned = load(), load(labels=("body", "type"))
    assert tuple(turned.space.labels) == ("body", "type")
    assert np.array_equal(turned.labels, both.labels[:, ::-1])
    assert load(labels=()).labels.shape == (16, 0)
    assert [(n.split("-")[1], n.split("-")[2]) for n in both.names] == [
        (both.space.labels["type"][a], both.space.labels["body"][b]) for a, b in both.labels
    ]


def test_held_out_is_a_fraction_that_only_grows():
    tenth = np.array([held_out(0, i, 0.1) for i in range(4000)])
    third = np.array([held_out(0, i, 0.3) for i in range(4000)])
    assert abs(tenth.mean() - 0.1) < 0.02 and abs(third.mean() - 0.3) < 0.03
    assert (third | ~tenth).all()
    assert not any(held_out(0, i, 0.0) for i in range(1000))
    assert [held_out(1, i, 0.1) for i in range(4000)] != tenth.tolist()


def test_cache_changes_nothing(cache):
    first = load()
    files = list(cache.rglob("*.npz"))
    assert len(files) == 1
    assert load().sha256 == first.sha256
    files[0].write_bytes(files[0].read_bytes()[:500])
    assert load().sha256 == first.sha256
    files[0].write_bytes(b"not an archive")
    assert load().sha256 == first.sha256
    with open(files[0], "wb") as file:
        np.savez(file, pixels=np.zeros((2, 16, 16, 4), np.uint8))
    assert load().sha256 == first.sha256


def test_cache_is_read(cache):
    first = load()
    file = next(cache.rglob("*.npz"))
    with open(file, "wb") as stream:
        np.savez(stream, pixels=255 - first.pixels)
    assert np.array_equal(load().pixels, 255 - first.pixels)


def test_cache_that_cannot_be_written(tmp_path, monkeypatch):
    wanted = load().sha256
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "file"))
    assert load().sha256 == wanted


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 8}, "type --size 16"),
        ({"size": 512}, "type --size 256"),
        ({"channels": 2}, "type --channels 3"),
        ({"labels": ("colour",)}, "type or body"),
        ({"count": 3}, "16 or more"),
    ],
)
def test_mistakes_are_named(arguments, message):
    with pytest.raises(ZooError, match=message):
        load(**arguments)


def test_options_are_described_and_bounded():
    assert [item.name for item in describe(CreaturesOptions)] == ["count", "seed", "held_out"]
    with pytest.raises(ZooError, match="count=15"):
        parse(CreaturesOptions, {"count": "15"}, "dataset creatures")


@pytest.mark.parametrize(
    ("oklch", "wanted"),
    [((1.0, 0.0, 0.0), (255, 255, 255)), ((0.0, 0.0, 0.0), (0, 0, 0)), ((0.62796, 0.25768, 29.234), (255, 0, 0))],
)
def test_oklch_of_known_colours(oklch, wanted):
    assert max(abs(a - b) for a, b in zip(rgb(oklch), wanted, strict=True)) <= 1
