"""The layout of the code: no circles of imports, no training in sampling, files that are read in one sitting."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from house import HARNESS, ROOT, circles, lines, packages, plugin_lines, room_lines, sampling

from zoo_core.registry.catalog import discover

MAY_BE_LONG = {"aegan": 480, "cgan": 230, "creatures": 3400, "kiss": 710}  # whole systems; a drawn dataset


def test_no_files_and_no_rooms_import_each_other_in_a_circle():
    assert circles() == ([], [])


def test_sampling_loads_no_module_of_training(tmp_path):
    if not any(item.entry.name == "creatures" for item in discover().of("model")):
        pytest.skip("zoo-colorpicker is not there")
    loaded = sampling(tmp_path / "picture.png")
    assert (tmp_path / "picture.png").exists()
    assert not [name for name in loaded if name.split(".")[0] in HARNESS]
    assert not [name for name in loaded if "objectives" in name or "recipe" in name]


def test_the_core_is_thin():
    rooms = room_lines()
    assert sum(rooms.values()) <= 5600
    assert rooms["contract"] + rooms["registry"] + rooms["recipe"] <= 2100


def test_files_and_plugins_are_read_in_one_sitting():
    files = {file: lines([file]) for folder in packages().values() for file in folder.rglob("*.py")}
    assert {str(file.relative_to(ROOT)): count for file, count in files.items() if count > 300} == {}
    assert {name: count for name, count in plugin_lines().items() if count > MAY_BE_LONG.get(name, 200)} == {}


def test_the_core_names_no_plugin():
    """In code; the table of names that `pip install` hints come from is data, generated from the plugins."""
    others = sorted(folder.name for folder in (ROOT / "plugins").iterdir() if (folder / "pyproject.toml").exists())
    names = re.compile(rf"\bzoo[-_]({'|'.join(name.replace('_', '[-_]') for name in others)})\b")
    for file in (ROOT / "zoo_core").rglob("*.py"):
        named = [value for value in strings(file) if names.search(value)]
        assert not named, f"{file.relative_to(ROOT)} names {named}"


def strings(file: Path) -> list[str]:
    """The strings in a file that are not documentation."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation
    ]
