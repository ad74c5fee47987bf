"""Guides of held-out images, edge agreement, and a guided run from `zoo bench` to `zoo sample`."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from zoo_bench.evaluation.edge_agreement import edge_f1, edge_scores
from zoo_bench.evaluation.overfit import overfit_error
from zoo_bench.records.folder import RunFolder
from zoo_bench.samples.drawn import generate
from zoo_bench.samples.guides import Guides, draw_guides, guides_for
from zoo_core.cli import main
from zoo_core.images import Images
from zoo_core.model.bundle import Bundle
from zoo_core.model.edges import edge_map
from zoo_core.model.pixels import to_unit
from zoo_core.registry.catalog import discover
from zoo_core.space import Space
from zoo_testing.small import random_images, tiny_recipe
from zoo_train.export import run_bundle
from zoo_train.run import build

TINY = [
    "--size", "16", "--set", "generator.width=2", "--set", "critic.width=4", "--set", "generator.max_width=8",
    "--set", "critic.max_width=8", "--set", "latent=6", "--set", "train.batch=4", "--set", "dataset.count=40", "--threads", "1",
]  # fmt: skip


def naive_f1(lines, edges, tolerance):
    """Of two (H, W) masks, point by point."""
    a, b = np.argwhere(lines).tolist(), np.argwhere(edges).tolist()
    if not a and not b:
        return 1.0

    def near(point, others):
        return any(max(abs(point[0] - y), abs(point[1] - x)) <= tolerance for y, x in others)

    precision = sum(near(point, a) for point in b) / max(1, len(b))
    recall = sum(near(point, b) for point in a) / max(1, len(a))
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.03, 0.2, 1.0]), st.integers(0, 2))
@settings(max_examples=40, deadline=None)
def test_f1_is_that_of_a_loop_over_points(seed, share, tolerance):
    random = np.random.default_rng(seed)
    lines, edges = random.random((3, 8, 9)) < share, random.random((3, 8, 9)) < 0.1
    found = edge_f1(torch.from_numpy(lines)[:, None].float(), torch.from_numpy(edges)[:, None].float(), tolerance)
    assert found.tolist() == pytest.approx([naive_f1(*pair, tolerance) for pair in zip(lines, edges, strict=True)], abs=1e-6)


def test_f1_forgives_one_pixel_and_not_two():
    line = torch.zeros(1, 1, 8, 8)
    line[..., 3, :] = 1
    f1 = [edge_f1(line, line.roll(by, 2)).item() for by in range(3)]
    assert f1 == [1, 1, 0]


class Painter(torch.nn.Module):
    """Black where the guide is, or a fixed picture: generators with a known score."""

    def __init__(self, obeys, guide=1):
        super().__init__()
        self.obeys = obeys
        self.unused = torch.nn.Parameter(torch.zeros(1))

    def forward(self, z, condition):
        n, _, h, w = condition.guide.shape
        lines = condition.guide if self.obeys else torch.zeros(n, 1, h, w).index_fill_(2, torch.tensor([h // 2]), 1.0)
        return (1 - 2 * lines).expand(n, 3, h, w)


def boxes(n=24, size=16, labels=False):
    """Outlines of boxes at other places, one pixel wide; a third of the images is held out."""
    random = np.random.default_rng(1)
    pixels = np.full((n, size, size, 3), 255, np.uint8)
    for image, (top, left, high, wide) in zip(pixels, random.integers((1, 1, 4, 4), (7, 7, 9, 9), (n, 4)), strict=True):
        image[top : top + high, left : left + wide] = 0
        image[top + 1 : top + high - 1, left + 1 : left + wide - 1] = 255
    space = Space(size, 3, {"side": ("a", "b")} if labels else {})
    values = np.arange(n)[:, None] % 2 if labels else np.zeros((n, 0), np.int64)
    return Images(space, pixels, values.astype(np.int64), np.arange(n) % 3 == 0, tuple(map(str, range(n))))


def bundle_of(painter, space):
    from zoo_core.prior import Prior

    config = {"background": [255, 255, 255], "guide": {"kind": "edges", "threshold": 0.5, "thin": False}}
    return Bundle(config, painter, dataclasses.replace(space, guide=1), Prior(2))


def test_guides_are_the_edges_of_held_out_images_in_turn():
    images = boxes()
    guides = guides_for(bundle_of(Painter(True), images.space), images, 19)
    held = np.flatnonzero(images.held_out)
    assert guides.sources.tolist() == [held[i % len(held)] for i in range(19)]
    pixels = torch.from_numpy(images.pixels[guides.sources].transpose(0, 3, 1, 2).copy())
    assert torch.equal(guides.lines, edge_map(to_unit(pixels), 0.5, False))
    trained_on = dataclasses.replace(images, held_out=np.zeros(len(images.pixels), bool))
    assert guides_for(bundle_of(Painter(True), images.space), trained_on, 3).sources.tolist() == [0, 1, 2]


def test_samples_follow_the_guides_and_have_the_labels_of_their_images():
    images = boxes(labels=True)
    bundle = bundle_of(Painter(True), images.space)
    pixels, labels = generate(bundle, images, 11)
    guides = guides_for(bundle, images, 11)
    assert np.array_equal(labels, images.labels[guides.sources])
    assert np.array_equal(pixels[..., 0] == 0, guides.lines[:, 0].numpy() > 0)


def test_agreement_tells_a_generator_that_obeys_from_one_that_does_not():
    images = boxes()
    found = {}
    for obeys in (True, False):
        bundle = bundle_of(Painter(obeys), images.space)
        fakes, _ = generate(bundle, images, 20)
        scores = {item["name"]: item for item in edge_scores(bundle, images, fakes, guides_for(bundle, images, 20))}
        assert scores["edge_f1"]["floor"] == 1.0
        assert scores["edge_f1_shuffled"]["floor"] < 0.9
        assert all(item["id"].startswith(f"{name}-edges0.5-8x20-") for name, item in scores.items())
        found[obeys] = scores
    assert found[True]["edge_f1"]["value"] > found[True]["edge_f1_shuffled"]["value"] + 0.2
    assert abs(found[False]["edge_f1"]["value"] - found[False]["edge_f1_shuffled"]["value"]) < 0.05


def test_no_sample_is_held_against_its_own_guide_in_the_control():
    images = boxes(n=6)  # two held out
    bundle = bundle_of(Painter(True), images.space)
    fakes, _ = generate(bundle, images, 4)
    guides = guides_for(bundle, images, 4)
    control = edge_scores(bundle, images, fakes, guides)[1]
    drawn = bundle.guide(torch.from_numpy(fakes.transpose(0, 3, 1, 2).copy()))
    assert control["value"] == pytest.approx(edge_f1(guides.lines.roll(1, 0), drawn).mean().item())
    alone = Guides(guides.lines[:1], guides.sources[:1])
    assert [item["name"] for item in edge_scores(bundle, images, fakes[:1], alone)] == ["edge_f1"]


def test_the_figure_shows_guide_sample_and_image(tmp_path):
    images = boxes()
    folder = RunFolder(tmp_path)
    folder.samples.mkdir()
    draw_guides(bundle_of(Painter(True), images.space), images, folder, (255, 255, 255))
    picture = np.asarray(Image.open(folder.samples / "guides.png"))
    first = int(np.flatnonzero(images.held_out)[0])
    assert np.array_equal(picture[:16, :16], picture[:16, 18:34])  # this generator draws the guide itself
    assert np.array_equal(picture[:16, 36:52], images.pixels[first])


def test_learning_by_heart_is_measured_with_the_images_own_guides():
    images = boxes(n=2)
    painted = 255 - 255 * bundle_of(Painter(True), images.space).guide(
        torch.from_numpy(images.pixels.transpose(0, 3, 1, 2).copy())
    )
    same = dataclasses.replace(images, pixels=painted.to(torch.uint8).permute(0, 2, 3, 1).repeat(1, 1, 1, 3).numpy())
    lines = bundle_of(Painter(True), images.space)
    again = 255 - 255 * lines.guide(torch.from_numpy(same.pixels.transpose(0, 3, 1, 2).copy()))
    expected = np.abs(again.permute(0, 2, 3, 1).numpy() - same.pixels).mean() / 255
    assert overfit_error(lines, same) == pytest.approx(expected, abs=1e-6)


def test_an_unguided_model_is_asked_for_nothing(tmp_path):
    bundle = run_bundle(build(tiny_recipe("dcgan"), discover()))
    images = random_images(bundle.space)
    assert guides_for(bundle, images, 3) is None
    folder = RunFolder(tmp_path)
    folder.samples.mkdir()
    draw_guides(bundle, images, folder, (255, 255, 255))
    assert not list(folder.samples.iterdir())


@pytest.fixture(scope="module")
def guided(tmp_path_factory):
    """A run of a reference model with guides, and one without."""
    folder = tmp_path_factory.mktemp("guided")
    arguments = ["bench", "--model", "gan", *TINY, "--steps", "3"]
    thin = ["--guide", "edges", "--set", "guide.thin=true", "--labels", "type"]
    assert main([*arguments, *thin, "--out", str(folder / "run")]) == 0
    assert main([*arguments, "--no-eval", "--out", str(folder / "plain")]) == 0
    return folder


def test_a_guided_run_reports_its_edge_agreement_and_shows_it(guided):
    run = guided / "run"
    report = json.loads((run / "report.json").read_text())
    scores = {item["name"]: item for item in report["scores"]}
    assert 0 <= scores["edge_f1"]["value"] <= 1 and scores["edge_f1"]["floor"] == 1
    assert 0 <= scores["edge_f1_shuffled"]["value"] <= 1
    assert "-edges0.5-thin-" in scores["edge_f1"]["id"]
    assert Image.open(run / "samples" / "guides.png").size == (12 * 18 - 2, 6 * 18 - 2)
    page = (run / "report.html").read_text()
    assert "Edge agreement, shuffled" in page and "to follow" in page
    assert json.loads((run / "model/config.json").read_text())["guide"] == {"kind": "edges", "threshold": 0.5, "thin": True}
    plain = json.loads((guided / "plain/report.json").read_text())
    assert not any(item["name"].startswith("edge") for item in plain.get("scores", []))
    assert not (guided / "plain/samples/guides.png").exists()


def test_drawings_are_sampled_a_row_each(guided, tmp_path):
    pixels = np.full((40, 60), 255, np.uint8)
    pixels[10:30, 20] = 0
    for name, values in (("a.png", pixels), ("b.jpg", 255 - pixels.T)):
        Image.fromarray(values).save(tmp_path / name)
    out = tmp_path / "out.png"
    arguments = ["sample", str(guided / "run"), "--guide", str(tmp_path / "a.png"), "--guide", str(tmp_path / "b.jpg")]
    assert main([*arguments, "-n", "3", "--labels", "type=fire", "-o", str(out)]) == 0
    picture = np.asarray(Image.open(out))
    assert picture.shape == (2 * 18 - 2, 4 * 18 - 2, 3)
    first = picture[:16, :16, 0]
    assert set(np.unique(first)) == {0, 255} and 5 <= (first == 0).sum() <= 12  # the line that was drawn
    assert main([*arguments, "-o", str(out)]) == 0
    assert Image.open(out).size[0] == 8 * 18 - 2


def test_what_does_not_fit_is_said_in_one_line(guided, tmp_path, capsys):
    drawing = tmp_path / "drawing.png"
    drawing.write_text("a drawing")
    for arguments, words in (
        (["run"], "type --guide drawing.png"),
        (["run", "--guide", str(drawing)], "no picture"),
        (["run", "--guide", str(tmp_path / "absent.png")], "no such file"),
        (["plain", "--guide", str(drawing)], "takes no guide"),
    ):
        assert main(["sample", str(guided / arguments[0]), *arguments[1:], "-o", str(tmp_path / "out.png")]) == 2
        error = capsys.readouterr().err
        assert error.startswith("error: ") and error.count("\n") == 1 and words in error
        assert not (tmp_path / "out.png").exists()


def test_a_config_with_a_broken_guide_is_refused(guided, tmp_path, capsys):
    import shutil

    shutil.copytree(guided / "run/model", tmp_path / "model")
    config = json.loads((tmp_path / "model/config.json").read_text())
    for broken in ({"threshold": "wide"}, ["edges"], {"threshold": None}):
        (tmp_path / "model/config.json").write_text(json.dumps({**config, "guide": broken}))
        assert main(["sample", str(tmp_path / "model"), "-o", str(tmp_path / "out.png")]) == 2
        assert "not a model's configuration" in capsys.readouterr().err
