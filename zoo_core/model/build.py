"""From ids and options to networks that can be sampled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo_core.interfaces import Generator, Upsampler
from zoo_core.registry.catalog import Catalog
from zoo_core.space import Space


def build_generator(
    parts: Mapping[str, str],
    options: Mapping[str, Mapping[str, Any]],
    space: Space,
    latent: int,
    catalog: Catalog,
) -> Generator:
    """The generator alone, as `parts` and `options` name it. Needs no plugin but those of the generator and the upsampler."""
    upsampler: Upsampler = catalog.make("upsampler", parts["upsampler"], options.get("upsampler"))
    generator: Generator = catalog.make("generator", parts["generator"], options.get("generator"), space, latent, upsampler)
    return generator
