"""Names of what plugins provide.

A canonical id is `<distribution>/<name>`. A short name stands for it where only one plugin provides that name for a kind.
Everything here works on text, so that it can be tested without a plugin.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from zoo_core.errors import ZooError

NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")  # of an entry, always matched in full
KNOWN = Path(__file__).with_name("known.json")


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


@cache
def known() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """What this project publishes: distribution -> kind -> names, and full ids that its entries once had.

    So an unknown name can be answered with what to install. Only these are ever suggested: the name of a distribution to
    install must not come out of a downloaded file. `python .ci/known.py` writes the file from the plugins' entries.
    """
    table: dict[str, dict[str, list[str]]] = json.loads(KNOWN.read_text(encoding="utf-8"))
    return table


def publisher(kind: str, name: str) -> str | None:
    """The distribution of this project that provides a name, or what once had a full id, installed or not.

    Any kind may be meant by kind "entry".
    """
    for distribution in known():
        if normal(name) in map(normal, _published(kind, distribution)):
            return distribution
    return normal(name) if kind == "entry" and normal(name) in known() else None


def _published(kind: str, distribution: str) -> list[str]:
    return [name for each, names in known()[distribution].items() if kind in (each, "entry") for name in names]


def resolve(
    kind: str,
    asked: str,
    ids: Mapping[str, Sequence[str]],
    broken: Mapping[str, str],
    prefer: str = "",
    aliases: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """The canonical id of kind `kind` that `asked` means.

    ids     kind -> all canonical ids of that kind.
    broken  distribution -> why it could not be loaded.
    prefer  a distribution whose own name wins over the same name elsewhere: a model means its own objective.
    aliases former full id -> canonical ids of the entries that say they had it.

    Raises ZooError for a name that no plugin provides, and for a short name or a former id that several do.
    """
    here = ids.get(kind, ())
    distribution, name = split(asked)
    if distribution:
        id = f"{distribution}/{name}"
        meant = [*([id] if id in here else []), *(aliases or {}).get(id, ())]
        if len(meant) > 1:
            raise ZooError(f"{kind} {id} is claimed by {' and '.join(meant)}; update their plugins, or uninstall one of them")
        if meant:
            return meant[0]
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
    there = sorted({split(id)[1] for id in ids.get(kind, ())})
    source = publisher(kind, name)
    if source and source in broken:
        return f"{text}: {source}, which provides it, is broken: {broken[source]}"
    near = nearest(name, there)
    if near and normal(near) == normal(name):
        return f"{text}: did you mean {near}?"
    others = [other for other, their in ids.items() if other != kind and any(split(id)[1] == name for id in their)]
    if others:
        text += f" ({name} is {' and '.join(article(other) for other in others)})"
    elif source and source not in _distributions(ids):
        return f"{text}: no installed plugin provides it: pip install {source}"
    if not there:
        return f"{text}: no installed plugin provides {article(kind)}"
    if near:
        text += f": did you mean {near}?"
    elif far := nearest(name, [name for each in known() for name in _published(kind, each) if "/" not in name]):
        text += f": did you mean {far}? It comes with {publisher(kind, far)}: pip install {publisher(kind, far)}"
    elif len(there) <= 12:
        text += f": type one of {', '.join(there)}"
    else:
        text += f": zoo list{'' if kind == 'entry' else ' ' + kind} shows what there is"
    return text + (f" ({len(broken)} broken: zoo doctor)" if broken else "")


def _absent(kind: str, distribution: str, name: str, ids: Mapping[str, Sequence[str]], broken: Mapping[str, str]) -> str:
    text = f"no {kind} is called {one_line(f'{distribution}/{name}', 90)}"
    if distribution in broken:
        return f"{text}: {distribution} is broken: {broken[distribution]}"
    if (home := publisher(kind, f"{distribution}/{name}")) and home not in _distributions(ids):
        return f"{text}: it belongs to {home} now: pip install {home}"
    if distribution not in _distributions(ids):
        if distribution in known():
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
