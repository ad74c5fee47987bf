"""What an observer is: something that is told what happens in a run. Imports neither torch nor numpy.

An entry of kind `observer` is a callable `(options) -> Observer`; `zoo bench --log NAME` chooses it, and
`--set NAME.KEY=VALUE` sets its options.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Watched:
    """A run as an observer sees it.

    folder     absolute path of the run folder. An observer keeps its files in a folder there that is named after itself.
    recipe     the content of recipe.json.
    iteration  where this process begins: 0 for a new run, more for one that goes on.
    """

    folder: Path
    recipe: Mapping[str, Any]
    iteration: int

    @property
    def name(self) -> str:
        return self.folder.name


class Observer(Protocol):
    """Made anew for every run, and told of it in this order: started, then logged and pictured, then ended.

    What it is told is not to be changed. It may raise anything at any time: it is then switched off with a warning, and the
    run goes on. Its constructor raises ZooError for a library that is not installed.
    """

    def started(self, run: Watched) -> None:
        """Training begins, or goes on at `run.iteration`."""

    def logged(self, record: Mapping[str, Any]) -> None:
        """A line of metrics.jsonl. After a rollback the iterations begin again at an earlier one."""

    def pictured(self, name: str, iteration: int, pixels: NDArray[np.uint8]) -> None:
        """A picture was drawn, for example the grid `samples`: (H, W, 3)."""

    def ended(self, state: str, report: Mapping[str, Any]) -> None:
        """Training is finished, stopped or failed. `report`: the content of report.json, {} if there is none."""
