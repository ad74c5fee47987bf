"""How a model is published: the options that `zoo publish` and `zoo bench --publish` share. Imports nothing heavy."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import click

from zoo_bench.publish.licenses import UNSTATED, license_id
from zoo_core.errors import ZooError

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Terms:
    """How a model is published.

    private        whether a new repository is made so that only its owner sees it.
    tag            the name that the commit gets; None for none.
    license        of the weights, an identifier of the Hub.
    with_training  whether all networks are published, too.
    """

    private: bool = False
    tag: str | None = None
    license: str = UNSTATED
    with_training: bool = False

    @property
    def words(self) -> list[str]:
        """As they are typed; nothing for what is as it would be without."""
        words = ["--private"] * self.private + ["--with-training"] * self.with_training
        words += ["--tag", self.tag] if self.tag is not None else []
        return words + (["--license", self.license] if self.license != UNSTATED else [])


NAMES = tuple(field.name for field in fields(Terms))
OPTIONS = (
    click.option("--private", is_flag=True, help="Publish to a new repository that only you can see."),
    click.option("--tag", metavar="NAME", help="Name the published commit, for example v1."),
    click.option(
        "--license",
        metavar="ID",
        default=UNSTATED,
        show_default=True,
        callback=lambda context, option, value: license_id(value),
        help="Licence of the published weights, as the Hub calls it: mit, cc-by-nc-4.0, ...",
    ),
    click.option("--with-training", is_flag=True, help="Publish all networks too, for zoo bench --init-from."),
)


def terms_options(command: Command) -> Command:
    """Give a command the options; its function is called with one argument for each of NAMES."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def terms_of(given: Mapping[str, Any]) -> Terms:
    return Terms(**{name: given[name] for name in NAMES})


def check_unused(terms: Terms) -> None:
    """Raises ZooError if anything is said of a publication where nothing is published."""
    if terms.words:
        raise ZooError(f"{shlex.join(terms.words)} is of published models; add --publish USER/NAME, or leave it out")


def again(run: Path, repo: str, terms: Terms) -> str:
    """The command that publishes a run on these terms."""
    return shlex.join(["zoo", "publish", str(run), repo, *terms.words])
