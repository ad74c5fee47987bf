"""How the code is laid out, in numbers: lines of rooms, circles of imports, what sampling loads, the longest functions.

    python benchmarks/scripts/house.py            the table
    python benchmarks/scripts/house.py --json     the same for machines

Lines are those of product code: the packages in the repository, without tests, docs, scripts and templates.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import grimp
import networkx

ROOT = Path(__file__).resolve().parents[2]
CORE_ROOMS = ("registry", "recipe", "model", "nets", "objectives", "pictures", "cli")
HARNESS = ("zoo_bench", "zoo_testing", "zoo_train")
LONG = {"train_run": "zoo_bench", "run_bench": "zoo_bench", "bench": "zoo_bench", "evaluate": "zoo_bench"}
SAMPLE = """
import sys
from zoo_core.cli import main
code = main(["sample", "creatures", "-n", "1", "-o", sys.argv[1]])
ours = {name: module.__file__ for name, module in sys.modules.items() if name.split(".")[0].startswith("zoo_")}
import json
print("\\n" + json.dumps({"code": code, "modules": ours}))
"""


def packages() -> dict[str, Path]:
    """Name of every package of the project -> its folder."""
    folders = [ROOT / "zoo_core", *(ROOT / "benchmarks" / name for name in HARNESS), *ROOT.glob("plugins/*/zoo_*")]
    return {folder.name: folder for folder in folders if folder.is_dir()}


def lines(files: Iterable[Path]) -> int:
    return sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files)


def room_lines() -> dict[str, int]:
    """Lines of zoo_core's rooms; "contract" is what lies flat in it."""
    core = ROOT / "zoo_core"
    return {"contract": lines(core.glob("*.py")), **{room: lines((core / room).rglob("*.py")) for room in CORE_ROOMS}}


def circles() -> tuple[list[set[str]], list[set[str]]]:
    """Groups of files, and of rooms, that import each other in a circle. A room is a folder, or a file beside the rooms."""
    names = packages()
    graph = grimp.build_graph(*names, exclude_type_checking_imports=True, cache_dir=None)
    files, rooms = networkx.DiGraph(), networkx.DiGraph()
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            files.add_edge(importer, imported)
            ends = [".".join(name.split(".")[:2]) for name in (importer, imported)]
            if ends[0] != ends[1]:
                rooms.add_edge(*ends)
    found = [[group for group in networkx.strongly_connected_components(each) if len(group) > 1] for each in (files, rooms)]
    return found[0], found[1]


def sampling(picture: Path) -> dict[str, Path]:
    """Our modules that `zoo sample creatures` loads, with the core and the model's plugin alone -> their files."""
    only = {**os.environ, "ZOO_PLUGINS": "zoo-colorpicker"}
    command = [sys.executable, "-c", SAMPLE, str(picture)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=only)
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["code"] == 0, done.stderr
    return {name: Path(file) for name, file in answer["modules"].items() if file}


def functions() -> Iterator[tuple[str, Path, int]]:
    """Every function of the packages: name, file and lines."""
    for folder in packages().values():
        for file in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield node.name, file, (node.end_lineno or node.lineno) - node.lineno + 1


def occurrences(pattern: str, outside: str = "") -> list[str]:
    """Places "file:line" of product code where a pattern stands, but those below `outside`."""
    return [
        f"{file.relative_to(ROOT)}:{number}"
        for folder in packages().values()
        for file in sorted(folder.rglob("*.py"))
        if not (outside and file.is_relative_to(ROOT / outside))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(pattern, line)
    ]


def plugin_lines() -> dict[str, int]:
    return {folder.parent.name: lines(folder.rglob("*.py")) for folder in sorted(ROOT.glob("plugins/*/zoo_*"))}


def table(picture: Path) -> dict[str, object]:
    in_files, in_rooms = circles()
    rooms, loaded, plugins = room_lines(), sampling(picture), plugin_lines()
    longest = dict.fromkeys(LONG, 0)
    for name, file, length in functions():
        if name in LONG and LONG[name] in file.parts:
            longest[name] = max(longest[name], length)
    return {
        "circles of imports, files": len(in_files),
        "circles of imports, rooms": len(in_rooms),
        "lines of zoo_core": sum(rooms.values()),
        "of them contract, registry and recipe": rooms["contract"] + rooms["registry"] + rooms["recipe"],
        "modules that zoo sample loads": len(loaded),
        "of them in lines": lines(loaded.values()),
        "of them of the harness": sum(name.split(".")[0] in HARNESS for name in loaded),
        "product lines": sum(lines(folder.rglob("*.py")) for folder in packages().values()),
        "places that load a target": len(occurrences(r"\.load_target\(")),
        "replacements of a recipe outside its room": len(
            occurrences(r"replace\((\w+\.)?recipe\b|replace\(ready|replace\(new", "zoo_core/recipe")
        ),
        **{f"lines of {name}": length for name, length in longest.items()},
        "plugins over 200 lines": [f"{name} {count}" for name, count in plugins.items() if count > 200],
        "files over 300 lines": [
            f"{file.relative_to(ROOT)} {count}"
            for folder in packages().values()
            for file in sorted(folder.rglob("*.py"))
            if (count := lines([file])) > 300
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="the layout of the code in numbers")
    parser.add_argument("--json", action="store_true", dest="as_json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:  # of the picture that is sampled to see what that loads
        rows = table(Path(folder) / "picture.png")
    if options.as_json:
        print(json.dumps(rows))
        return
    for name, value in rows.items():
        print(f"{name:44s} {', '.join(value) or 'none' if isinstance(value, list) else value}")


if __name__ == "__main__":
    main()
