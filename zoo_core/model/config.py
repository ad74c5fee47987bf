"""config.json of a model folder: what the generator is made of, in ids and numbers. Read without torch, trusted in nothing."""

from __future__ import annotations

import json
import math
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo_core import __version__
from zoo_core.errors import ZooError
from zoo_core.hooks import PARTS
from zoo_core.prior import PRIORS, Prior
from zoo_core.registry.catalog import Catalog
from zoo_core.registry.names import known, nearest, normal, one_line, publisher, split
from zoo_core.space import CHANNELS, Space

FORMAT = 1
CONFIG, WEIGHTS = "config.json", "model.safetensors"
NEEDED = ("generator", "upsampler")  # the parts that sampling needs
KEYS = ("format", "model", "parts", "options", "space", "prior", "background", "guide", "requires", "trained")
MOST_CONFIG = 2**20  # bytes
MOST_SIZE = 1024  # pixels; --allow-large lifts it
MOST_LATENT = 2**16
MOST_GUIDE = 16  # channels


@dataclass(frozen=True)
class ModelConfig:
    """What config.json says, checked.

    requires  distribution -> the version of it that the model was made with.
    said      all of the file, as JSON.
    """

    parts: Mapping[str, str]
    options: Mapping[str, Mapping[str, Any]]
    space: Space
    prior: Prior
    background: tuple[int, int, int]
    requires: Mapping[str, str]
    said: Mapping[str, Any]


def read_config(folder: Path, allow_large: bool = False) -> ModelConfig:
    """Raises ZooError, one line, for anything but a model's configuration within the bounds above."""
    path = folder / CONFIG
    try:
        return _checked(json.loads(_text(path), parse_constant=_refuse), allow_large)
    except FileNotFoundError:
        raise ZooError(
            f"{folder} holds no trained model ({CONFIG} is missing); type the path of a finished run or model folder"
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        reason = one_line(f"{type(error).__name__} {error}", 200)
        raise ZooError(f"{path} is not a model's configuration: {reason}") from None


def _text(path: Path) -> str:
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):
        raise ValueError("it is no file")
    if about.st_size > MOST_CONFIG:
        raise ValueError(f"it has {about.st_size:,} bytes")
    return path.read_text(encoding="utf-8")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _checked(said: Any, allow_large: bool) -> ModelConfig:
    if not isinstance(said, dict):
        raise TypeError("it is no object")
    if said["format"] != FORMAT:
        stated = one_line(str(said["format"]), 20)
        raise ZooError(f"model format {stated} needs another zoo-core than {__version__}; pip install -U zoo-core")
    if unknown := sorted(said.keys() - set(KEYS)):
        raise ValueError(f"unknown key {one_line(unknown[0], 60)}; it may need a newer zoo-core: pip install -U zoo-core")
    parts = {part: _string(said["parts"][part]) for part in NEEDED}
    options = {part: dict(said["options"][part]) for part in NEEDED}
    space, prior = Space.from_json(said["space"]), Prior.from_json(said["prior"])
    _check_space(space, allow_large)
    if prior.name not in PRIORS or not 1 <= prior.size <= MOST_LATENT or not 1 <= prior.modes <= MOST_LATENT:
        raise ValueError(f"there is no prior {one_line(prior.name, 40)} of {prior.size} numbers and {prior.modes} modes")
    background = tuple(said.get("background", (255, 255, 255)))
    if len(background) != 3 or not all(type(value) is int and 0 <= value <= 255 for value in background):
        raise ValueError("background must be three numbers from 0 to 255")
    guide = dict(said.get("guide") or {})
    if not math.isfinite(float(guide.get("threshold", 0))):
        raise ValueError("the threshold of the guide must be a number")
    requires = {normal(_string(name)): _string(version) for name, version in said.get("requires", {}).items()}
    return ModelConfig(parts, options, space, prior, background, requires, said)


def _string(value: Any) -> str:
    if not isinstance(value, str) or not value or len(value) > 200:
        raise TypeError("ids and versions must be short text")
    return value


def _check_space(space: Space, allow_large: bool) -> None:
    if space.channels not in CHANNELS or not 0 <= space.guide <= MOST_GUIDE or space.size < 1:
        raise ValueError(f"there are no images of size {space.size} with {space.channels} channels and {space.guide} guides")
    if space.size > MOST_SIZE and not allow_large:
        raise ZooError(f"the model draws {space.size} x {space.size} pixels; if you trust it, type --allow-large")
    if not all(space.labels.values()):
        raise ValueError("a label attribute has no values")


def check_requirements(config: ModelConfig, catalog: Catalog) -> None:
    """Raises ZooError with what to install if a plugin is missing, older than the model, or of another major version."""
    have = {plugin.distribution: plugin.version for plugin in catalog.plugins}
    # What is named as a part must be there; of what is only said to be required, the same holds, unless its part has moved.
    homes = {split(id)[0]: _home(PARTS[part], id, catalog) for part, id in config.parts.items() if "/" in id}
    stay = {name: version for name, version in config.requires.items() if homes.get(name, name) == name}
    wanted = dict.fromkeys(homes.values(), "") | stay
    for distribution, version in wanted.items():
        if distribution not in have:
            raise ZooError(_missing(distribution, version, sorted(have)))
        if problem := _mismatch(distribution, have[distribution], version):
            raise ZooError(problem)


def _home(kind: str, id: str, catalog: Catalog) -> str:
    """The distribution that provides an entry, under this id or another by now."""
    if id in catalog.ids()[kind]:
        return split(id)[0]
    return split(catalog.current(kind, id))[0] if id in catalog.aliases(kind) else publisher(kind, id) or split(id)[0]


def _missing(distribution: str, version: str, have: Sequence[str]) -> str:
    shown = one_line(distribution, 60)
    if distribution in known():
        return f'the model needs {shown}, which is not installed: pip install "{_at_least(distribution, version)}"'
    # The name of a distribution to install must not come out of a downloaded file.
    near = nearest(distribution, have)
    hint = f" ({near} is another plugin)" if near else ""
    return f"the model needs a plugin {shown}, which is not installed{hint}; install it if you know and trust its authors"


def _mismatch(distribution: str, have: str, made_with: str) -> str:
    """What is wrong with the installed version, "" if nothing. An unreadable version fits everything."""
    here, there = _release(have), _release(made_with)
    if not here or not there:
        return ""
    said = f"the model was made with {distribution} {one_line(made_with, 40)}, and {have} is installed"
    ours = distribution == "zoo-core" or distribution in known()
    fitting = _at_least(distribution, made_with)
    newer = f'pip install -U "{fitting}"' if ours else "update it"
    older = f'pip install "{fitting},<{there[0] + 1}"' if ours else "install an older one"
    if here[:2] < there[:2]:
        return f"{said}, which is too old: {newer}"
    if here[0] > there[0]:
        return f"{said}, which is too new: {older}"
    return ""


def _at_least(distribution: str, version: str) -> str:
    release = _release(version)
    return f"{distribution}>={release[0]}.{release[1]}" if release else distribution


def _release(version: str) -> tuple[int, int] | None:
    """The first two numbers of a version; None for what is none."""
    from packaging.version import InvalidVersion, Version  # only models need it

    try:
        found = Version(version)
    except InvalidVersion:
        return None
    return found.major, found.minor
