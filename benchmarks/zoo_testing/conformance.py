"""Does a plugin keep its contracts? One list of checks, run by `zoo check` and by pytest.

In a plugin's tests, two lines are enough:

    from zoo_testing import conformance
    test_conformance = conformance("acme-gans")
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import torch

from zoo_core.errors import ZooError
from zoo_core.hooks import KINDS, Entry
from zoo_core.registry import names
from zoo_core.registry.catalog import Catalog, discover
from zoo_core.registry.problems import cause
from zoo_testing import (
    checks_command,
    checks_critic,
    checks_dataset,
    checks_executor,
    checks_generator,
    checks_learning,
    checks_manifest,
    checks_metric,
    checks_model,
    checks_objective,
    checks_observer,
    checks_package,
    checks_upsampler,
)
from zoo_testing.check import Check, NotApplicable, Result, Status, Violation
from zoo_testing.subject import Misfit, Subject

# Cheapest first.
CHECKS: tuple[Check, ...] = (
    *checks_manifest.CHECKS,
    *checks_command.CHECKS,
    *checks_metric.CHECKS,
    *checks_observer.CHECKS,
    *checks_executor.CHECKS,
    *checks_dataset.CHECKS,
    *checks_upsampler.CHECKS,
    *checks_critic.CHECKS,
    *checks_generator.CHECKS,
    *checks_model.CHECKS,
    *checks_objective.CHECKS,
    *checks_package.CHECKS,
)


@dataclass(frozen=True)
class Case:
    """One check of one entry, or of the distribution."""

    check: Check
    subject: Subject

    @property
    def entry(self) -> str:
        """The entry's name, with its kind where checks of all kinds would not tell it from others."""
        item = self.subject.item
        if item is None:
            return ""
        return item.entry.name if self.check.kind == item.entry.kind else f"{item.entry.kind}:{item.entry.name}"

    @property
    def id(self) -> str:
        return f"{self.check.name}[{self.entry}]" if self.entry else self.check.name


class Suite:
    """All checks that apply to a distribution, in order.

    xfails    name of a check, "generator_meta" or "generator_meta[blobs]" -> why it may fail. It then must fail.
    settings  "kind.option=value", for entries whose defaults cannot be checked.
    learn     whether models must learn something, too: up to a minute each.
    Raises ZooError for an expected failure without a reason or of no check of this distribution.
    """

    def __init__(
        self,
        distribution: str,
        *,
        xfails: Mapping[str, str] | None = None,
        settings: Iterable[str] = (),
        learn: bool = False,
        catalog: Catalog | None = None,
    ) -> None:
        self.catalog = catalog or discover()
        self.distribution = names.normal(distribution)
        whole = Subject(self.catalog, self.distribution, settings=tuple(map(_setting, settings)))
        parts = [replace(whole, item=item) for item in whole.items]
        self.cases = tuple(
            Case(check, subject)
            for check in (*CHECKS, *(checks_learning.CHECKS if learn else ()))
            for subject in ([whole] if not check.kind else parts)
            if not check.kind or check.kind in _kinds(subject.entry)
        )
        self.xfails = dict(xfails or {})
        self._outcomes: dict[str, tuple[Status, str, float]] = {}
        known = {name for case in self.cases for name in (case.check.name, case.id)}
        for name, reason in self.xfails.items():
            if name not in known:
                near = names.nearest(name, known)
                hint = f"did you mean {near}?" if near else f"zoo check {self.distribution} lists them"
                raise ZooError(f"no check of {self.distribution} is called {name}: {hint}")
            if not reason.strip():
                raise ZooError(f"expected failure {name} has no reason; write why it may fail")

    def run(self, case: Case) -> Result:
        """Run one check; once per case, however often it is asked for. Interruptions pass, nothing else is raised."""
        status, seen, seconds = self._outcome(case)
        reason = self.xfails.get(case.id) or self.xfails.get(case.check.name)
        if reason and status == "failed":
            status, seen = "xfailed", reason
        elif reason and status == "passed":
            status, seen = "xpassed", f"it passes, and was expected to fail ({reason}): take it out of xfails"
        return Result(case.check, case.entry, status, seen, seconds)

    def _outcome(self, case: Case) -> tuple[Status, str, float]:
        if case.id not in self._outcomes:
            lacking = next((base.id for base in self._stands_on(case) if self._outcome(base)[0] == "failed"), "")
            started = time.perf_counter()
            status, seen = _call(case) if not lacking else ("skipped", f"{lacking} failed")
            self._outcomes[case.id] = (status, seen, time.perf_counter() - started)
        return self._outcomes[case.id]

    def _stands_on(self, case: Case) -> list[Case]:
        """The checks of which the failure makes this one meaningless: of the same entry, or of the whole distribution."""
        wanted = list(case.check.stands_on)
        if case.check.kind in KINDS:
            wanted += ["target_importable", "options_documented"]
        same = [other for other in self.cases if other.subject.item in (None, case.subject.item)]
        return [other for other in same if other.check.name in wanted and other.id != case.id]


def conformance(
    distribution: str, *, xfails: Mapping[str, str] | None = None, settings: Iterable[str] = ()
) -> Callable[..., None]:
    """A pytest test, parametrised with every check of `Suite(distribution, ...)`."""
    import pytest

    suite = Suite(distribution, xfails=xfails, settings=settings)

    @pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in suite.cases])
    def test_conformance(case: Case) -> None:
        result = suite.run(case)
        if result.status == "skipped":
            pytest.skip(result.seen)
        if result.status == "xfailed":
            pytest.xfail(result.seen)
        if not result.good:
            pytest.fail(result.explain(), pytrace=False)

    return test_conformance


def _call(case: Case) -> tuple[Status, str]:
    try:
        # What a plugin prints must not end up in `--json`, and what it draws must not depend on the check before.
        with contextlib.redirect_stdout(sys.stderr), torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            case.check.run(case.subject)
    except (NotApplicable, Misfit) as reason:
        return "skipped", names.one_line(str(reason))
    except Violation as violation:
        return "failed", names.one_line(str(violation), 600)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin may call sys.exit
        return "failed", _raised(error, case.subject)
    return "passed", ""


def _raised(error: BaseException, subject: Subject) -> str:
    """What an exception says, with the last line of the plugin's own that it came from."""
    own = {item.entry.target.partition(".")[0].partition(":")[0] for item in subject.items if item.entry.target}
    place, frame = None, error.__traceback__
    while frame is not None:
        if str(frame.tb_frame.f_globals.get("__name__", "")).partition(".")[0] in own - {"zoo_core"}:
            place = f"{frame.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{frame.tb_lineno}"
        frame = frame.tb_next
    text = cause(error.with_traceback(None)) if place else cause(error)
    return f"raised {text}" + (f" ({place})" if place else "")


def _kinds(entry: Entry) -> set[str]:
    """What checks of an entry are for: its kind, and what it has."""
    return {entry.kind} | ({"target"} if entry.target else set()) | ({"options"} if entry.config else set())


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or "." not in key:
        raise ZooError(f"--set {text} is no setting of a kind's option; write kind.option=value, dataset.path=pictures")
    return key, value
