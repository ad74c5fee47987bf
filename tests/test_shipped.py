"""Trained models that come with a plugin: `zoo sample NAME` right after the installation."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest
import torch

from zoo_core.errors import ZooError
from zoo_core.hooks import Entry
from zoo_core.model import hub
from zoo_core.model.bundle import load_bundle, save_bundle
from zoo_core.registry.catalog import Catalog, Provided, discover
from zoo_core.registry.problems import Refused, check_entry
from zoo_testing.small import tiny_recipe, trained
from zoo_train.export import run_bundle

PARTS = {"objective": "zoo-core/adversarial"}


@pytest.fixture
def shipping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Catalog, Path]:
    """A catalog with a model `pictures` whose package, on the path, holds a trained model, and the folder of that."""
    package = tmp_path / "site" / "acme_pictures"
    (package / "trained").mkdir(parents=True)
    (package / "__init__.py").touch()
    catalog = discover()
    save_bundle(run_bundle(trained(tiny_recipe("dragan"), 1)), package / "trained" / "small")
    monkeypatch.syspath_prepend(package.parent)
    monkeypatch.delitem(sys.modules, "acme_pictures", raising=False)  # that of another test
    monkeypatch.chdir(tmp_path)
    entry = Entry("model", "pictures", parts=PARTS, weights="acme_pictures:trained/small")
    entries = (*catalog.entries, Provided(entry, "acme-pictures", "1.0"))
    return dataclasses.replace(catalog, entries=entries), package / "trained" / "small"


def test_a_shipped_model_is_known_by_its_name(shipping: tuple[Catalog, Path]) -> None:
    catalog, folder = shipping
    bundle = hub.load("pictures", catalog=catalog)
    assert bundle.source == "pictures"
    assert torch.equal(bundle.sample(3), load_bundle(folder, catalog).sample(3))
    assert hub.fetch("pictures", catalog=catalog).name == "pictures"


def test_a_folder_of_that_name_comes_first(shipping: tuple[Catalog, Path]) -> None:
    catalog, _ = shipping
    Path("pictures").mkdir()
    with pytest.raises(ZooError, match=r"pictures holds no trained model"):
        hub.load("pictures", catalog=catalog)


def test_other_names_are_as_unknown_as_before(shipping: tuple[Catalog, Path]) -> None:
    catalog, folder = shipping
    with pytest.raises(ZooError, match=r"there is no folder paintings; .* shipped"):
        hub.load("paintings", catalog=catalog)
    with pytest.raises(ZooError, match=r"there is no folder dragan"):  # a model, but none that ships weights
        hub.load("dragan", catalog=catalog)
    (folder / "config.json").unlink()
    with pytest.raises(ZooError, match=r"config.json is missing"):
        hub.load("pictures", catalog=catalog)


def test_weights_that_are_not_there_name_the_distribution(shipping: tuple[Catalog, Path]) -> None:
    catalog, folder = shipping
    folder.rename(folder.with_name("moved"))
    with pytest.raises(ZooError, match=r"reinstall acme-pictures"):
        hub.load("pictures", catalog=catalog)


@pytest.mark.parametrize("weights", ["acme_pictures", "acme_pictures:", "acme_pictures:../etc", "acme_pictures:/etc", "a b:c"])
def test_weights_lie_inside_a_package(weights: str) -> None:
    with pytest.raises(Refused, match="package:folder"):
        check_entry(Entry("model", "pictures", parts=PARTS, weights=weights))


def test_only_models_ship_weights() -> None:
    with pytest.raises(Refused, match="only a model has"):
        check_entry(Entry("metric", "pictures", target="a:b", weights="acme_pictures:trained"))
