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

# Of zoo_core, what `zoo list` and a plan import.
TORCH_FREE = (
    *(
        "adversarial_options",
        "catalog",
        "cli",
        "cli.doctor",
        "cli.listing",
        "cli.new",
        "cli.packages",
        "entries",
        "errors",
        "executors",
        "files",
        "hooks",
        "images",
        "model_config",
        "observers",
    ),
    *("installed", "names", "nets.options", "options", "prior", "recipe", "scores", "seeds", "space", "train.options"),
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
    light = [f"zoo_core.{name}" for name in TORCH_FREE]
    light += ["zoo_bench.entries", "zoo_bench.data.options", "zoo_bench.matrix.options", "zoo_bench.observers.options"]
    for folder, package in zip(folders, plugins, strict=True):
        light += sorted(
            f"{package}.{file.stem}" for file in (folder / package).glob("*.py") if re.search(r"entries|options", file.stem)
        )
    return "\n".join(
        [
            "[importlinter]",
            _field("root_packages", ["zoo_core", "zoo_bench", *plugins]),
            "include_external_packages = True",
            "exclude_type_checking_imports = True",
            *_forbidden("core", "zoo_core imports neither the harness nor a plugin", ["zoo_core"], ["zoo_bench", *plugins]),
            *_forbidden("bench", "zoo_bench imports no plugin", ["zoo_bench"], plugins),
            *_forbidden("plugins", "plugins do not import the harness", plugins, ["zoo_bench"]),
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
