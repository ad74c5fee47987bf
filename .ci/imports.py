"""Check who may import whom, with import-linter, for the core, the harness and every plugin in plugins/all.txt.

The contracts are written anew each time, so that adding a plugin changes nothing here. Run it with the environment's
Python: `python .ci/imports.py`; exit code 0 if all contracts are kept.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HARNESS = ("zoo_bench", "zoo_testing", "zoo_train")  # each may import those after it

# Within a package, a room imports rooms below it; rooms of one line do not know each other.
ROOMS = {
    "zoo_core": (
        "cli",
        "pictures",
        "model | nets | objectives",
        "recipe",
        "registry",
        "executors | hooks | images | interfaces | observers | scores | whole_batch",
        "files | mapped | options | prior | seeds | space",
        "errors",
    ),
    "zoo_bench": (
        "commands",
        "matrix",
        "plan",
        "run",
        "asked",
        "publish",
        "evaluation",
        "report | observers | samples",
        "data",
        "records",
        "flags | habits | presets | progress | words",
    ),
}

# What `zoo list` and a plan import.
TORCH_FREE = (
    *(
        "zoo_core.cli",
        "zoo_core.cli.interpreter",
        "zoo_core.cli.listing",
        "zoo_core.cli.packages",
        "zoo_core.model.config",
        "zoo_core.nets.options",
    ),
    *("zoo_core.objectives.options", "zoo_core.recipe", "zoo_core.registry"),
    *(f"zoo_core.{name}" for name in ("errors", "executors", "files", "hooks", "images", "observers", "options", "prior")),
    *(f"zoo_core.{name}" for name in ("scores", "seeds", "space")),
    *("zoo_bench.entries", "zoo_bench.data.options", "zoo_bench.matrix.options", "zoo_bench.observers.options"),
    *("zoo_testing.commands.doctor", "zoo_testing.commands.new", "zoo_train.plan"),
)


def plugin_folders(root: Path = ROOT) -> list[Path]:
    """The folders of the plugins that plugins/all.txt installs."""
    return [root / line for line in re.findall(r"^-e \./(plugins/\S+)", (root / "plugins/all.txt").read_text(), re.MULTILINE)]


def package_of(plugin: Path) -> str:
    """plugins/wgan_gp -> zoo_wgan_gp."""
    return f"zoo_{plugin.name}"


def contracts(root: Path = ROOT) -> str:
    """The text of an .importlinter file."""
    folders = plugin_folders(root)
    plugins = [package_of(folder) for folder in folders]
    light = [*TORCH_FREE]
    for folder, package in zip(folders, plugins, strict=True):
        light += sorted(
            f"{package}.{file.stem}" for file in (folder / package).glob("*.py") if re.search(r"entries|options", file.stem)
        )
    return "\n".join(
        [
            "[importlinter]",
            _field("root_packages", ["zoo_core", *HARNESS, *plugins]),
            "include_external_packages = True",
            "exclude_type_checking_imports = True",
            *_forbidden("core", "zoo_core imports neither the harness nor a plugin", ["zoo_core"], [*HARNESS, *plugins]),
            *_forbidden("bench", "the harness imports no plugin", HARNESS, plugins),
            *_forbidden("plugins", "plugins do not import the harness", plugins, HARNESS),
            *_layers("harness", "of the harness, zoo_bench stands on zoo_testing, and that on zoo_train", HARNESS),
            *_forbidden("kit", "of zoo_bench, commands alone know the testing kit", _below_commands(), ["zoo_testing"]),
            *(line for package, rooms in ROOMS.items() for line in _layers(package, f"the rooms of {package}", rooms, package)),
            "[importlinter:contract:plugin]",
            "name = plugins do not import each other",
            "type = independence",
            _field("modules", plugins),
            *_forbidden("light", "what commands import first is free of torch", light, ["torch"]),
            "as_packages = False",  # the module of a command such as `sample` may import torch inside its function
            "",
        ]
    )


def _forbidden(key: str, name: str, sources: Sequence[str], forbidden: Sequence[str]) -> list[str]:
    head = [f"[importlinter:contract:{key}]", f"name = {name}", "type = forbidden"]
    return [*head, _field("source_modules", sources), _field("forbidden_modules", forbidden)]


def _layers(key: str, name: str, layers: Sequence[str], container: str = "") -> list[str]:
    head = [f"[importlinter:contract:{key}_layers]", f"name = {name}", "type = layers"]
    return [*head, _field("layers", layers), *([f"containers =\n    {container}"] if container else [])]


def _below_commands() -> list[str]:
    rooms = [room.strip() for layer in ROOMS["zoo_bench"] for room in layer.split("|")]
    return [f"zoo_bench.{room}" for room in rooms if room != "commands"]


def _field(name: str, values: Sequence[str]) -> str:
    return "\n    ".join([f"{name} =", *values])


def main() -> int:
    from importlinter.cli import lint_imports

    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "contracts.ini"
        config.write_text(contracts())
        return lint_imports(config_filename=str(config), no_cache=True, no_logo=True)


if __name__ == "__main__":
    sys.exit(main())
