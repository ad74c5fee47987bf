"""What this plugin provides."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl


@hookimpl
def zoo_entries() -> list[Entry]:
    return [
        Entry(
            "dataset",
            "creatures",
            target="zoo_creatures.dataset:Creatures",
            config="zoo_creatures.options:CreaturesOptions",
            summary="819 procedural sprites, 18 types, 10 bodies; drawn by the package itself",
            aliases=("zoo-bench/creatures",),
        )
    ]
