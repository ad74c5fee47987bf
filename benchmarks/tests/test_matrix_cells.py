"""What a matrix consists of, before anything runs."""

from __future__ import annotations

import dataclasses
import json
import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo_bench.asked import Asked, asked_of
from zoo_bench.commands.bench import bench
from zoo_bench.matrix.axes import is_for_matrix
from zoo_bench.matrix.cells import plan_matrix
from zoo_bench.matrix.drive import estimate
from zoo_bench.matrix.run import default_name, parallel, with_threads
from zoo_bench.plan import recipe_of
from zoo_bench.records.matrix import Matrix, joined, load_matrix, matrix_at, save_matrix
from zoo_core.errors import ZooError
from zoo_core.registry.catalog import discover

BUDGET = ("--steps", "2", "--size", "16")


def options(*arguments: str) -> Asked:
    """The options of `zoo bench` for a command line."""
    return asked_of(bench.make_context("bench", [*BUDGET, *arguments]), discover())


def planned(*arguments: str) -> Matrix:
    return plan_matrix(options(*arguments), discover(), "zoo bench ...")


def test_every_combination_with_every_seed_is_a_cell():
    matrix = planned("--model", "dcgan, vae", "--upsampler", "nearest,colorpicker", "--seed", "4", "--seeds", "2")
    assert [cell.name for cell in matrix.cells] == [
        f"{model}-{upsampler}-s{seed}"
        for model in ("dcgan", "vae")
        for upsampler in ("nearest", "colorpicker")
        for seed in (4, 5)
    ]
    cell = matrix.cells[3]
    assert cell.recipe.model == "zoo-dcgan/dcgan" and cell.recipe.seed == 5 == cell.seed
    assert cell.recipe.parts["upsampler"] == "zoo-colorpicker/colorpicker"
    recipes = [cell.recipe for cell in matrix.cells]
    assert all(
        (recipe.budget, recipe.data, recipe.space) == (recipes[0].budget, recipes[0].data, recipes[0].space)
        for recipe in recipes
    )


def test_a_cell_is_repeated_by_its_own_command():
    typed = ("--model", "dcgan,vae", "--seeds", "2", "--set", "train.batch=8", "--set", "latent=5", "--labels", "type")
    matrix = with_threads(planned(*typed, "--background", "#102030", "--recipe", "ning_dcgan_96"), 3)
    cell = matrix.cells[1]
    words = shlex.split(cell.provenance.command)
    assert words[:2] == ["zoo", "bench"] and "--seeds" not in words and "dcgan,vae" not in words
    again = recipe_of(asked_of(bench.make_context("bench", words[2:]), discover()), discover())
    assert again == cell.recipe


def test_options_are_varied_like_parts():
    matrix = planned("--model", "wgan_gp,wgan_clip", "--vary", "objective.critic_steps=1,5", "--vary", "train.shift=0, 0.1")
    assert len(matrix.cells) == 8
    cell = next(cell for cell in matrix.cells if cell.name == "wgan_clip-objective.critic_steps_5-train.shift_0.1-s0")
    assert cell.values == {"model": "wgan_clip", "objective.critic_steps": "5", "train.shift": "0.1"}
    assert cell.recipe.options["objective"]["critic_steps"] == 5 and cell.recipe.train.shift == 0.1
    assert "--set objective.critic_steps=5 --set train.shift=0.1" in cell.provenance.command
    assert "--vary" not in cell.provenance.command


def test_an_option_that_one_model_lacks_makes_its_cells_impossible():
    matrix = planned("--model", "dcgan,wgan_gp", "--vary", "objective.penalty=1,10")
    assert {cell.name[:5] for cell in matrix.cells if cell.problem} == {"dcgan"} and len(matrix.possible) == 2


def test_impossible_cells_say_why_and_the_others_stay():
    matrix = planned("--model", "dcgan,acgan,cgan", "--seeds", "3")
    assert [cell.name for cell in matrix.possible] == ["dcgan-s0", "dcgan-s1", "dcgan-s2"]
    problems = {cell.name: cell.problem for cell in matrix.cells if cell.problem}
    assert problems.keys() == {"acgan-s0", "cgan-s0"}
    assert "needs labels" in problems["acgan-s0"] and "--guide edges" in problems["cgan-s0"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "gan,sngna"], "did you mean sngan"),
        (["--model", "dcgan,"], "nothing between two commas or at an end"),
        (["--model", "dcgan,zoo-dcgan/dcgan"], "names zoo-dcgan/dcgan twice"),
        (["--upsampler", "nearest,nearest"], "names nearest twice"),
        (["--vary", "critic_steps"], "must be .*KEY=VALUE,VALUE"),
        (["--vary", "=1,2"], "must be .*KEY=VALUE,VALUE"),
        (["--vary", "critic_steps=1,,2"], "nothing between two commas"),
        (["--vary", "critic_steps=1,1"], "same value twice"),
        (["--vary", "critic_steps=1,2", "--set", "critic_steps=3"], "critic_steps is given twice"),
        (["--vary", "critic_steps=1", "--vary", "critic_steps=2"], "critic_steps is given twice"),
        (["--vary", "critic_stops=1,2"], "--vary critic_stops=1: no part has an option"),
        (["--vary", "critic_steps=one,two"], "critic_steps"),
        (["--model", "acgan,acgan_wgan_gp"], "needs labels"),
        (["--model", "dcgan,vae", "--set", "nothing=1"], "no part has an option"),
        (["--model", "dcgan,vae", "--size", "33"], "--size 32"),
        (["--model", "dcgan,vae", "--minutes", "1"], "one of --steps"),
    ],
)
def test_what_no_cell_could_do_is_an_error(arguments, message):
    with pytest.raises(ZooError, match=message):
        planned(*arguments)


