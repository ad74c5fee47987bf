"""What types the commands of the documentation: in a folder and an environment of their own, `zoo` in this process."""

from __future__ import annotations

import importlib.metadata
import io
import json
import os
import re
import shlex
import shutil
import site
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from docs_pages import EXAMPLES, ROOT
from packaging.requirements import Requirement
from PIL import Image

from zoo_core.cli import main
from zoo_core.registry.catalog import discover
from zoo_testing.fake_hub import FakeHub


class Shell:
    """A folder and an environment, on top of this one, in which a page's commands are executed: like a user's."""

    def __init__(self, folder: Path, hub: FakeHub) -> None:
        self.folder, self.hub = folder, hub
        self.made: set[str] = set()  # what was taken for granted
        environment = folder / ".venv"
        venv.create(environment, symlinks=True)
        self.python = environment / "bin/python"
        self.site = next(environment.glob("lib/python*/site-packages"))
        # Packages of this environment, those that are installed editable too; what the page installs goes elsewhere.
        (self.site / "below.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
        for command, module in (("zoo", "zoo_core"), ("pip", "pip")):
            script = environment / "bin" / command
            script.write_text(f'#!/bin/sh\nexec "{self.python}" -m {module} "$@"\n')
            script.chmod(0o755)

    def run(self, line: str, code: int = 0) -> str:
        """What a command prints. Fails the test if it ends with another exit code than expected."""
        self.prepare(line)
        words = shlex.split(line, comments=True)
        match words:
            case ["cd", folder]:
                os.chdir(folder)
                return ""
            case ["zoo", *arguments]:
                ended, output = self.zoo(arguments)
            case ["HF_HUB_OFFLINE=1", "zoo", *arguments]:
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)  # it was read from the environment
                    ended, output = self.zoo(arguments)
            case ["pip", "install", *wanted] if wanted and all(each.startswith("zoo-") for each in wanted):
                ended, output = int(not all(map(is_installed, wanted))), "it is not installed here"
            case ["python", "-m", "pytest", *arguments]:
                ended, output = self.captured(lambda: pytest.main(["-p", "no:cacheprovider", *arguments]))
            case ["make", target]:
                ended, output = execute(["make", "-C", str(ROOT), "--dry-run", "--always-make", target])
            case [".ci/run"]:
                ended, output = execute(["bash", "-n", str(ROOT / ".ci/run")])
            case _:
                ended, output = execute(["bash", "-euo", "pipefail", "-c", line])
        self.see_installed()
        assert ended == code, f"{line}\nended with {ended}\n{output}"
        return output

    def prepare(self, text: str) -> None:
        """Put there what commands take for granted."""
        for given, make in GIVEN.items():
            if given not in self.made and re.search(rf"(?<![\w./-]){re.escape(given)}(?![\w.-])", text):
                self.made.add(given)
                make(self, given)

    def write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def zoo(self, arguments: list[str]) -> tuple[int, str]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["zoo", *arguments])
            return self.captured(lambda: main(arguments))

    def captured(self, call: Callable[[], int]) -> tuple[int, str]:
        """In this process, because each import of torch takes seconds."""
        output = io.StringIO()
        with redirect_stdout(output), redirect_stderr(output):
            ended = call()
        return int(ended), output.getvalue()

    def see_installed(self) -> None:
        """Find what was installed meanwhile, as a new process would."""
        site.addsitedir(str(self.site))
        importlib.invalidate_caches()
        discover.cache_clear()


def execute(words: list[str]) -> tuple[int, str]:
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    return done.returncode, done.stdout


