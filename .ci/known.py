"""Write zoo_core/registry/known.json: what each distribution of the project provides, so that an unknown name is answered with
what to install. Run it after entries of a plugin were added, renamed or taken out: `python .ci/known.py`.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from zoo_core.hooks import KINDS
from zoo_core.registry.catalog import discover
from zoo_core.registry.installed import CORE
from zoo_core.registry.names import KNOWN, normal

ROOT = Path(__file__).resolve().parent.parent


def distributions(root: Path = ROOT) -> list[str]:
    """Names of the distributions that plugins/all.txt installs, the core apart."""
    folders = re.findall(r"^-e ([^\s\[]+)", (root / "plugins/all.txt").read_text(encoding="utf-8"), re.MULTILINE)
    texts = [(root / folder / "pyproject.toml").read_text(encoding="utf-8") for folder in folders]
    names = [normal(match[1]) for text in texts if (match := re.search(r'^name = "(.+)"', text, re.MULTILINE))]
    return sorted(name for name in names if name != CORE)


def table(wanted: list[str]) -> dict[str, dict[str, list[str]]]:
    """Distribution -> kind -> names and former ids, as they are installed here."""
    catalog = discover()
    found: dict[str, dict[str, list[str]]] = {}
    for distribution in wanted:
        kinds = found.setdefault(distribution, {})
        for kind in KINDS:
            entries = [item.entry for item in catalog.of(kind) if item.distribution == distribution]
            if entries:
                kinds[kind] = [*(entry.name for entry in entries), *(alias for entry in entries for alias in entry.aliases)]
    return found


def main() -> int:
    wanted = distributions()
    found = table(wanted)
    absent = [name for name in wanted if not found[name]]
    if absent:
        print(f"not installed or broken: {', '.join(absent)}; type pip install -r plugins/all.txt", file=sys.stderr)
        return 1
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(kinds)}" for name, kinds in found.items())
    KNOWN.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
