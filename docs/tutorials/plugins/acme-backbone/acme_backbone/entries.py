"""What this plugin provides. Every command imports this module, so it imports neither torch nor numpy."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl


@hookimpl
def zoo_entries() -> list[Entry]:
    return [
        Entry(
            "generator",
            "backbone",
            target="acme_backbone.generator:BackboneGenerator",
            config="acme_backbone.options:BackboneOptions",
            needs=("guide",),
            summary="a timm network reads the guide; upsampling stages and the latent make the picture",
            paper="Ronneberger et al. 2015, U-Net, arXiv 1505.04597; Wightman, timm",
        ),
    ]
