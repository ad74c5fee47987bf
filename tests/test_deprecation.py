"""Hooks that are on their way out still work, and say once what replaces them."""

from __future__ import annotations

import warnings

import pytest

from zoo_core import hooks
from zoo_core.registry.catalog import discover

OLD = """
from zoo_core.hooks import Entry, hookimpl

@hookimpl
def zoo_entries():
    return [Entry("objective", "good", target="a:b", summary="fine")]

@hookimpl
def zoo_models():
    return []
"""


@pytest.fixture
def zoo_models(monkeypatch):
    """A hook that this version deprecates, as zoo_core.hooks would."""

    def zoo_models():
        """Return the models of this plugin."""

    spec = hooks.hookspec(warn_on_impl=DeprecationWarning("the hook zoo_models goes in 2.0; zoo_entries returns models, too"))
    monkeypatch.setattr(hooks, "zoo_models", spec(zoo_models), raising=False)


def test_a_deprecated_hook_works_and_is_named_once_with_its_replacement(plugins, zoo_models):
    plugins.add("acme-gans", OLD)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nothing is printed by Python itself
        catalog = discover()
    assert [item.id for item in catalog.entries if item.distribution == "acme-gans"] == ["acme-gans/good"]
    assert [problem.cause for problem in catalog.problems if problem.distribution == "acme-gans"] == [
        "acme_gans_entries uses what is deprecated: the hook zoo_models goes in 2.0; zoo_entries returns models, too"
    ]
    assert len(catalog.hooks.hook.zoo_models.get_hookimpls()) == 1


def test_a_plugin_that_uses_the_new_hook_hears_nothing(plugins, zoo_models):
    plugins.add("acme-gans", OLD.partition("@hookimpl\ndef zoo_models")[0])
    assert [problem for problem in discover().problems if problem.distribution == "acme-gans"] == []
