"""What the harness provides. Imported by every command, so without torch or numpy."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl


@hookimpl
def zoo_entries() -> list[Entry]:
    return [
        Entry("command", "bench", target="zoo_bench.command:bench", summary="Train a model, score it and write a report"),
        Entry(
            "dataset",
            "creatures",
            target="zoo_bench.data.creatures:Creatures",
            config="zoo_bench.data.options:CreaturesOptions",
            summary="819 procedural sprites, 18 types, 10 bodies; drawn by the package itself",
        ),
        Entry(
            "dataset",
            "folder",
            target="zoo_bench.data.folder:Folder",
            config="zoo_bench.data.options:FolderOptions",
            summary="your own images: folder:PATH",
        ),
    ]
