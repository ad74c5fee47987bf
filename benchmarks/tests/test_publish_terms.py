"""The terms of a publication: the same options for `zoo publish` and `zoo bench --publish`, and a licence of the weights."""

from __future__ import annotations

import dataclasses
import re

import pytest
from click.testing import CliRunner
from huggingface_hub import ModelCard
from hypothesis import given
from hypothesis import strategies as st

from zoo_bench.commands.bench import bench
from zoo_bench.commands.publish import publish
from zoo_bench.flags import flags_of
from zoo_bench.publish.licenses import LICENSES, license_id
from zoo_bench.publish.options import Terms, again, check_unused
from zoo_core.cli import main
from zoo_core.errors import ZooError

from .conftest import SMALL

pytest_plugins = ["zoo_testing.fake_hub.fixture"]


@pytest.fixture
def hub(fake_hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", fake_hub.token)
    return fake_hub


def said(capsys, *arguments: object) -> tuple[int, str]:
    """Exit code and what stands on standard error, which for an error must be one line."""
    capsys.readouterr()
    code = main([str(argument) for argument in arguments])
    return code, capsys.readouterr().err.rstrip("\n")


@pytest.mark.parametrize("command", [publish, bench])
def test_both_commands_have_the_same_options(command):
    options = {option.name: option for option in command.params}
    names = {field.name for field in dataclasses.fields(Terms)}
    assert names == {"private", "tag", "license", "with_training"}
    assert names <= options.keys() and options["license"].default == "unknown"


def test_the_licence_is_in_the_metadata_and_on_the_card(scored_run, hub, capsys):
    assert said(capsys, "publish", scored_run, "user/model", "--license", "CC-BY-NC-4.0")[0] == 0
    card = ModelCard(hub.files("user/model")["README.md"].decode())
    assert card.data.license == "cc-by-nc-4.0"
    licence = re.search(r"## Licence of the weights\n\n(.*)", card.text)[1]
    data = re.search(r"Provenance and licence, as the dataset states them: (.*)", card.text)[1]
    assert (
        "`cc-by-nc-4.0`" in licence and "cc-by-nc" not in data and "creatures" in data
    )  # that of the images is another matter


def test_without_one_the_card_says_so(scored_run, capsys, tmp_path):
    assert said(capsys, "publish", scored_run, "user/model", "--dry-run", tmp_path / "look")[0] == 0
    card = ModelCard((tmp_path / "look/README.md").read_text())
    assert card.data.license == "unknown" and "Not stated: nobody has given permission" in card.text


@pytest.mark.parametrize(
    ("typed", "hint"),
    [("apache2", "apache-2.0"), ("cc-by-4", "cc-by-4.0"), ("GPLv3", "gpl-3.0"), ("my own\nterms", "type mit")],
)
def test_a_licence_that_the_hub_does_not_know_is_one_line(hub, capsys, tmp_path, typed, hint):
    for arguments in (("publish", tmp_path, "user/model"), (*SMALL, "--publish", "user/model", "--out", tmp_path / "new")):
        code, error = said(capsys, *arguments, "--license", typed)
        assert code == 2 and hint in error and "\n" not in error and error.startswith("error: --license ")
    assert not hub.requests and not (tmp_path / "new").exists()


@given(st.text(max_size=30))
def test_any_text_is_a_licence_or_is_refused(text):
    try:
        assert license_id(text) in LICENSES
    except ZooError as error:
        assert "\n" not in str(error)


def test_the_identifiers_are_each_there_once_and_lower_case():
    assert len(set(LICENSES)) == len(LICENSES) > 60 and all(name == name.lower() for name in LICENSES)


@pytest.mark.parametrize(
    "option", [["--private"], ["--tag", "v1"], ["--license", "mit"], ["--with-training"], ["--private", "--tag", "v1"]]
)
def test_terms_without_a_publication_are_one_line(capsys, tmp_path, option):
    code, error = said(capsys, *SMALL, "--out", tmp_path / "new", *option)
    assert code == 2 and "\n" not in error and "--publish USER/NAME" in error and option[0] in error
    assert not (tmp_path / "new").exists()


@given(st.builds(Terms, st.booleans(), st.none() | st.sampled_from(["v1", "a b"]), st.sampled_from(LICENSES), st.booleans()))
def test_the_words_mean_the_terms(terms):
    """What is told to type again is read as the same terms."""
    import click

    read = []
    command = click.command()(flags_of(Terms)(lambda **values: read.append(Terms(**values))))
    assert CliRunner().invoke(command, terms.words).exit_code == 0 and read == [terms]
    if terms == Terms():
        check_unused(terms)
    else:
        with pytest.raises(ZooError):
            check_unused(terms)


def test_bench_publishes_on_the_terms(hub, capsys, tmp_path):
    options = ["--private", "--tag", "v1", "--license", "mit", "--with-training"]
    arguments = [*SMALL, "--steps", "1", "--no-eval", "--out", tmp_path / "new", "--publish", "user/new", *options]
    code, error = said(capsys, *arguments)
    assert code == 0 and error.endswith("draw with it: zoo sample user/new@v1")
    repository = hub.repositories["user/new"]
    assert repository.private and repository.tags["v1"] == repository.branches["main"]
    files = hub.files("user/new")
    assert "training.safetensors" in files and b"\nlicense: mit\n" in files["README.md"]


def test_bench_asks_for_tag_and_visibility_before_it_trains(hub, capsys, tmp_path):
    hub.add("user/open", {"x": "1"}, tag="v1")
    arguments = [*SMALL, "--steps", "1", "--no-eval", "--out", tmp_path / "new", "--publish", "user/open"]
    assert "has a tag v1 already" in said(capsys, *arguments, "--tag", "v1")[1]
    assert "already and public" in said(capsys, *arguments, "--private")[1]
    assert not (tmp_path / "new").exists() and hub.files("user/open") == {"x": b"1"}


def test_what_to_type_again_keeps_the_terms(hub, capsys, tmp_path):
    hub.fail("POST .*/commit/", 503, times=-1)
    out, terms = tmp_path / "new", Terms(private=True, license="mit")
    arguments = [*SMALL, "--steps", "1", "--no-eval", "--out", out, "--publish", "user/new", "--private", "--license", "mit"]
    code, error = said(capsys, *arguments)
    assert code == 1 and error.splitlines()[-1].endswith(again(out, "user/new", terms))
    assert (out / "model/model.safetensors").exists()
