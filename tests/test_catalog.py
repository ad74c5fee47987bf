"""What the catalog finds, what it refuses, and how names are resolved."""

from __future__ import annotations

import importlib.metadata
import sys
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo_core.errors import ZooError
from zoo_core.hooks import KINDS, PARTS, Entry
from zoo_core.registry import names
from zoo_core.registry.catalog import Catalog, discover
from zoo_core.registry.installed import GROUPS, entry_points, installed
from zoo_core.registry.problems import Refused, check_entry

GOOD = 'Entry("objective", "good", target="acme_good:Good", config="acme_options:Options", summary="fine")'
OPTIONS = """
from dataclasses import dataclass
from zoo_core.options import option
@dataclass(frozen=True)
class Options:
    steps: int = option(5, "critic steps", min=1)
class Plain:
    pass
"""


def own(catalog: Catalog, distribution: str) -> list[str]:
    return [str(item) for item in catalog.entries if item.distribution == distribution]


def causes(catalog: Catalog, distribution: str) -> list[str]:
    return [problem.cause for problem in catalog.problems if problem.distribution == distribution]


def test_a_plugin_is_found_and_loaded_on_use(plugins):
    plugins.provide("acme-gans", GOOD, acme_good="class Good: pass", acme_options=OPTIONS)
    catalog = discover()
    item = catalog.find("objective", "good")
    assert (item.id, item.version, catalog.short(item)) == ("acme-gans/good", "1.2.3", "good")
    assert catalog.find("objective", "Acme_Gans/good") == item
    assert "acme_good" not in sys.modules and "acme_options" not in sys.modules
    assert catalog.load_target(item).__name__ == "Good"
    assert catalog.load_config(item)().steps == 5
    assert catalog.hooks.has_plugin("acme-gans")
    assert discover() is catalog


def test_core_is_there_without_being_installed(plugins, monkeypatch):
    monkeypatch.setenv("ZOO_PLUGINS", "")
    catalog = discover()
    assert {item.distribution for item in catalog.entries} == {"zoo-core"}
    assert {"list", "info", "sample"} <= {item.entry.name for item in catalog.of("command")}
    assert catalog.problems == ()


def test_every_broken_plugin_is_named_and_the_others_work(plugins, broken):
    plugins.provide("acme-gans", GOOD)
    catalog = discover()
    assert own(catalog, "acme-gans") == ["objective acme-gans/good"]
    for name, cause in broken.items():
        if name != "bad-target":  # nothing is imported to look for a target
            assert [cause in text for text in causes(catalog, name)] == [True], name
            assert own(catalog, name) == [] and not catalog.hooks.has_plugin(name)
    assert all("\n" not in problem.cause and len(problem.cause) < 400 for problem in catalog.problems)
    assert causes(catalog, "bad-import")[0].endswith("(site/bad_import_entries.py:1)")


def test_a_broken_target_is_named_by_use(plugins, broken):
    catalog = discover()
    with pytest.raises(
        ZooError, match="plugin bad-target is broken: target no_such:Thing of critic bad-target/gone: ModuleNotFound"
    ):
        catalog.load_target(catalog.find("critic", "gone"))


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("Good = 1", "has no attribute 'Missing'"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("1 / 0", r"ZeroDivisionError: division by zero \(site/acme_target.py:1\)"),
    ],
)
def test_what_an_import_of_a_target_may_do(plugins, capsys, source, cause):
    plugins.provide("acme-gans", 'Entry("critic", "odd", target="acme_target:Missing")', acme_target="print('noise');" + source)
    catalog = discover()
    with pytest.raises(ZooError, match=cause):
        catalog.load_target(catalog.find("critic", "odd"))
    assert capsys.readouterr() == ("", "noise\n")


def test_a_config_must_be_an_options_class(plugins):
    plugins.provide("acme-gans", GOOD.replace("acme_options:Options", "acme_options:Plain"), acme_options=OPTIONS)
    catalog = discover()
    with pytest.raises(ZooError, match=r"plugin acme-gans is broken: config .*Plain must be a frozen dataclass"):
        catalog.load_config(catalog.find("objective", "good"))
    assert catalog.load_config(catalog.find("command", "list")) is None


