"""What a check is: a plain function that raises Violation, NotApplicable or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from zoo_testing.subject import Subject

Status = Literal["passed", "failed", "xfailed", "xpassed", "skipped"]
GOOD = ("passed", "xfailed", "skipped")


class Violation(AssertionError):
    """A contract does not hold; the text says what was seen instead."""


class NotApplicable(Exception):
    """The check has nothing to look at; the text says why."""


def expect(holds: bool, seen: str) -> None:
    """Raises Violation with what was seen unless the contract holds."""
    if not holds:
        raise Violation(seen)


@dataclass(frozen=True)
class Check:
    """One contract.

    name      kind and function, "generator_range": what `xfails` and `--only` name.
    kind      kind of the entries it looks at; "" for the distribution as a whole, "target" and "options" for every entry
              that has them.
    contract  what must hold, in a sentence: the function's docstring.
    read      where the contract is written down.
    stands_on names of checks whose failure makes this one meaningless.
    """

    name: str
    kind: str
    contract: str
    read: str
    run: Callable[[Subject], None]
    stands_on: tuple[str, ...] = ()


def checks(
    group: str, kind: str, read: str, *functions: Callable[[Subject], None], after: tuple[Check, ...] = ()
) -> tuple[Check, ...]:
    """Checks out of functions with a docstring. They stand on those of `after`; without, all but the first on the first."""
    made: list[Check] = []
    for function in functions:
        bases = tuple(check.name for check in after or made[:1])
        contract = " ".join((function.__doc__ or "").split())
        made.append(Check(f"{group}_{function.__name__}", kind, contract, read, function, bases))
    return tuple(made)


@dataclass(frozen=True)
class Result:
    """What came out of one check of one entry. `seen` says what went wrong, or why the check was skipped or may fail."""

    check: Check
    entry: str
    status: Status
    seen: str = ""
    seconds: float = 0.0

    @property
    def id(self) -> str:
        return f"{self.check.name}[{self.entry}]" if self.entry else self.check.name

    @property
    def good(self) -> bool:
        return self.status in GOOD

    def explain(self) -> str:
        """Three lines: the contract, what was seen, where to read."""
        return f"{self.id}\n  contract  {self.check.contract}\n  seen      {self.seen}\n  read      {self.check.read}"

    def to_json(self) -> dict[str, str | float]:
        return {
            "check": self.check.name,
            "entry": self.entry,
            "status": self.status,
            "seen": self.seen,
            "contract": self.check.contract,
            "read": self.check.read,
            "seconds": round(self.seconds, 3),
        }
