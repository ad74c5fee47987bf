"""What this plugin provides."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl

LAZAROU = "Lazarou 2020, PokeGAN, github.com/ConorLazarou/PokeGAN"
CREATURES = {  # those of wgan_gp, on wider layers
    "objective.critic_steps": 1,
    "generator.width": 24,
    "critic.norm": "none",
    "train.batch": 32,
    "train.lr": 5e-4,
    "train.beta1": 0.0,
    "train.beta2": 0.9,
    "train.schedule": "linear",
}


@hookimpl
def zoo_entries() -> list[Entry]:
    return [
        Entry(
            "upsampler",
            "colorpicker",
            target="zoo_colorpicker.colorpicker:ColorPicker",
            config="zoo_colorpicker.options:ColorPickerOptions",
            summary="every pixel mixes a palette that the latent chooses; pixel shuffle before each convolution",
            paper=LAZAROU,
        ),
        Entry(
            "model",
            "creatures",
            parts={"objective": "zoo-wgan-gp/wgan_gp", "upsampler": "zoo-colorpicker/colorpicker"},
            options=CREATURES,
            needs=("labels",),
            requires=("zoo-wgan-gp",),
            summary="comes trained: zoo sample creatures --labels type=fire --labels body=blob; training needs zoo-wgan-gp",
            paper=f"{LAZAROU}; Gulrajani et al. 2017, arXiv 1704.00028",
            weights="zoo_colorpicker:creatures",
        ),
    ]
