"""What a user gets who installs wheels: built here as they would be for publishing, and used without the repository."""

from __future__ import annotations

import tomllib
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

import zoo_core

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {
    "zoo_core": ".",
    "zoo_bench": "benchmarks",
    "zoo_colorpicker": "plugins/colorpicker",
    "zoo_creatures": "plugins/creatures",
    "zoo_gan": "plugins/gan",
    "zoo_wgan_gp": "plugins/wgan_gp",
}
DATA = {".py", ".typed", ".css", ".html", ".js", ".safetensors", ".json", ".toml", ".txt", ".tmpl"}  # what a package may hold

# Run where only the wheels are on the path: what the weights, the templates and the command line need must be in them.
USE = """
import os, sys, pathlib
os.environ["ZOO_PLUGINS"] = "zoo-bench,zoo-colorpicker,zoo-creatures,zoo-gan,zoo-wgan-gp"
import zoo_bench, zoo_core, zoo_wgan_gp
site = pathlib.Path(sys.argv[1])
for package in (zoo_bench, zoo_core, zoo_wgan_gp):
    assert pathlib.Path(package.__file__).is_relative_to(site), package
from zoo_core.cli import main
assert main(["list", "objective"]) == 0
from zoo_bench.evaluation.sprites import load_sprites
print("sprites", load_sprites()[1])
run = "bench --upsampler colorpicker --size 16 --steps 1 --threads 1 --samples 40 --out run".split()
for setting in ("generator.width=2", "critic.width=4", "train.batch=4", "dataset.count=40"):
    run += ["--set", setting]
assert main(run) == 0
assert pathlib.Path("run/report.html").stat().st_size > 10_000
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory, install_wheels):
    return install_wheels(tmp_path_factory.mktemp("installed"), [ROOT / source for source in PACKAGES.values()])


@pytest.fixture(scope="module")
def wheels(installed) -> dict[str, Path]:
    """Package -> its wheel."""
    return {package: next((installed.folder / "wheels").glob(f"{package}-*.whl")) for package in PACKAGES}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_wheel_holds_the_package_and_nothing_else(wheels, package):
    with zipfile.ZipFile(wheels[package]) as wheel:
        names = wheel.namelist()
        (info,) = {name.partition("/")[0] for name in names if ".dist-info/" in name}
        metadata = message_from_bytes(wheel.read(f"{info}/METADATA"))
        licence = wheel.read(f"{info}/licenses/LICENSE")
    inside = {name for name in names if not name.startswith(info)}
    folder = ROOT / PACKAGES[package]
    packages = tomllib.loads((folder / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    files = [path for each in packages for path in (folder / each).rglob("*") if path.is_file()]
    there = {str(path.relative_to(folder)) for path in files if "__pycache__" not in path.parts}
    there |= from_elsewhere(folder)
    assert inside == there, "the wheel and the folder differ"
    assert {Path(name).suffix for name in inside} <= DATA, "a file of another kind got into the package"
    assert not [name for name in inside if Path(name).name.startswith(("test_", "conftest"))]
    assert metadata["License-Expression"] == "Apache-2.0" and licence == (ROOT / "LICENSE").read_bytes()
    assert metadata["Requires-Python"] == ">=3.11" and str(metadata.get_payload()).startswith("# ")


def from_elsewhere(folder: Path) -> set[str]:
    """What the project file puts into the package from beside it (recipes), as the wheel names it."""
    target = tomllib.loads((folder / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    found = set()
    for source, goal in target.get("force-include", {}).items():
        found |= {f"{goal}/{path.relative_to(folder / source)}" for path in (folder / source).rglob("*") if path.is_file()}
    return found


def test_what_is_not_python_is_in_the_wheels(wheels):
    with zipfile.ZipFile(wheels["zoo_bench"]) as bench, zipfile.ZipFile(wheels["zoo_core"]) as core:
        assert "zoo_core/py.typed" in core.namelist()
        assert bench.getinfo("zoo_bench/evaluation/weights/sprites.safetensors").file_size < 2 * 2**20
        looks = {f"zoo_bench/report/templates/{name}" for name in ("layout.html", "run.html", "page.css", "page.js")}
        assert looks <= set(bench.namelist())


def test_the_main_job_works_from_wheels_alone(installed, wheels):
    output = installed.python("-c", USE, str(installed.site))
    assert "Wasserstein loss with gradient penalty" in output
    with zipfile.ZipFile(wheels["zoo_core"]) as core:
        assert f"zoo_core-{zoo_core.__version__}.dist-info/entry_points.txt" in core.namelist()
