"""What this plugin provides."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl


@hookimpl
def zoo_entries() -> list[Entry]:
    return [
        Entry(
            "upsampler",
            "colorpicker",
            target="zoo_colorpicker.colorpicker:ColorPicker",
            config="zoo_colorpicker.options:ColorPickerOptions",
            summary="every pixel mixes a palette that the latent chooses; pixel shuffle before each convolution",
            paper="Lazarou 2020, PokeGAN, github.com/ConorLazarou/PokeGAN",
        )
    ]
