"""How a model is published: the options that `zoo publish` and `zoo bench --publish` share. Imports nothing heavy."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from zoo_bench.flags import flag, words_of
from zoo_bench.publish.licenses import UNSTATED, license_id
from zoo_core.errors import ZooError


@dataclass(frozen=True)
class Terms:
    """How a model is published.

    private        whether a new repository is made so that only its owner sees it.
    tag            the name that the commit gets; None for none.
    license        of the weights, an identifier of the Hub.
    with_training  whether all networks are published, too.
    """

    private: bool = flag("--private", is_flag=True, help="Publish to a new repository that only you can see.")
    tag: str | None = flag("--tag", metavar="NAME", help="Name the published commit, for example v1.")
    license: str = flag(
        "--license",
        metavar="ID",
        default=UNSTATED,
        callback=lambda context, option, value: license_id(value),
        help="Licence of the published weights, as the Hub calls it: mit, cc-by-nc-4.0, ...",
    )
    with_training: bool = flag("--with-training", is_flag=True, help="Publish all networks too, for zoo bench --init-from.")

    @property
    def words(self) -> list[str]:
        """As they are typed; nothing for what is as it would be without."""
        return words_of(self)


def check_unused(terms: Terms) -> None:
    """Raises ZooError if anything is said of a publication where nothing is published."""
    if terms.words:
        raise ZooError(f"{shlex.join(terms.words)} is of published models; add --publish USER/NAME, or leave it out")


def again(run: Path, repo: str, terms: Terms) -> str:
    """The command that publishes a run on these terms."""
    return shlex.join(["zoo", "publish", str(run), repo, *terms.words])
