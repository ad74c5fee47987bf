"""Training from published weights: they arrive as they were, the recipe says whose they are, and nothing else is taken."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

import zoo_core
from zoo_bench.run.init import ALL, GENERATOR, initialise, starting_from
from zoo_core.cli import main
from zoo_core.errors import RunFailure, ZooError
from zoo_core.model.hub import load
from zoo_core.recipe.recipe import Recipe
from zoo_core.registry.catalog import discover
from zoo_testing.small import tiny_recipe, trained
from zoo_train.checkpoint import checkpoints, network_tensors
from zoo_train.export import run_bundle
from zoo_train.run import build

from .conftest import SMALL

pytest_plugins = ["zoo_testing.fake_hub.fixture"]
TRAINING = "training.safetensors"


def recipe_for(run: Path, settings: tuple[str, ...] = (), **given) -> Recipe:
    """A recipe with the networks of the run, and another seed."""
    arguments = {"labels": ("type",), "seed": 7} | given
    return tiny_recipe(settings=("dataset.count=40", *settings), **arguments)


def look(run: Path, folder: Path, *options: str) -> Path:
    """What is published of the run."""
    assert main(["publish", str(run), "user/model", "--dry-run", str(folder), *options]) == 0
    return folder


@pytest.fixture(scope="module")
def whole(scored_run, tmp_path_factory) -> Path:
    """Published with all networks; not to be changed."""
    return look(scored_run, tmp_path_factory.mktemp("whole") / "model", "--with-training")


@pytest.fixture
def copy(whole, tmp_path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "copy"))


def started(recipe: Recipe, ref: str | Path) -> dict[str, torch.Tensor]:
    """Networks of a run that starts from `ref`."""
    run = build(recipe, discover())
    initialise(run, starting_from(recipe, str(ref), discover()), discover())
    return {name: value.clone() for name, value in network_tensors(run).items()}


def same(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> bool:
    return found.keys() == expected.keys() and all(torch.equal(found[name], expected[name]) for name in found)


def test_all_networks_that_were_published_are_taken(whole, scored_run):
    published = load_file(whole / TRAINING)
    assert {name.split(".")[1] for name in published if name.startswith("net.")} == {"generator", "critic"}
    assert same(started(recipe_for(scored_run), whole), published)
    newest = load_file(checkpoints(scored_run / "checkpoints")[0])
    assert all(torch.equal(newest[name], value) for name, value in published.items())
    assert same(started(recipe_for(scored_run), scored_run), published)  # a run is as good


def test_the_averaged_generator_alone_is_taken_where_nothing_else_was_published(copy, scored_run):
    (copy / TRAINING).unlink()
    fresh = build(recipe_for(scored_run), discover())
    found, average = started(recipe_for(scored_run), copy), load(copy).generator.state_dict()
    assert all(
        torch.equal(found[f"{place}.{name}"], value)
        for place in ("net.generator", "average")
        for name, value in average.items()
    )
    critic = {name: value for name, value in network_tensors(fresh).items() if name.startswith("net.critic")}
    assert critic and all(torch.equal(found[name], value) for name, value in critic.items())


def test_another_objective_takes_the_generator_alone(whole, scored_run):
    other = starting_from(recipe_for(scored_run, ("prior=normal",), model="wgan_clip"), str(whole), discover())
    assert other["networks"] == GENERATOR
    assert starting_from(recipe_for(scored_run), str(whole), discover())["networks"] == ALL


def test_the_recipe_records_the_commit_and_goes_on_with_it(whole, scored_run, fake_hub):
    first = fake_hub.add("user/model", {path.name: path for path in whole.iterdir()}, tag="v1")
    recipe = recipe_for(scored_run)
    start = starting_from(recipe, "user/model@v1", discover())
    assert (start["ref"], start["commit"]) == ("user/model", first)
    fake_hub.add("user/model", {"model.safetensors": b"others", TRAINING: b"others"})  # the branch moves, the commit stays
    run = build(recipe, discover())
    initialise(run, start, discover())
    assert same(network_tensors(run), load_file(whole / TRAINING))


def test_weights_that_changed_since_are_refused(copy, scored_run):
    recipe = recipe_for(scored_run)
    start = starting_from(recipe, str(copy), discover())
    tensors = load_file(copy / TRAINING)
    name = next(iter(tensors))
    save_file({**tensors, name: tensors[name] + 1}, copy / TRAINING)
    with pytest.raises(ZooError, match="not those that this run was planned with"):
        initialise(build(recipe, discover()), start, discover())
    shutil.rmtree(copy)
    with pytest.raises(ZooError, match=r"copy"):
        initialise(build(recipe, discover()), start, discover())


@pytest.mark.parametrize(
    ("settings", "given", "advice"),
    [
        (("generator.width=4",), {}, ["--set generator.width=2"]),
        (("critic.width=8",), {}, ["--set critic.width=4"]),
        (("latent=7",), {}, ["--set latent=6"]),
        (("prior=uniform",), {}, ["--set prior=normal"]),
        ((), {"size": 32}, ["--size 16"]),
        ((), {"channels": 1}, ["--channels 3"]),
        ((), {"labels": ()}, ["--labels type"]),
        ((), {"labels": ("body",), "size": 20}, ["--size 16", "--labels type"]),
        ((), {"parts": {"upsampler": "nearest"}}, ["--upsampler zoo-core/transposed"]),
    ],
)
def test_other_networks_are_refused_with_what_to_type(whole, scored_run, settings, given, advice):
    with pytest.raises(ZooError) as caught:
        starting_from(recipe_for(scored_run, settings, **given), str(whole), discover())
    assert str(caught.value).endswith(f"type {' '.join(advice)}") and "\n" not in str(caught.value)


def damaged(tensors: dict[str, torch.Tensor], kind: str) -> dict[str, torch.Tensor]:
    name = next(name for name in tensors if name.startswith("net.critic") and tensors[name].dim() > 1)
    if kind == "missing":
        return {key: value for key, value in tensors.items() if key != name}
    change = {
        "surplus": {"net.other.weight": torch.zeros(1)},
        "shape": {name: torch.zeros(3, 5)},
        "type": {name: tensors[name].to(torch.int32)},
        "nan": {name: tensors[name] * float("nan")},
    }
    return tensors | change[kind]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", "is missing"),
        ("surplus", "net.other.weight has no place"),
        ("shape", r"is \(3, 5\)"),
        ("type", "int32"),
        ("nan", "not finite"),
    ],
)
def test_weights_that_do_not_fit_are_one_line_and_change_nothing(copy, scored_run, kind, message):
    save_file(damaged(load_file(copy / TRAINING), kind), copy / TRAINING)
    with pytest.raises(ZooError, match=message) as caught:
        starting_from(recipe_for(scored_run), str(copy), discover())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"x" * 100, (10**10).to_bytes(8, "little") + b"{}"])
def test_damaged_files_are_one_line(copy, scored_run, content):
    (copy / TRAINING).write_bytes(content)
    with pytest.raises(ZooError, match="cannot be read"):
        starting_from(recipe_for(scored_run), str(copy), discover())


def test_bench_starts_from_it_and_resumes_to_the_same_bytes(whole, tmp_path, capsys):
    arguments = [*SMALL, "--labels", "type", "--no-eval", "--init-from", str(whole), "--steps", "2", "--seed", "3"]
    for name in ("a", "b"):
        assert main([*arguments, "--out", str(tmp_path / name)]) == 0
    assert "starts from all networks of" in capsys.readouterr().err
    start = json.loads((tmp_path / "a/recipe.json").read_text())["provenance"]["init_from"]
    assert start["networks"] == ALL and len(start["sha256"]) == 64
    # As if it had been killed before its first checkpoint.
    shutil.rmtree(tmp_path / "b/checkpoints")
    shutil.rmtree(tmp_path / "b/model")
    (tmp_path / "b/report.json").unlink()
    assert main(["bench", "--resume", str(tmp_path / "b"), "--no-eval"]) == 0
    weights = [(tmp_path / name / "model/model.safetensors").read_bytes() for name in ("a", "b")]
    assert weights[0] == weights[1] != (whole / "model.safetensors").read_bytes()


def test_what_does_not_fit_costs_no_run(whole, tmp_path, scored_run, capsys):
    run = shutil.copytree(scored_run, tmp_path / "run")
    before = (run / "model/model.safetensors").read_bytes()
    code = main([*SMALL, "--init-from", str(whole), "--steps", "2", "--overwrite", "--out", str(run)])
    assert code == 2 and "--labels type" in capsys.readouterr().err
    assert (run / "model/model.safetensors").read_bytes() == before and (run / "report.json").exists()
    for ref in ("user/absent name", str(tmp_path), "absent"):
        assert main([*SMALL, "--init-from", ref, "--steps", "2", "--out", str(tmp_path / "new")]) == 2
    assert not (tmp_path / "new").exists()


def test_a_fine_tuned_model_says_whose_weights_it_had(whole, tmp_path):
    out, shown = tmp_path / "tuned", tmp_path / "look"
    arguments = [*SMALL, "--labels", "type", "--no-eval", "--init-from", str(whole), "--steps", "1", "--out", str(out)]
    assert main(arguments) == 0 and main(["publish", str(out), "user/tuned", "--dry-run", str(shown)]) == 0
    assert "| started from | model (" in (shown / "README.md").read_text()
    assert json.loads((shown / "recipe.json").read_text())["provenance"]["init_from"]["ref"] == "model"


def test_save_writes_what_every_command_takes(tmp_path):
    run = trained(tiny_recipe(), 1)
    zoo_core.save(run_bundle(run), tmp_path / "saved")
    bundle = zoo_core.load(tmp_path / "saved")
    assert torch.equal(bundle.sample(2), zoo_core.load(str(tmp_path / "saved")).sample(2))
    zoo_core.save(bundle, str(tmp_path / "again"))
    for name in ("config.json", "model.safetensors"):
        assert (tmp_path / "saved" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    start = starting_from(run.recipe.with_seed(1), str(tmp_path / "saved"), discover())
    assert start["networks"] == GENERATOR


def test_checkpoints_that_are_damaged_are_not_published(run, tmp_path):
    path = checkpoints(run / "checkpoints")[0]
    path.write_bytes(path.read_bytes()[:-1])
    for other in checkpoints(run / "checkpoints")[1:]:
        other.unlink()
    from zoo_bench.publish.training import trained_networks
    from zoo_bench.records.folder import RunFolder

    with pytest.raises(RunFailure, match="leave --with-training out"):
        trained_networks(RunFolder(run), RunFolder(run).load_recipe(), discover())
