"""`zoo data check`: every fact and every warning on sets that were made to have it, and nothing on a set that has nothing."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from zoo_bench.data import near
from zoo_bench.data.look import look
from zoo_bench.data.scan import File
from zoo_core.cli import zoo
from zoo_core.errors import RunFailure, ZooError

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def scene(seed, size=40):
    """A picture with large shapes, unlike those of other seeds."""
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 5, 3), np.uint8)
    return Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC)


def fill(folder, count=40, start=0):
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(start, start + count):
        scene(seed).save(folder / f"{seed:04d}.png")
    return folder


def check(folder, *options):
    done = CliRunner().invoke(zoo, ["data", "check", str(folder), "--json", *options], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def page(folder, *options):
    return CliRunner().invoke(zoo, ["data", "check", str(folder), *options], catch_exceptions=False).output


def test_a_good_set_has_no_warning(tmp_path):
    folder = fill(tmp_path / "train", 220).parent
    fill(tmp_path / "val", 60, 500)
    found = check(folder)
    assert found["warnings"] == [] and found["skipped"] == []
    assert found["pictures"]["count"] == 280 and found["pictures"]["sizes"] == {"40x40": 280}
    assert found["split"] == {"stated": True, "train": 220, "held_out": 60}
    assert not found["exact"]["groups"] and not found["nearly"]["groups"]
    assert "nothing to warn of" in page(folder)


def test_kinds_modes_alpha_and_colours_are_told(tmp_path):
    fill(tmp_path, 16)
    Image.new("P", (8, 24)).save(tmp_path / "palette.gif")
    Image.new("L", (24, 8), 77).save(tmp_path / "grey.jpg", quality=100)
    hard = Image.new("RGBA", (32, 32))
    hard.paste((255, 0, 0, 255), (0, 0, 16, 16))
    hard.paste((0, 0, 255, 255), (0, 0, 4, 4))
    hard.save(tmp_path / "hard.png")
    hard.putpixel((20, 20), (255, 255, 0, 100))
    hard.save(tmp_path / "soft.png")
    found = check(tmp_path)["pictures"]
    assert found["formats"] == {"PNG": 18, "GIF": 1, "JPEG": 1}
    assert found["modes"] == {"RGB": 16, "RGBA": 2, "L": 1, "P": 1}
    assert found["alpha"] == {"none": 18, "hard": 1, "soft": 1}
    assert found["drawn"]["low"] == 0.25 and found["drawn"]["high"] == 1
    assert found["longer_side"] == {"low": 24, "middle": 40, "high": 40}
    assert found["colours"]["low"] == 1 and found["colours"]["high"] == 257 and found["distinct"] is None
    assert found["common"]["#ff0000"] == found["common"]["#0000ff"] == 2 and "#ffff00" not in found["common"]


def test_the_palette_of_a_set_is_counted(tmp_path):
    colours = [(k * 13 % 256, k * 7 % 256, k) for k in range(60)]
    for k in range(20):
        image = Image.new("RGB", (16, 16), colours[k])
        image.paste((9, 9, 9), (0, 0, 8, k % 8 + 1))
        image.paste(colours[k + 20], (8, 8, 16, 9 + k % 8))
        image.save(tmp_path / f"{k:02d}.png")
    found = check(tmp_path)["pictures"]
    assert found["distinct"] == 41 and found["common"]["#090909"] == 20 and found["pixel_art"]
    assert found["colours"] == {"low": 3, "middle": 3, "high": 3}


def test_equal_images_and_those_that_look_alike_are_found_across_the_split(tmp_path):
    fill(tmp_path / "train", 30)
    fill(tmp_path / "test", 20, 100)
    scene(3).save(tmp_path / "test" / "equal.png")
    scene(4).save(tmp_path / "test" / "other.jpg", quality=80)
    ImageEnhance.Brightness(scene(5)).enhance(1.05).save(tmp_path / "train" / "brighter.png")
    found = check(tmp_path)
    assert found["exact"] == {
        "groups": [["test/equal.png", "train/0003.png"]],
        "across": [["train/0003.png", "test/equal.png"]],
    }
    assert found["nearly"]["groups"] == [["test/other.jpg", "train/0004.png"], ["train/0005.png", "train/brighter.png"]]
    assert found["nearly"]["across"] == [["train/0004.png", "test/other.jpg"]]
    text = "\n".join(found["warnings"])
    assert "the split leaks: 1 pair of images that look alike has one that is trained on" in text
    assert "1 image repeat" in text and "across the split: the later by name are left out" in text


def test_sprites_that_share_an_empty_frame_are_not_alike(tmp_path):
    rng = np.random.default_rng(0)
    for k in range(30):
        sprite = Image.new("RGBA", (48, 48))
        body = Image.fromarray(rng.integers(0, 256, (10, 10, 3), np.uint8))
        sprite.paste(body, (19, 19))
        sprite.save(tmp_path / f"{k:02d}.png")
    found = check(tmp_path)
    assert found["nearly"]["groups"] == []
    assert any("draw less than 4% of their frame" in line for line in found["warnings"])


def test_families_across_the_split_are_told_and_can_be_kept_together(tmp_path):
    fill(tmp_path, 60)
    lines = [{"file_name": f"{k:04d}.png", "species": f"s{k // 3}", "only": f"n{k}", "kind": "ab"[k % 2]} for k in range(60)]
    (tmp_path / "metadata.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = check(tmp_path, "--held-out", "0.3")
    assert found["families"].keys() == {"species"} and found["families"]["species"]["values"] == 20
    across = found["families"]["species"]["across"]
    assert across > 0 and any("type --set dataset.together=species" in line for line in found["warnings"])

    from zoo_bench.data.folder import Folder
    from zoo_bench.data.options import FolderOptions

    images = Folder(FolderOptions(path=str(tmp_path), held_out=0.3, together="species")).load(16, 3, (), (0, 0, 0))
    sides = images.held_out.reshape(20, 3)
    assert (sides.all(1) | ~sides.any(1)).all() and 0 < images.held_out.sum() < 60
    with pytest.raises(ZooError, match="has no field specie for together=: it has kind, only, species"):
        Folder(FolderOptions(path=str(tmp_path), together="specie")).load(16, 3, (), (0, 0, 0))


def test_labels_and_their_balance(tmp_path):
    fill(tmp_path / "cats", 45)
    fill(tmp_path / "dogs", 3, 100)
    found = check(tmp_path)
    assert found["labels"] == {"class": {"counts": {"cats": 45, "dogs": 3}, "missing": 0}}
    assert "label class: 1 of 2 values has fewer than 16 images, dogs only 3: too few to learn from" in found["warnings"]


@pytest.mark.parametrize(
    ("count", "said"), [(5, "5 usable images, 16 are needed to train at all"), (40, "36 images to train on are few")]
)
def test_too_few_images_are_a_warning(tmp_path, count, said):
    found = check(fill(tmp_path, count))
    assert found["warnings"][0].startswith(said), found["warnings"]


def test_what_cannot_be_used_is_counted_and_named(tmp_path):
    fill(tmp_path, 20)
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing")
    (tmp_path / "scan.tiff").write_bytes(b"II")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    found = check(tmp_path)
    assert {item["name"] for item in found["skipped"]} == {"bad.png", "scan.tiff", "gone.png"}
    assert any(line.startswith("3 files or lines cannot be used") for line in found["warnings"])


def test_sets_without_a_usable_image_and_no_folder(tmp_path):
    (tmp_path / "bad.png").write_bytes(b"")
    found = check(tmp_path)
    assert found["pictures"] is None and found["warnings"][0].startswith("0 usable images")
    assert "not used" in page(tmp_path)
    with pytest.raises(ZooError, match="no folder"):
        page(tmp_path / "none")


def test_strict_fails_where_there_is_a_warning(tmp_path):
    with pytest.raises(RunFailure, match="warning"):
        page(fill(tmp_path, 5), "--strict")


def test_enlarging_is_a_warning(tmp_path):
    fill(tmp_path, 16)
    assert any(
        "smaller than 64 pixels and will be enlarged: type --size 40" in w for w in check(tmp_path, "--size", "64")["warnings"]
    )
    assert not any("enlarged" in w for w in check(tmp_path, "--size", "40")["warnings"])


def test_hashes_are_the_signs_of_scipys_cosine_transform():
    from scipy.fft import dctn

    small = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 4), np.uint8)
    grey = near.on_white(small).astype(np.float64) @ (0.299, 0.587, 0.114)
    low = np.stack([dctn(image, norm=None)[1:9, 1:9].ravel() for image in grey])
    assert ((low > np.median(low, 1, keepdims=True)) == near.hashes(small)).mean() > 0.99
    assert (near.hashes(small).sum(1) == 32).all()


def test_pairs_are_those_of_a_comparison_one_by_one(monkeypatch):
    monkeypatch.setattr(near, "BLOCK", 7)
    originals = [np.asarray(scene(seed, 32).convert("RGBA")) for seed in range(10)]
    noisy = [np.clip(image + np.random.default_rng(k).normal(0, 6, image.shape), 0, 255) for k, image in enumerate(originals)]
    small = np.concatenate([originals, noisy]).astype(np.uint8)
    small[..., 3] = 255
    signs = near.hashes(small)

    def alike(i, j):
        apart = np.abs(small[i, ..., :3].astype(float) - small[j, ..., :3]).mean()
        return (signs[i] != signs[j]).sum() <= near.BITS and apart <= near.DIFFERENCE

    wanted = [(i, j) for i, j in combinations(range(20), 2) if alike(i, j)]
    assert near.near_pairs(small) == wanted and {(k, k + 10) for k in range(10)} <= set(wanted)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=15))
def test_groups_are_the_connected_parts(pairs):
    pairs = [(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]]
    reach = {node: {node} for pair in pairs for node in pair}
    for _ in range(13):
        for i, j in pairs:
            reach[i] |= reach[j]
            reach[j] |= reach[i]
    assert near.groups(pairs) == [list(nodes) for nodes in sorted({tuple(sorted(nodes)) for nodes in reach.values()})]


def test_a_file_that_is_gone_when_it_is_looked_at(tmp_path):
    from zoo_bench.data.decode import Unusable

    with pytest.raises(Unusable, match="vanished"):
        look(tmp_path, File("none.png", {}, None, (0, 0, 0)), 10**6)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared images are not here")
def test_a_photograph_that_is_on_both_sides_of_cifars_split(tmp_path):
    for side in ("train", "test"):
        (tmp_path / side).mkdir()
        (tmp_path / side / "horse").symlink_to(SHARED / "cifar10_subset" / side / "horse")
    found = check(tmp_path)
    assert found["nearly"]["across"] == [["train/horse/0338.jpg", "test/horse/0089.jpg"]]
