"""What zoo-gan provides."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl

PAPER = "Kiss, Sandor and Pogany 2019, Generating pokemon images with neural networks"


@hookimpl
def zoo_entries() -> list[Entry]:
    return [
        Entry(
            "objective",
            "gan_strategies",
            target="zoo_gan.objective:GanStrategies",
            config="zoo_gan.options:StrategyOptions",
            summary="any adversarial loss, with a say in who trains when: only the weaker, critic not frozen, pretrained",
            paper=PAPER,
        ),
    ]
