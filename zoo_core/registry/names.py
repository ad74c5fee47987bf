"""Names of what plugins provide.

A canonical id is `<distribution>/<name>`. A short name stands for it where only one plugin provides that name for a kind.
Everything here works on text, so that it can be tested without a plugin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from zoo_core.errors import ZooError
from zoo_core.hooks import PARTS

NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")  # of an entry, always matched in full
ID = re.compile(r"[a-z0-9][a-z0-9.-]*/[a-z0-9][a-z0-9_-]*")

# What this project publishes, so that an unknown name can be answered with what to install. Only these are ever suggested:
# the name of a distribution to install must not come out of a downloaded file.
FIRST_PARTY: Mapping[str, tuple[str, ...]] = {
    "zoo-acgan": ("acgan", "acgan_wgan_gp"),
    "zoo-aae": ("aae",),
    "zoo-aegan": ("aegan",),
    "zoo-bench": (
        *("bench", "check", "compare", "data", "eval", "new", "publish", "report", "runs", "verify"),
        *("anime_faces", "celeba", "cifar10", "folder", "hub", "packed"),
        *("local", "ray", "slurm", "tensorboard", "wandb"),
    ),
    "zoo-cgan": ("cgan", "cgan_kiss"),
    "zoo-colorpicker": ("colorpicker", "creatures"),
    "zoo-creatures": ("creatures",),
    "zoo-dcgan": ("dcgan",),
    "zoo-ebgan": ("ebgan",),
    "zoo-gan": ("gan_kiss", "gan_strategies", "wgan_kiss"),
    "zoo-kiss": ("aae_kiss", "vae_kiss"),
    "zoo-vae": ("vae",),
    "zoo-wgan-clip": ("wgan_clip", "wgan_clip_2017"),
    "zoo-wgan-gp": ("wgan_gp", "wgan_gp_2017", "wgan_gp_chen"),
    "zoo-xiang128": ("xiang_gan", "xiang_wgan"),
}
HARNESS = ("command", "dataset", "executor", "observer")  # kinds that zoo-bench provides, and no other of these


def normal(distribution: str) -> str:
    """The name of a distribution as package indexes compare it (the "Names and normalization" packaging specification)."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def split(id: str) -> tuple[str, str]:
    """ "dist/name" -> (normal distribution, name); a short name gives ("", name)."""
    distribution, _, name = id.rpartition("/")
    return normal(distribution), name


def one_line(text: str, limit: int = 300) -> str:
    """Text on one line: white space collapsed, control characters dropped, cut to `limit` characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else line[: limit - 3] + "..."


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`, if any is alike; letter case and `-` or `_` do not count."""
    import difflib  # only errors need it, and every command pays for what this module imports

    folded: dict[str, str] = {}
    for name in sorted(known):
        folded.setdefault(name.lower().replace("_", "-"), name)
    near = difflib.get_close_matches(word.lower().replace("_", "-"), folded, n=1)
    return folded[near[0]] if near else None


def publisher(kind: str, name: str) -> str | None:
    """The distribution of this project that provides `name`, installed or not. Any kind may be meant by kind "entry"."""
    if kind not in ("entry", "model", *HARNESS, *PARTS.values()):
        return None
    for distribution, provided in FIRST_PARTY.items():
        fits = kind == "entry" or (kind in HARNESS) == (distribution in ("zoo-bench", "zoo-creatures"))
        if fits and normal(name) in (distribution, *map(normal, provided)):
            return distribution
    return None


def resolve(kind: str, asked: str, ids: Mapping[str, Sequence[str]], broken: Mapping[str, str], prefer: str = "") -> str:
    """The canonical id of kind `kind` that `asked` means.

    ids     kind -> all canonical ids of that kind.
    broken  distribution -> why it could not be loaded.
    prefer  a distribution whose own name wins over the same name elsewhere: a model means its own objective.

    Raises ZooError for a name that no plugin provides and for a short name that several provide.
    """
    here = ids.get(kind, ())
    distribution, name = split(asked)
    if distribution:
        if f"{distribution}/{name}" in here:
            return f"{distribution}/{name}"
        raise ZooError(_absent(kind, distribution, name, ids, broken))
    found = [id for id in here if split(id)[1] == name]
    if prefer and f"{normal(prefer)}/{name}" in found:
        return f"{normal(prefer)}/{name}"
    if len(found) == 1:
        return found[0]
    if found:
        raise ZooError(f"{kind} {name} is provided by several plugins: type {' or '.join(sorted(found))}")
    raise ZooError(_unknown(kind, name, ids, broken))


def _unknown(kind: str, name: str, ids: Mapping[str, Sequence[str]], broken: Mapping[str, str]) -> str:
    text = f"no {kind} is called {one_line(name, 60) or 'nothing'}"
    known = sorted({split(id)[1] for id in ids.get(kind, ())})
    source = publisher(kind, name)
    if source and source in broken:
        return f"{text}: {source}, which provides it, is broken: {broken[source]}"
    near = nearest(name, known)
    if near and normal(near) == normal(name):
        return f"{text}: did you mean {near}?"
    others = [other for other, their in ids.items() if other != kind and any(split(id)[1] == name for id in their)]
    if others:
        text += f" ({name} is {' and '.join(article(other) for other in others)})"
    elif source and source not in _distributions(ids):
        return f"{text}: no installed plugin provides it: pip install {source}"
    if not known:
        return f"{text}: no installed plugin provides {article(kind)}"
    if near:
        text += f": did you mean {near}?"
    elif (far := nearest(name, [name for names in FIRST_PARTY.values() for name in names])) and publisher(kind, far):
        text += f": did you mean {far}? It comes with {publisher(kind, far)}: pip install {publisher(kind, far)}"
    elif len(known) <= 12:
        text += f": type one of {', '.join(known)}"
    else:
        text += f": zoo list{'' if kind == 'entry' else ' ' + kind} shows what there is"
    return text + (f" ({len(broken)} broken: zoo doctor)" if broken else "")


def _absent(kind: str, distribution: str, name: str, ids: Mapping[str, Sequence[str]], broken: Mapping[str, str]) -> str:
    text = f"no {kind} is called {one_line(f'{distribution}/{name}', 90)}"
    if distribution in broken:
        return f"{text}: {distribution} is broken: {broken[distribution]}"
    if distribution not in _distributions(ids):
        if distribution in FIRST_PARTY:
            return f"{text}: no installed plugin provides it: pip install {distribution}"
        near = nearest(distribution, _distributions(ids))
        hint = f"; did you mean {near}/{one_line(name, 60)}?" if near else ""
        return f"{text}: no plugin {one_line(distribution, 60)} is installed{hint}"
    own = [id for id in ids.get(kind, ()) if split(id)[0] == distribution]
    near = nearest(name, [split(id)[1] for id in own])
    if near:
        return f"{text}: did you mean {distribution}/{near}?"
    return f"{text}: {distribution} provides {'the ' + kind + ' ' + ', '.join(own) if own else 'no ' + kind}"


def _distributions(ids: Mapping[str, Sequence[str]]) -> set[str]:
    return {split(id)[0] for their in ids.values() for id in their}


def article(kind: str) -> str:
    """The kind with "a" or "an" before it."""
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
