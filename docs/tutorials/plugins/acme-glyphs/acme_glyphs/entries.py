"""What this plugin provides. Every command imports this module, so it imports neither torch nor numpy."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl


@hookimpl
def zoo_entries() -> list[Entry]:
    return [
        Entry(
            "dataset",
            "glyphs",
            target="acme_glyphs.dataset:Glyphs",
            config="acme_glyphs.options:GlyphsOptions",
            summary="letters and digits in six hues, with labels sign, case and hue",
        ),
    ]
