"""Checks of the distribution: what its metadata says, what its wheel holds, and that trained weights load elsewhere."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import re
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlparse

import torch

from zoo_core.errors import ZooError
from zoo_core.hooks import GROUP
from zoo_core.model.bundle import save_bundle
from zoo_core.registry.installed import CORE
from zoo_core.registry.names import normal
from zoo_testing.check import Check, NotApplicable, checks, expect
from zoo_testing.checks_manifest import CHECKS as MANIFEST
from zoo_testing.fresh import last_line, run_fresh
from zoo_testing.subject import Subject
from zoo_train.export import run_bundle
from zoo_train.run import build

BUILD = """
import importlib, os, sys
folder, backend, out = sys.argv[1:]
os.chdir(folder)
module, _, attribute = backend.partition(":")
found = importlib.import_module(module)
for name in filter(None, attribute.split(".")):
    found = getattr(found, name)
print(found.build_wheel(out))
"""

RELOAD = """
import hashlib, json, sys
from pathlib import Path
import torch
from zoo_core.model.bundle import load_bundle
from zoo_core.registry.catalog import discover
torch.set_num_threads(int(sys.argv[2]))
found = {}
for folder in sorted(Path(sys.argv[1]).iterdir()):
    bundle = load_bundle(folder, discover())
    guide = torch.zeros(2, bundle.space.guide, bundle.space.size, bundle.space.size) if bundle.space.guide else None
    found[folder.name] = hashlib.sha256(bundle.sample(2, seed=1, guide=guide).numpy().tobytes()).hexdigest()
print(json.dumps(found))
"""


def requires_core(subject: Subject) -> None:
    """The metadata names zoo-core with a lower bound, so that an old one is not kept: dependencies = ["zoo-core>=0.1"]."""
    if subject.distribution == CORE:
        raise NotApplicable("it is zoo-core")
    texts = importlib.metadata.requires(_dist(subject).name) or []
    found = [text for text in texts if normal(re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0]) == CORE]
    expect(bool(found), f"it requires {', '.join(texts) or 'nothing'}")
    expect(any(">" in text or "~=" in text for text in found), f"it requires {found[0]!r}, without a lower bound")


def entry_points(subject: Subject) -> None:
    """Its entry points are in the group of this API version alone, under the name of the distribution."""
    plugin = next(plugin for plugin in subject.catalog.plugins if plugin.distribution == subject.distribution)
    others = sorted({point.group for point in plugin.points} - {GROUP})
    expect(not others, f"it has entry points in {', '.join(others)}, too; this zoo-core reads {GROUP}")
    names = [point.name for point in plugin.points if normal(point.name) != subject.distribution]
    expect(not names, f"an entry point is called {', '.join(names)}; other plugins may take that name")


def wheel(subject: Subject) -> None:
    """The wheel holds the hook, every module that an entry names, and every data file of their packages."""
    held = _held(subject)
    plugin = next(plugin for plugin in subject.catalog.plugins if plugin.distribution == subject.distribution)
    modules = {point.value.partition(":")[0] for point in plugin.points}
    modules |= {text.partition(":")[0] for item in subject.items for text in (item.entry.target, item.entry.config) if text}
    for module in sorted(modules):
        path = module.replace(".", "/")
        expect(f"{path}.py" in held or f"{path}/__init__.py" in held or _extension(held, path), f"module {module} is not in it")
    absent = [
        name for package in {module.partition(".")[0] for module in modules} for name in _data(package) if name not in held
    ]
    expect(
        not absent, f"{', '.join(sorted(absent)[:5])} {'is' if len(absent) == 1 else 'are'} in the folder and not in the wheel"
    )


def reloads(subject: Subject) -> None:
    """A model folder made with every generator, upsampler and model of it draws the same pictures in a new process."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = dict(_saved(subject, Path(folder)))
        if not wanted:
            raise NotApplicable("it has nothing that draws")
        done = run_fresh(RELOAD, folder, str(torch.get_num_threads()))
    expect(done.returncode == 0, last_line(done))
    found = json.loads(done.stdout.splitlines()[-1])
    different = sorted(name for name, digest in wanted.items() if found.get(name) != digest)
    expect(not different, f"in a new process other pictures come out of {', '.join(different)}")


def _saved(subject: Subject, folder: Path) -> Iterator[tuple[str, str]]:
    """Write a model folder for every entry that draws; yields its name and the digest of its pictures."""
    for each in subject.models():
        if each.entry.kind not in ("model", "generator", "upsampler"):
            continue
        try:
            recipe = each.recipe()
            bundle = run_bundle(build(recipe, subject.catalog))
        except ZooError:  # another check says so, if it is not meant
            continue
        name = f"{each.entry.kind}-{each.entry.name}"
        save_bundle(bundle, folder / name)
        space = bundle.space
        guide = torch.zeros(2, space.guide, space.size, space.size) if space.guide else None
        yield name, hashlib.sha256(bundle.sample(2, seed=1, guide=guide).numpy().tobytes()).hexdigest()


def _dist(subject: Subject) -> importlib.metadata.Distribution:
    try:
        return importlib.metadata.distribution(subject.distribution)
    except importlib.metadata.PackageNotFoundError:
        raise NotApplicable("it is on the path without being installed") from None


def _held(subject: Subject) -> set[str]:
    """Files of the wheel: of the one that was installed, or, for an editable installation, of one that is built here."""
    dist = _dist(subject)
    direct = json.loads(dist.read_text("direct_url.json") or "{}")
    if not direct.get("dir_info", {}).get("editable"):
        if dist.files is None:
            raise NotApplicable("its installer left no list of files (RECORD)")
        return {str(path).replace("\\", "/") for path in dist.files}
    folder = Path(unquote(urlparse(direct["url"]).path))
    try:
        system = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]
        backend = system["build-backend"]
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise NotApplicable(f"{folder}/pyproject.toml names no build backend ({type(error).__name__})") from None
    if importlib.util.find_spec(backend.partition(":")[0].partition(".")[0]) is None:
        raise NotApplicable(
            f"it is built with {backend}, not installed here: pip install {' '.join(system.get('requires', []))}"
        )
    with tempfile.TemporaryDirectory() as out:
        done = run_fresh(BUILD, str(folder), backend, out)
        expect(done.returncode == 0, f"the wheel cannot be built: {last_line(done)}")
        with zipfile.ZipFile(Path(out) / done.stdout.split()[-1]) as archive:
            return set(archive.namelist())


def _extension(held: set[str], path: str) -> bool:
    return any(name.startswith(f"{path}.") and name.endswith((".so", ".pyd")) for name in held)


def _data(package: str) -> Iterator[str]:
    """Files of an importable package that are no Python, as they are named in a wheel."""
    spec = importlib.util.find_spec(package)
    for place in (spec.submodule_search_locations or []) if spec else []:
        for path in Path(place).rglob("*"):
            inner = path.relative_to(place)
            hidden = any(part.startswith((".", "__pycache__")) for part in inner.parts)
            if path.is_file() and not hidden and path.suffix not in (".py", ".pyc", ".pyi"):
                yield f"{package}/{inner.as_posix()}"


FOUND = MANIFEST[:1]
READ = "https://packaging.python.org/en/latest/guides/writing-pyproject-toml; docs/tutorials/write-a-plugin.md"
CHECKS: tuple[Check, ...] = checks("package", "", READ, requires_core, entry_points, wheel, reloads, after=FOUND)
