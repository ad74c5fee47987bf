"""What a metric is given and what it answers with. An entry of kind `metric` is a function `metric(sets) -> {name: Score}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Score:
    """One number. `spread` is the standard deviation over a metric's own repetitions, if it has any."""

    value: float
    better: Literal["lower", "higher"]
    spread: float | None = None


class Side(Protocol):
    """One of the sets compared. Features and logits come from the extractor of the evaluation, the same for all sides."""

    def __len__(self) -> int: ...

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """(N, H, W, 3), without alpha."""

    @property
    def labels(self) -> NDArray[np.int64]:
        """(N, L), -1 for none; L = 0 without labels."""

    @property
    def features(self) -> NDArray[np.float64]:
        """(N, d)."""

    @property
    def logits(self) -> NDArray[np.float64]:
        """(N, k), of the extractor's own classes."""


class Sets(Protocol):
    """`fake` is judged, `real` is the training split, `held_out` real images never trained on.

    The floor of a score is made by the caller, who gives held-out images as `fake`.
    """

    @property
    def real(self) -> Side: ...

    @property
    def fake(self) -> Side: ...

    @property
    def held_out(self) -> Side | None: ...

    @property
    def seed(self) -> int:
        """For metrics that draw."""

    @property
    def attributes(self) -> tuple[str, ...]:
        """Names of the columns of labels."""


Metric = Callable[[Sets], Mapping[str, Score]]
