"""Do generated images show what they were asked to show? The accuracy of a linear classifier of the training images.

Ridge regression from features to one column per label value (no iterations, no seed), fitted on the training split. It is
tried on held-out images first: a classifier that fails on real images says nothing about generated ones. The control
shuffles the labels of the same images: what a generator that ignores them would get.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from zoo_bench.evaluation.pixels import Rows
from zoo_bench.evaluation.sets import Sets
from zoo_core.errors import ZooError
from zoo_core.scores import Score

SHUFFLED = "_shuffled"
RIDGE = 0.1  # times the number of images; features are standardised


def label_accuracy(sets: Sets) -> Mapping[str, Score]:
    """`accuracy_<attribute>`: share of judged images whose label the classifier names. Empty without labels.

    accuracy_<attribute>_shuffled is its control, with labels of other judged images: the mean over all ways to shuffle them.

    Raises ZooError where the classifier does no better on held-out images than the most frequent label does.
    """
    scores = {}
    for column, attribute in enumerate(sets.attributes):
        known = sets.real.labels[:, column] >= 0
        asked = sets.fake.labels[:, column] >= 0
        if not known.any() or not asked.any():
            continue
        rows, labels = sets.real.features[known], sets.real.labels[known, column]
        if sets.held_out is not None and (trial := sets.held_out.labels[:, column] >= 0).any():
            truth = sets.held_out.labels[trial, column]
            right = float((classify(rows, labels, sets.held_out.features[trial]) == truth).mean())
            usual = float((truth == np.bincount(labels).argmax()).mean())
            if right <= usual:
                raise ZooError(f"accuracy of {attribute} is void: {right:.0%} of held-out, the most frequent label {usual:.0%}")
        answers = classify(rows, labels, sets.fake.features[asked])
        wanted = sets.fake.labels[asked, column]
        scores[f"accuracy_{attribute}"] = Score(float((answers == wanted).mean()), "higher")
        scores[f"accuracy_{attribute}{SHUFFLED}"] = Score(chance(answers, wanted), "lower")
    return scores


def chance(answers: NDArray[np.int64], wanted: NDArray[np.int64]) -> float:
    """Share of (n,) answers that are right on average when the n wanted ones are shuffled: each meets each equally often."""
    length = int(max(answers.max(), wanted.max())) + 1
    return float(np.bincount(answers, minlength=length) @ np.bincount(wanted, minlength=length) / len(answers) ** 2)


def classify(rows: Rows, labels: NDArray[np.int64], asked: Rows) -> NDArray[np.int64]:
    """Labels for `asked` (M, d) by ridge regression on `rows` (N, d) with `labels` (N,)."""
    mean, spread = rows.mean(0), rows.std(0) + 1e-6
    x = (rows - mean) / spread
    values = np.unique(labels)
    targets = (labels[:, None] == values).astype(np.float64)
    centre = targets.mean(0)
    weights = np.linalg.solve(x.T @ x + RIDGE * len(x) * np.eye(x.shape[1]), x.T @ (targets - centre))
    return np.asarray(values[((asked - mean) / spread @ weights + centre).argmax(1)], np.int64)