@pytest.mark.parametrize(
    ("arguments", "asks"),
    [
        ([], False),
        (["--labels", "type,body"], False),
        (["--resume", "nowhere"], False),
        (["--model", "dcgan,vae"], True),
        (["--critic", "conv,other"], True),
        (["--seeds", "2"], True),
        (["--vary", "critic_steps=1,2"], True),
        (["--engine", "local"], True),
        (["--dry-run"], True),
    ],
)
def test_when_it_is_a_matrix(arguments, asks):
    assert is_for_matrix(options(*arguments)) == asks


def test_the_same_matrix_has_the_same_name_whatever_else_was_typed(tmp_path):
    one, two = planned("--model", "dcgan,vae"), with_threads(planned("--model", "dcgan,vae", "--jobs", "3"), 7)
    assert default_name(one) == default_name(two) != default_name(planned("--model", "dcgan,vae", "--set", "train.batch=8"))
    assert default_name(one) != default_name(planned("--model", "dcgan,vae", "--samples", "9"))
    save_matrix(tmp_path, one)
    again = load_matrix(tmp_path)
    assert json.dumps(again.to_json()) == json.dumps(one.to_json()) and again.sha256 == one.sha256


def test_a_matrix_grows_by_models_and_seeds(tmp_path):
    old = with_threads(planned("--model", "dcgan,acgan", "--seeds", "1"), 2)
    grown = joined(old, planned("--model", "vae,dcgan", "--seeds", "2"), tmp_path)
    assert [cell.name for cell in grown.cells] == ["dcgan-s0", "dcgan-s1", "acgan-s0", "vae-s0", "vae-s1"]
    assert grown.cells[0] == old.cells[0]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--set", "train.batch=8"], "options of dcgan-s0"),
        (["--background", "black"], "dataset"),
        (["--channels", "4"], "space"),
        (["--no-eval"], "scoring"),
    ],
)
def test_what_could_not_stand_in_one_table_is_refused(arguments, what, tmp_path):
    old = planned("--model", "dcgan,vae")
    with pytest.raises(ZooError, match=f"{what}.*--overwrite"):
        joined(old, planned("--model", "dcgan,vae", *arguments), tmp_path)


def test_a_folder_with_other_files_is_not_taken(tmp_path):
    assert matrix_at(tmp_path / "absent") is None and matrix_at(tmp_path) is None
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ZooError, match="--out"):
        matrix_at(tmp_path)
    with pytest.raises(ZooError, match="--out"):
        matrix_at(tmp_path / "thesis.txt")


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
KEYS = st.sampled_from(["format", "command", "scoring", "cells", "name", "values", "seed", "recipe", "problem"])


@settings(max_examples=60, deadline=None)
@given(value=st.dictionaries(KEYS, json_values) | json_values)
def test_a_damaged_matrix_is_one_line(tmp_path_factory, value):
    folder = tmp_path_factory.mktemp("damaged")
    if isinstance(value, dict):
        value = {"format": 1, **value}
    (folder / "matrix.json").write_text(json.dumps(value))
    try:
        matrix = load_matrix(folder)
    except ZooError as error:
        assert "\n" not in str(error)
    else:
        assert isinstance(matrix, Matrix)


def test_how_many_at_once_and_with_how_many_threads(monkeypatch):
    monkeypatch.setattr("zoo_bench.matrix.run.cores", lambda: 8)
    cells = planned("--model", "dcgan,vae", "--seeds", "5").cells
    assert parallel(cells, 8, None, 0, True) == (8, 1)
    assert parallel(cells[:2], 8, None, 0, True) == (2, 4)  # idle cores are used
    assert parallel(cells, 8, 3, 0, True) == (3, 2)
    assert parallel(cells, 8, None, 4, True) == (2, 4)
    assert parallel(cells[:2], 64, None, 0, False) == (2, 1)  # elsewhere nothing is known of a machine's cores
    on_gpu = [dataclasses.replace(cell, recipe=cell.recipe.on("cuda")) for cell in cells]
    assert parallel(on_gpu, 8, None, 0, True)[0] == 1


def test_the_estimate_counts_rounds():
    assert estimate(12, 2, 10.0, None) == 6 * 600
    assert estimate(5, 2, 10.0, 30.0) == 3 * 630
    assert estimate(4, 4, None, 50.0) == 50
    assert estimate(4, 4, None, None) is None
