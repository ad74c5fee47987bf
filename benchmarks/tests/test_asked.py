"""What is typed after `zoo bench`: every option has one group in `--help` and one typed field."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
import typing
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from PIL import Image

from zoo_bench import asked as module
from zoo_bench import habits
from zoo_bench.asked import Asked, asked_of
from zoo_bench.commands.bench import bench
from zoo_bench.commands.eval import eval_command
from zoo_bench.commands.publish import verify
from zoo_bench.flags import groups_of
from zoo_bench.matrix.cells import NOT_OF_A_CELL
from zoo_bench.plan import recipe_of
from zoo_core.cli import main
from zoo_core.errors import ZooError
from zoo_core.recipe.recipe import Budget
from zoo_core.registry.catalog import discover

TITLES = ("What to train", "Data", "Budget", "Seeds and many runs", "Devices", "The run", "Scores", "Publishing", "Other")
FIELDS = [(name, each, field) for name, _, each in groups_of(Asked) for field in dataclasses.fields(each)]


def typed(*words: str) -> Asked:
    return asked_of(bench.make_context("bench", list(words)), discover())


def test_help_shows_every_option_once_under_its_title_at_80_columns():
    text = CliRunner().invoke(bench, ["--help"], terminal_width=80).output
    assert max(map(len, text.splitlines())) <= 80
    assert tuple(re.findall(r"^(\w.*):$", text, re.MULTILINE)) == TITLES
    flags = re.findall(r"^  (?:-h, )?(--[\w-]+)", text[text.index("What to train:") :], re.MULTILINE)
    assert (
        sorted(flags) == sorted(["--help", *(option.opts[-1] for option in bench.params)])
        and len(set(flags)) == len(flags) > 50
    )
    data = text[text.index("Data:") : text.index("Budget:")]
    assert "--dataset" in data and "--steps" not in data


def test_no_two_fields_have_the_same_name():
    names = [field.name for _, _, field in FIELDS]
    assert len(set(names)) == len(names) == len(bench.params)


@pytest.mark.parametrize(("group", "each", "field"), FIELDS, ids=lambda value: getattr(value, "name", None))
def test_a_field_holds_what_its_type_says(group, each, field):
    hint = typing.get_type_hints(each, vars(module))[field.name]
    kinds = tuple(typing.get_origin(kind) or kind for kind in (typing.get_args(hint) or (hint,)) if kind is not ...)
    kinds = (tuple,) if typing.get_origin(hint) is tuple else kinds
    assert isinstance(getattr(getattr(typed(), group), field.name), kinds)
    option = next(option for option in bench.params if option.name == field.name)
    word = {"labels": "type", "preset": "dcgan_64", "on_trouble": "stop", "device": "cpu", "precision": "bf16"}.get(field.name)
    word = word or {"log": "tensorboard", "license": "mit", "varied": "latent=1,2", "settings": "latent=3"}.get(field.name, "1")
    asked = typed(option.opts[-1], *([] if option.is_flag else [word]))
    value = getattr(getattr(asked, group), field.name)
    assert isinstance(value, kinds) and value is not None and field.name in asked.typed


def test_what_is_not_typed_is_as_by_default():
    assert typed() == Asked()
    assert typed().command(NOT_OF_A_CELL) == "zoo bench"


def test_the_command_means_the_same_options():
    words = ["--model", "dcgan", "--checkpoint-every", "0.0", "--set", "latent=5", "--set", "train.batch=8", "--no-eval"]
    words += ["--background", "#102030", "--extractor-weights", "a file", "--steps", "3"]
    first = typed(*words)
    again = typed(*shlex.split(first.command(NOT_OF_A_CELL))[2:])
    assert again == first and first.session.checkpoint_every == 0 and first.judging.extractor_weights == Path("a file")


def test_a_typed_budget_replaces_that_of_a_preset():
    assert typed("--recipe", "dcgan_64").length.steps
    assert typed("--recipe", "dcgan_64", "--images", "9").length.budget == Budget(images=9)
    with pytest.raises(ZooError, match="one of --steps, --images and --minutes"):
        _ = typed("--images", "9", "--minutes", "1").length.budget
    assert typed().length.budget is None


def test_options_of_observers_are_no_settings_of_the_model():
    asked = typed("--log", "wandb", "--set", "wandb.project=mine", "--set", "latent=3")
    assert asked.design.settings == ("latent=3",)
    assert [each.settings for each in asked.observers] == [{"project": "mine"}]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--batch-size", "16"], "zoo bench has no option --batch-size; type --set train.batch=16"),
        (["--model", "vae", "--lr=3e-4", "--steps", "3"], "zoo bench has no option --lr; type --set train.lr=3e-4"),
        (["--learning-rate"], "zoo bench has no option --learning-rate; type --set train.lr=VALUE"),
        (["--weight-decay", "--steps", "3"], "zoo bench has no option --weight-decay; type --set train.weight_decay=VALUE"),
        (["--critic-lr", "1e-3"], "zoo bench has no option --critic-lr; type --set train.critic_lr=1e-3"),
        (["--iterations", "90"], "zoo bench has no option --iterations; type --steps 90"),
        (["--data-dir", "./mine"], "zoo bench has no option --data-dir; type --dataset ./mine"),
        (
            ["--epochs", "10"],
            "zoo bench has no option --epochs; type --images N, with N 10 times the number of images in the dataset, "
            "or --steps or --minutes",
        ),
        (["--colour", "red"], "No such option '--colour'"),
    ],
)
def test_options_of_other_trainers_are_answered_with_what_to_type(words, line, capsys):
    assert main(["bench", *words]) == 2
    assert capsys.readouterr().err.startswith(f"error: {line}")


def test_what_to_type_instead_is_understood():
    asked = typed("--set", "train.batch=16", "--set", "train.lr=3e-4", "--dataset", "creatures", "--steps", "3")
    train = recipe_of(asked, discover()).train
    assert (train.batch, train.lr) == (16, 3e-4)
    for option, instead in habits.FLAGS.items():
        flags = {flag for each in bench.params for flag in each.opts}
        assert instead in flags and option not in flags


@pytest.mark.parametrize(
    ("word", "dataset"),
    [
        ("./mine", "folder:mine"),
        ("../mine", "folder:../mine"),
        (".", "folder:."),
        ("{here}", "folder:{here}"),
        ("~/mine", "folder:{home}/mine"),
        ("folder:mine", "folder:mine"),
        ("creatures", "creatures"),
        ("zoo-creatures/creatures", "zoo-creatures/creatures"),
        ("hub:user/name", "hub:user/name"),
    ],
)
def test_a_path_is_a_folder_of_images(word, dataset, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    places = {"here": str(tmp_path), "home": str(tmp_path / "home")}
    assert typed("--dataset", word.format(**places)).images.dataset == dataset.format(**places)


@pytest.mark.parametrize("command", [eval_command, verify])
def test_other_commands_read_a_path_as_well(command):
    assert command.make_context(command.name, ["x", "--dataset", "./mine"]).params["dataset"] == "folder:mine"
    assert command.make_context(command.name, ["x"]).params["dataset"] is None


def test_a_typed_path_is_trained_on(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    for number in range(20):
        Image.new("RGB", (16, 16), (12 * number, 9, 9)).save(tmp_path / "mine" / f"{number}.png")
    small = ["--model", "dcgan", "--size", "16", "--steps", "1", "--set", "generator.width=2", "--set", "critic.width=2"]
    for place in ("./mine", str(tmp_path / "mine")):
        assert main(["bench", *small, "--no-eval", "--dataset", place, "--overwrite", "--json"]) == 0
        run = Path(json.loads(capsys.readouterr().out)["run"])
        recipe = json.loads((run / "recipe.json").read_text())
        assert recipe["dataset"]["id"] == "zoo-bench/folder" and "-mine-16-" in run.name
    assert main(["bench", *small, "--dataset", "./nowhere"]) == 2
    assert "no folder nowhere" in capsys.readouterr().err


def test_an_unknown_setting_is_answered_with_few_names(capsys):
    assert main(["bench", "--set", "foo=1"]) == 2
    line = capsys.readouterr().err
    names = re.search(r"no part has an option foo; the nearest are ([\w, ]+); zoo info MODEL lists all", line)
    assert names and 1 <= len(names[1].split(", ")) <= 5 and line.count("\n") == 1
    assert main(["bench", "--set", "batch_size=8"]) == 2
    assert "did you mean batch?" in capsys.readouterr().err


def test_the_options_are_of_click_and_say_what_they_take():
    size = next(option for option in bench.params if option.name == "size")
    assert isinstance(size, click.Option) and "--size" in size.opts and size.default == 32
