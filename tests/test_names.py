"""How names are resolved, and what an unknown one is answered with."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo_core.errors import ZooError
from zoo_core.registry import names
from zoo_core.registry.catalog import discover

ROOT = Path(__file__).resolve().parent.parent
some_names = st.sampled_from(["a", "b", "gan", "wgan_gp", "vae", "list"])
dists = st.sampled_from(["zoo-core", "zoo-vae", "acme"])
some_ids = st.dictionaries(
    st.sampled_from(["model", "objective"]), st.lists(st.tuples(dists, some_names), unique=True), max_size=2
)


@given(some_ids, st.one_of(some_names, st.text(max_size=20)), st.sampled_from(["", "acme", "zoo-vae"]))
def test_a_short_name_is_resolved_where_it_is_unique(table, asked, prefer):
    ids = {kind: [f"{dist}/{name}" for dist, name in pairs] for kind, pairs in table.items()}
    for kind in ("model", "objective", "critic"):
        owners = [dist for dist, name in table.get(kind, []) if name == asked]
        if prefer in owners:
            owners = [prefer]
        try:
            assert names.resolve(kind, asked, ids, {}, prefer) == f"{owners[0]}/{asked}"
            assert len(owners) == 1
        except ZooError as error:
            assert len(owners) != 1
            assert str(error) == names.one_line(str(error), 10_000)
            assert all(f"{dist}/{asked}" in str(error) for dist in owners)


@given(some_ids, dists, some_names)
def test_a_canonical_id_is_always_resolved(table, dist, name):
    ids = {kind: [f"{dist}/{name}" for dist, name in pairs] for kind, pairs in table.items()}
    for kind, their in ids.items():
        for id in their:
            assert names.resolve(kind, id, ids, {}) == id
            assert names.resolve(kind, id.replace("zoo-", "Zoo__").replace("acme", "ACME"), ids, {}) == id
        if f"{dist}/{name}" not in their:
            with pytest.raises(ZooError):
                names.resolve(kind, f"{dist}/{name}", ids, {})


@given(st.text(max_size=200), st.integers(10, 100))
def test_one_line_is_one_printable_line(text, limit):
    line = names.one_line(text, limit)
    assert len(line) <= limit and line.isprintable() and line == line.strip()


IDS = {
    "model": ["zoo-core/dcgan", "acme/lsgan"],
    "objective": ["acme/lsgan", "acme/hinge"],
    "upsampler": ["zoo-core/nearest"],
    "dataset": [],
    "command": ["zoo-core/list"],
}


@pytest.mark.parametrize(
    ("kind", "asked", "answer"),
    [
        ("model", "lsgam", "no model is called lsgam: did you mean lsgan?"),
        ("objective", "LSGAN", "no objective is called LSGAN: did you mean lsgan?"),
        ("model", "hinge", "no model is called hinge (hinge is an objective): type one of dcgan, lsgan"),
        ("model", "wgan_gp", "no model is called wgan_gp: no installed plugin provides it: pip install zoo-wgan-gp"),
        ("model", "wgan-gp", "no model is called wgan-gp: no installed plugin provides it: pip install zoo-wgan-gp"),
        (
            "upsampler",
            "colorpiker",
            "no upsampler is called colorpiker: did you mean colorpicker? It comes with zoo-colorpicker: ",
        ),
        ("upsampler", "zoo-colorpicker/colorpicker", "no installed plugin provides it: pip install zoo-colorpicker"),
        ("model", "zoo-vae/vae", "no model is called zoo-vae/vae: zoo-vae is broken: SyntaxError"),
        ("model", "vae", "no model is called vae: zoo-vae, which provides it, is broken: SyntaxError"),
        ("command", "verify", "no command is called verify: no installed plugin provides it: pip install zoo-bench"),
        ("dataset", "creatures", "no dataset is called creatures: no installed plugin provides it: pip install zoo-creatures"),
        ("dataset", "dcgan", "no dataset is called dcgan (dcgan is a model): no installed plugin provides a dataset"),
        ("model", "evil-corp/dcgan", "no model is called evil-corp/dcgan: no plugin evil-corp is installed"),
        ("model", "acmee/lsgan", "no model is called acmee/lsgan: no plugin acmee is installed; did you mean acme/lsgan?"),
        ("model", "acme/lsgn", "no model is called acme/lsgn: did you mean acme/lsgan?"),
        ("upsampler", "acme/lsgan", "no upsampler is called acme/lsgan: acme provides no upsampler"),
        ("model", "", "no model is called nothing: type one of dcgan, lsgan"),
    ],
)
def test_an_unknown_name_is_answered_with_what_to_type(kind, asked, answer):
    with pytest.raises(ZooError) as raised:
        names.resolve(kind, asked, IDS, {"zoo-vae": "SyntaxError"})
    assert answer in str(raised.value)
    assert "pip install evil" not in str(raised.value)


def test_the_table_of_our_own_plugins_is_whole():
    """Every plugin of this checkout stands in known.json as its entries have it. One that was taken out may stay there."""
    script = runpy.run_path(str(ROOT / ".ci/known.py"))
    wanted = script["table"](script["distributions"]())
    assert wanted and {name: names.known().get(name) for name in wanted} == wanted, "type python .ci/known.py"
    for item in discover().entries:
        if item.distribution in wanted:
            assert (
                item.distribution
                == names.publisher(item.entry.kind, item.entry.name)
                == names.publisher("entry", item.distribution)
            )


@pytest.mark.parametrize("installed", [[], ["zoo-old/other"], ["zoo-old/chen"]])
def test_what_moved_to_a_plugin_that_is_not_installed_is_answered_with_that_plugin(installed, monkeypatch):
    monkeypatch.setattr(
        names, "known", lambda: {"zoo-new": {"generator": ["chen", "zoo-old/chen"]}, "zoo-old": {"model": ["a"]}}
    )
    if "zoo-old/chen" in installed:  # an old version of the plugin
        assert names.resolve("generator", "zoo-old/chen", {"generator": installed}, {}) == "zoo-old/chen"
        return
    with pytest.raises(ZooError, match="no generator is called zoo-old/chen: it belongs to zoo-new now: pip install zoo-new"):
        names.resolve("generator", "zoo-old/chen", {"generator": installed}, {})


def test_a_former_id_is_resolved_unless_two_claim_it():
    ids = {"critic": ["acme/new", "acme/old", "acme-two/new"]}
    assert names.resolve("critic", "Old_Acme/x", ids, {}, aliases={"old-acme/x": ["acme/new"]}) == "acme/new"
    for alias, claims in (("acme/old", ["acme/new"]), ("old/x", ["acme/new", "acme-two/new"])):
        with pytest.raises(ZooError) as raised:
            names.resolve("critic", alias, ids, {}, aliases={alias: claims})
        assert all(claim in str(raised.value) for claim in claims) and f"critic {alias} is claimed by" in str(raised.value)