def test_interrupting_an_import_is_not_the_fault_of_a_plugin(plugins):
    plugins.add("acme-gans", "raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        discover()


def test_two_plugins_with_one_entry_point_name_are_both_there(plugins):
    plugins.provide("acme-one", 'Entry("critic", "one", target="a:b")', point="acme")
    plugins.provide("acme-two", 'Entry("critic", "two", target="a:b")', point="acme")
    catalog = discover()
    assert own(catalog, "acme-one") == ["critic acme-one/one"] and causes(catalog, "acme-one") == []
    assert own(catalog, "acme-two") == ["critic acme-two/two"]
    assert "acme, is taken" in causes(catalog, "acme-two")[0]
    assert catalog.hooks.has_plugin("acme") and catalog.hooks.has_plugin("acme-two:acme")


def test_one_name_of_two_plugins_must_be_written_in_full(plugins):
    for name in ("acme-one", "acme-two"):
        plugins.provide(name, GOOD)
    catalog = discover()
    with pytest.raises(ZooError, match="type acme-one/good or acme-two/good"):
        catalog.find("objective", "good")
    item = catalog.find("objective", "good", prefer="acme-two")
    assert item.id == catalog.short(item) == "acme-two/good"


NEW = 'Entry("objective", "new", target="a:b", aliases=("old-gans/good", "acme-two/was"))'


def test_a_former_id_finds_the_entry_that_had_it(plugins):
    plugins.provide("acme-gans", NEW)
    catalog = discover()
    item = catalog.find("objective", "Old_Gans/good")
    assert item.id == catalog.current("objective", "old-gans/good") == "acme-gans/new" and catalog.problems == ()
    assert catalog.current("objective", "old-gans/other") == "old-gans/other"
    with pytest.raises(ZooError):
        catalog.find("critic", "old-gans/good")
    with pytest.raises(ZooError):
        catalog.find("objective", "good")  # short names are those of today
    shown = plugins.zoo("info", "old-gans/good", only="acme-gans").stdout
    assert "acme-gans/new" in shown and "formerly:  old-gans/good" in shown


@pytest.mark.parametrize(
    ("entry", "id"),
    [('Entry("objective", "was", target="a:b")', "acme-two/was"), (NEW.replace('"new"', '"newer"'), "old-gans/good")],
)
def test_a_former_id_that_two_entries_have_is_an_error_that_names_both(plugins, entry, id):
    plugins.provide("acme-gans", NEW)
    plugins.provide("acme-two", entry)
    catalog = discover()
    with pytest.raises(ZooError, match=rf"objective {id} is claimed by .*acme-.*/\w+ and acme-.*/\w+; update"):
        catalog.find("objective", id)
    assert any(
        f"acme-gans/new says it was objective {id}, and so does or is acme-two/" in text
        for text in causes(catalog, "acme-gans")
    )
    assert catalog.find("objective", "acme-gans/new").id == "acme-gans/new"


def test_what_an_entry_requires_is_asked_for_by_name(plugins):
    plugins.provide("acme-gans", GOOD.replace(")", ', requires=("acme-two", "acme-three"))'))
    catalog = discover()
    with pytest.raises(
        ZooError, match="acme-gans/good needs acme-two and acme-three, not installed here: pip install acme-two acme-th"
    ):
        catalog.check_requires(catalog.find("objective", "good"))
    for name in ("acme-two", "acme-three"):
        plugins.provide(name, 'Entry("critic", "x", target="a:b")')
    discover.cache_clear()
    discover().check_requires(discover().find("objective", "good"))
    assert "requires:  acme-two, acme-three" in plugins.zoo("info", "good", only="acme-gans").stdout


def test_a_subset_is_loaded(plugins, monkeypatch):
    plugins.provide("acme-one", GOOD)
    plugins.add("acme-two", "raise SystemError('imported')\n")
    monkeypatch.setenv("ZOO_PLUGINS", " Acme_One, acme-on,")
    catalog = discover()
    assert {item.distribution for item in catalog.entries} == {"zoo-core", "acme-one"}
    assert [(problem.distribution, problem.cause) for problem in catalog.problems] == [
        ("acme-on", "named in ZOO_PLUGINS but not installed; did you mean acme-one?")
    ]


def test_torch_in_a_hook_module_is_reported(plugins, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)  # what was there comes back at the end
    monkeypatch.delitem(sys.modules, "torch")
    plugins.add("acme-slow", "import sys, types\nsys.modules['torch'] = types.ModuleType('torch')\n" + hook_source())
    catalog = discover()
    assert own(catalog, "acme-slow") == ["objective acme-slow/good"]
    assert causes(catalog, "acme-slow") == [
        "acme_slow_entries imports torch, which slows every command; only modules of targets may"
    ]


def hook_source() -> str:
    return f"from zoo_core.hooks import Entry, hookimpl\n@hookimpl\ndef zoo_entries():\n    return [{GOOD}]\n"


# what is installed, against importlib.metadata


def by_importlib() -> dict[str, tuple[str, set[tuple[str, str, str]]]]:
    found: dict[str, tuple[str, set[tuple[str, str, str]]]] = {}
    for dist in importlib.metadata.distributions():
        points = {(point.name, point.value, point.group) for point in dist.entry_points if GROUPS.fullmatch(point.group)}
        if points:
            found.setdefault(names.normal(dist.metadata["Name"]), (dist.version, points))
    return found


def by_zoo() -> dict[str, tuple[str, set[tuple[str, str, str]]]]:
    return {item.distribution: (item.version, {(p.name, p.value, p.group) for p in item.points}) for item in installed()}


def test_the_path_is_read_as_importlib_reads_it(plugins, tmp_path, monkeypatch):
    plugins.provide("acme-gans", GOOD)
    plugins.add("acme-new", "", group="zoo.v2")
    plugins.add("acme-other", "", group="console_scripts")
    shadow = tmp_path / "later"
    shadow.mkdir()
    (shadow / "acme_gans-9.0.dist-info").mkdir()
    (shadow / "acme_gans-9.0.dist-info" / "METADATA").write_text("Name: acme-gans\nVersion: 9.0\n")
    (shadow / "acme_gans-9.0.dist-info" / "entry_points.txt").write_text("[zoo.v1]\nacme = other\n")
    (shadow / "single_file.egg-info").write_text("Name: single\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(shadow), str(tmp_path / "absent")])
    found = by_importlib()
    assert found["acme-gans"][0] == "1.2.3" and "acme-other" not in found
    assert {**by_zoo(), **found} == by_zoo()
    assert by_zoo().keys() - found.keys() <= {"zoo-core"}


def test_a_plugin_in_an_archive_is_found(plugins, tmp_path, monkeypatch):
    archive = tmp_path / "acme.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("acme_zip_entries.py", hook_source())
        file.writestr("acme_zip-3.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: acme-zip\nVersion: 3.0\n")
        file.writestr("acme_zip-3.0.dist-info/entry_points.txt", "[zoo.v1]\nacme-zip = acme_zip_entries\n")
    monkeypatch.syspath_prepend(str(archive))
    assert by_zoo()["acme-zip"] == ("3.0", {("acme-zip", "acme_zip_entries", "zoo.v1")})
    assert own(discover(), "acme-zip") == ["objective acme-zip/good"]
    sys.modules.pop("acme_zip_entries")


@pytest.mark.parametrize(
    ("file", "text", "cause"),
    [
        ("METADATA", b"", "KeyError: 'name'"),
        ("METADATA", b"\xff", "UnicodeDecodeError"),
        ("entry_points.txt", b"[zoo.v1]\nx\n", "'x'"),
    ],
)
def test_a_damaged_installation_is_named(plugins, file, text, cause):
    plugins.provide("acme-gans", GOOD)
    (plugins.folder / "acme_gans-1.2.3.dist-info" / file).write_bytes(text)
    catalog = discover()
    assert len(causes(catalog, "acme-gans")) == 1 and cause in causes(catalog, "acme-gans")[0]
    with pytest.raises(ZooError, match="acme-gans is broken: its metadata"):
        catalog.find("objective", "acme-gans/good")


class OneFile(importlib.metadata.Distribution):
    def __init__(self, text: str) -> None:
        self.text = text

    def read_text(self, filename: str) -> str:
        return self.text

    def locate_file(self, path: Any) -> Any:
        raise NotImplementedError


@given(st.text(alphabet="[]=:.# \nzov1ab", max_size=60))
def test_entry_points_are_parsed_as_importlib_parses_them(text):
    try:
        ours = [(p.name, p.value, p.group) for p in entry_points("[zoo.v1]\n" + text)]
    except ValueError:
        return
    theirs = OneFile("[zoo.v1]\n" + text).entry_points
    wanted = {(p.name, p.value.partition("[")[0].strip(), p.group.strip()) for p in theirs if p.group == "zoo.v1"}
    assert {point for point in ours if point[2] == "zoo.v1"} == wanted


# entries


words = st.one_of(st.none(), st.integers(), st.text(max_size=8), st.sampled_from(["a:b", "x", "labels", "objective", *KINDS]))
tuples = st.one_of(words, st.lists(words, max_size=2).map(tuple), st.sampled_from([("acme",), ("acme/x",)]))
pairs = st.one_of(words, st.dictionaries(st.one_of(words, st.just("train.lr")), words, max_size=2))


@given(
    st.builds(
        Entry,
        *(words, words, words, words, pairs, pairs, tuples),
        *(words, words, words),
        requires=tuples,
        aliases=tuples,
    )
)
def test_an_entry_is_well_formed_or_refused(entry):
    try:
        check_entry(entry)
    except Refused as refused:
        assert "\n" not in names.one_line(str(refused))
        return
    assert entry.kind in KINDS and names.NAME.fullmatch(entry.name)
    assert all(
        isinstance(text, str) for text in (entry.target, entry.config, entry.summary, entry.paper, *entry.needs, *entry.parts)
    )
    assert (entry.target == "") == (entry.kind == "model")
    assert set(entry.parts) <= set(PARTS)
    assert all("/" not in name and names.normal(name) == name for name in entry.requires)
    assert all("/".join(names.split(id)) == id and "/" in id for id in entry.aliases)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "x"},
        {"name": "a/b"},
        {"name": ""},
        {"name": "é"},
        {"name": "a\n"},
        {"target": "module"},
        {"target": ""},
        {"target": "a:b\n"},
        {"target": "a b:c"},
        {"config": "module"},
        {"needs": "labels"},
        {"needs": ("size=x",)},
        {"requires": "zoo-bench"},
        {"requires": ("zoo bench",)},
        {"requires": ("-r",)},
        {"aliases": ("good",)},
        {"aliases": ("Acme/good",)},
        {"ignores": ("upsampler",)},
        {"kind": "generator", "ignores": ("critic",)},
        {"kind": "generator", "ignores": ["upsampler"]},
        {"parts": {"objective": "x"}},
        {"options": {"objective.x": 1}},
        {"kind": "model"},
        {"kind": "model", "target": "", "parts": {"encoder": "x"}},
        {"kind": "model", "target": "", "parts": {"objective": ""}},
        {"kind": "model", "target": "", "options": {"lr": 1}},
    ],
)
def test_malformed_entries_are_refused(change):
    good: dict[str, Any] = {
        "kind": "objective",
        "name": "ls-gan_2",
        "target": "a.b:C.d",
        "config": "a:B",
        "needs": ("size=64|128", "labels"),
    }
    check_entry(Entry(**good))
    with pytest.raises(Refused):
        check_entry(Entry(**{**good, **({"config": ""} if change.get("target") == "" else {}), **change}))
