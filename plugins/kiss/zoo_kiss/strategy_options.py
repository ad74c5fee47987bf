"""Options of the objective `gan_strategies`. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.objectives.options import GanOptions
from zoo_core.options import option
from zoo_core.space import Space

WITHOUT_ACCURACY = ("wasserstein", "relativistic")  # losses that call no single image real or generated


@dataclass(frozen=True)
class StrategyOptions(GanOptions):
    """Any loss with any penalty, and who trains when (Kiss, Sandor and Pogany 2019, "Our implementation")."""

    trains: str = option(
        "both",
        "both networks in every iteration, or only the weaker one, whose accuracy is worse",
        choices=("both", "weaker"),
    )
    freeze_critic: bool = option(
        True, "the critic stands still while the generator trains; false: the generator's step moves it too, the same way"
    )
    pretrain: int = option(
        0, "iterations at the start in which the generator learns to decode an autoencoder's codes instead", min=0
    )
    noise: float = option(0.0, "standard deviation of Gaussian noise on every image that the critic sees, at the start", min=0)
    noise_steps: int = option(0, "iterations in which that noise falls to 0 in a straight line; 0: it stays", min=0)

    def fits(self, space: Space) -> str | None:
        """Why the options contradict each other, or None."""
        if self.trains == "weaker" and self.loss in WITHOUT_ACCURACY:
            return f"loss={self.loss} has no accuracy to find the weaker network by; type trains=both"
        if self.trains == "weaker" and (self.critic_steps, self.generator_steps) != (1, 1):
            return "trains=weaker takes one step an iteration; leave critic_steps and generator_steps out, or type trains=both"
        if self.noise_steps and not self.noise:
            return "noise_steps without noise; leave it out, or type noise=0.1"
        return super().fits(space)
