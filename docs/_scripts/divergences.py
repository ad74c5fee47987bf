"""Draws docs/images/divergences.svg: distances between two parallel lines, and what a critic says to a generator there.

python docs/_scripts/divergences.py
"""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
PICTURE = Path(__file__).resolve().parent.parent / "images/divergences.svg"
BLUE, ORANGE, GREY = "#2a6fbb", "#c8641e", "#808080"


def jensen_shannon(p: Array, q: Array) -> float:
    """Of two histograms that sum to 1, in nats: 0 for equal ones, log 2 for disjoint ones."""

    def relative_entropy(a: Array) -> float:
        """Of a to the mean of p and q."""
        there = a > 0
        return float((a[there] * np.log(2 * a[there] / (p + q)[there])).sum())

    return (relative_entropy(p) + relative_entropy(q)) / 2


def wasserstein(p: Array, q: Array, spacing: float) -> float:
    """Wasserstein-1 of two histograms over the same bins, `spacing` apart: the area between the cumulative sums."""
    return float(np.abs(np.cumsum(p - q)).sum() * spacing)


def optimal_outputs(x: Array, p: Array, q: Array, spacing: float) -> tuple[Array, Array]:
    """Along x: the best discriminator p / (p + q), and the best 1-Lipschitz critic up to a constant."""
    return p / (p + q), np.cumsum(np.sign(np.cumsum(q - p))) * spacing


def normal(x: Array, mean: float, deviation: float) -> Array:
    density: Array = np.exp(-(((x - mean) / deviation) ** 2) / 2) / (deviation * np.sqrt(2 * np.pi))
    return density


def draw(path: Path) -> None:
    matplotlib.use("svg")
    from matplotlib import pyplot as plt

    plt.rcParams.update(
        {
            "svg.hashsalt": "zoo",
            "svg.fonttype": "none",
            "font.family": "sans-serif",
            "font.size": 9,
            "axes.spines.top": False,
            "axes.spines.right": False,
        }
    )
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.1), layout="constrained")

    count, spacing = 41, 0.05  # lines at -1 .. 1
    places = (np.arange(count) - count // 2) * spacing
    line = np.eye(count)
    real = line[count // 2]
    left.plot(places, [wasserstein(real, fake, spacing) for fake in line], color=BLUE, label="Wasserstein")
    left.plot(places, [jensen_shannon(real, fake) for fake in line], "o", ms=2.5, color=ORANGE, label="Jensen-Shannon")
    left.axhline(np.log(2), color=GREY, lw=0.6, ls=":")
    left.annotate("log 2", (-1, np.log(2)), (0, 3), textcoords="offset points", color=GREY)
    left.set(
        xlabel="place of the generated line; the real one is at 0",
        ylabel="distance",
        title="Two parallel lines",
        xticks=(-1, -0.5, 0, 0.5, 1),
    )
    left.legend(frameon=False, loc="upper center")

    x = np.linspace(-3, 3, 301)
    real, fake = normal(x, 1.5, 0.3), normal(x, -1.5, 0.3)
    discriminator, critic = optimal_outputs(x, real + 1e-300, fake + 1e-300, x[1] - x[0])
    right.fill_between(x, real / real.max() * 0.5, color=GREY, alpha=0.45, lw=0, label="real")
    right.fill_between(x, fake / real.max() * 0.5, color=GREY, alpha=0.2, lw=0, label="generated")
    right.plot(x, discriminator, color=ORANGE, label="discriminator")
    right.plot(x, (critic - critic.min()) / np.ptp(critic), color=BLUE, label="Wasserstein critic, scaled")
    right.set(xlabel="x", ylabel="output", title="The best answer to two narrow bells", ylim=(-0.05, 1.45))
    right.legend(frameon=False, ncols=2, loc="upper center", fontsize=8)
    figure.savefig(path, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    draw(PICTURE)
