"""What a machine adds to a recipe: where a run comes from. It stands in recipe.json beside what was asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zoo_core.errors import ZooError
from zoo_core.recipe.recipe import Recipe, as_today


@dataclass(frozen=True)
class Provenance:
    """Where a run comes from. Of a run that has not begun, `command` and `init_from` alone are known.

    command         what was typed.
    versions        distribution -> version, and hardware: where the run was started.
    dataset_sha256  of the decoded pixels, the labels and the split.
    precision       phase -> which and why.
    init_from       the published weights that training starts from; {} for none.
    changes         what was typed otherwise when the run was resumed, one line each.
    """

    command: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    hardware: Mapping[str, Any] = field(default_factory=dict)
    dataset_sha256: str = ""
    precision: Mapping[str, str] = field(default_factory=dict)
    init_from: Mapping[str, str] = field(default_factory=dict)
    changes: Sequence[str] = field(default_factory=list)

    def typed(self, command: str) -> Provenance:
        """The same, of this command."""
        return dataclasses.replace(self, command=command)

    def started(self, versions: Mapping[str, str], hardware: Mapping[str, Any], dataset_sha256: str) -> Provenance:
        """With where the run is started, and on which images."""
        return dataclasses.replace(self, versions=versions, hardware=hardware, dataset_sha256=dataset_sha256)

    def in_precision(self, chosen: Mapping[str, str]) -> Provenance:
        """With the precision of each phase; {} where it is to be chosen again."""
        return dataclasses.replace(self, precision=chosen)

    def changed(self, notes: Sequence[str]) -> Provenance:
        """With what was typed otherwise, one line each."""
        return dataclasses.replace(self, changes=[*self.changes, *notes])

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Provenance:
        """Of the content of recipe.json, of today's or of an earlier format. Raises ZooError for what is none."""
        told = as_today(value).get("provenance", {})
        try:
            return Provenance(**told)
        except TypeError as error:
            raise ZooError(f"not the provenance of a recipe: {error}") from None


def recorded(recipe: Recipe, provenance: Provenance) -> dict[str, Any]:
    """The content of recipe.json."""
    return {**recipe.to_json(), "provenance": provenance.to_json()}
