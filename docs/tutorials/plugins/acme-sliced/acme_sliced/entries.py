"""What this plugin provides. Every command imports this module, so it imports neither torch nor numpy."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl


@hookimpl
def zoo_entries() -> list[Entry]:
    return [
        Entry(
            "objective",
            "sliced",
            target="acme_sliced.objective:Sliced",
            config="acme_sliced.options:SlicedOptions",
            summary="sliced Wasserstein distance between batches, without a critic",
            paper="Deshpande et al. 2018, Generative Modeling using the Sliced Wasserstein Distance, arXiv 1803.10492",
        ),
    ]