def is_installed(wanted: str) -> bool:
    """Whether a distribution is here, has the extras that are asked for, and their packages are here, too."""
    asked = Requirement(wanted)
    try:
        known = importlib.metadata.metadata(asked.name).get_all("Provides-Extra") or []
        for needed in map(Requirement, importlib.metadata.requires(asked.name) or []):
            if needed.marker and any(needed.marker.evaluate({"extra": extra}) for extra in asked.extras):
                importlib.metadata.version(needed.name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return asked.extras <= set(known)


def _pictures(shell: Shell, path: str) -> None:
    """24 pictures with labels."""
    folder = Path(path)
    if not folder.exists():
        folder.mkdir(parents=True)
        lines = []
        for k in range(24):
            _picture(folder / f"{k:02d}.png", (32, 32), seed=k)
            kinds = {name: ("fire", "water")[k // step % 2] for step, name in enumerate(("type", "type1", "type2"), 1)}
            lines.append(json.dumps({"file_name": f"{k:02d}.png", "legs": k % 3, **kinds}))
        (folder / "metadata.jsonl").write_text("\n".join(lines))


def _picture(path: Path, size: tuple[int, int], seed: int = 0) -> None:
    """Coloured noise, enlarged."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(path)


def _sheets(shell: Shell, path: str) -> None:
    Path(path).mkdir(exist_ok=True)
    for seed, name in enumerate(("cats", "dogs")):
        _picture(Path(path) / f"{name}.png", (192, 192), seed=seed)


def _model(shell: Shell, path: str) -> None:
    """The model that comes with zoo-colorpicker."""
    if not Path(path).exists():
        shutil.copytree(ROOT / "plugins/colorpicker/zoo_colorpicker/creatures", path)


def _model_on_hub(shell: Shell, id: str) -> None:
    if id not in shell.hub.repositories:
        folder = ROOT / "plugins/colorpicker/zoo_colorpicker/creatures"
        shell.hub.add(id, {file.name: file for file in folder.iterdir() if file.suffix in (".json", ".safetensors")}, tag="v1")


def _dataset_on_hub(shell: Shell, ref: str) -> None:
    id = ref.replace("hub:", "datasets/")
    if id not in shell.hub.repositories:
        _pictures(shell, "of-the-hub")
        files = {file.name: file for file in Path("of-the-hub").iterdir()}
        table = (Path("of-the-hub") / "metadata.jsonl").read_text().replace('"type"', '"label"')
        shell.hub.add(id, {**files, "metadata.jsonl": table}, tag="v1.0")


def _plugin(shell: Shell, name: str) -> None:
    """An installed plugin with a generator, unless the page writes one."""
    if not Path(name).exists():
        shell.run(f"zoo new plugin {name} --kind generator")
        shell.run(f"zoo install -e ./{name}")


def _example(shell: Shell, line: str) -> None:
    """What stands in an example plugin, which the page shows."""
    name = line.split()[1]
    shutil.copytree(EXAMPLES / name, name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))


def _run(options: str) -> Callable[[Shell, str], None]:
    def prepare(shell: Shell, path: str) -> None:
        if not Path(path).exists():
            shell.run(f"zoo bench {options} --out {path}")

    return prepare


def _published(options: str) -> Callable[[Shell, str], None]:
    def prepare(shell: Shell, ref: str) -> None:
        id = ref.partition("@")[0]
        if id not in shell.hub.repositories:
            shell.run(f"zoo bench {options} --out published/{id}")
            shell.run(f"zoo publish published/{id} {id} --tag v1")

    return prepare


# What a command names -> what puts it there, unless it is there.
GIVEN: dict[str, Callable[[Shell, str], None]] = {
    **dict.fromkeys(
        ("pictures", "my/pictures", "my/images", "my/sprites", "pokemon", "PATH", "artworks", "generated", "real"), _pictures
    ),
    "drawing.png": lambda shell, path: _picture(Path(path), (32, 32)),
    "sheet.png": lambda shell, path: _picture(Path(path), (192, 192)),
    "sheets": _sheets,
    "path/to/model": _model,
    "user/repo": _model_on_hub,
    "hub:user/name": _dataset_on_hub,
    "YOU/creatures@v1": _published(""),
    "YOU/mine": _published("--dataset folder:my/pictures"),
    "runs/palette_gan-colorpicker-creatures-32-s0": _run(""),
    "runs/my-vae": _run("--model vae"),
    "check acme-gans": lambda shell, line: _plugin(shell, "acme-gans"),
    **{f"cd {folder.name}": _example for folder in EXAMPLES.iterdir()},
}
