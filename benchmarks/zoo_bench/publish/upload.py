"""From a folder to a repository of the Hub in one commit, which is then downloaded again and compared.

The client is huggingface_hub's, which also knows where tokens are. A connection that breaks leaves the repository as it was, or
whole: there is one commit, and files that the Hub has already are not sent again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_token, snapshot_download
from huggingface_hub.errors import BadRequestError, HfHubHTTPError, HFValidationError, RepositoryNotFoundError
from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

from zoo_bench.publish.options import Terms
from zoo_bench.records.source import PUBLISHED, file_sha256
from zoo_core.errors import RunFailure, ZooError
from zoo_core.model.hub import asking
from zoo_core.registry.names import one_line


def check_target(repo: str, terms: Terms) -> None:
    """Whether a model can be published there, asked before any work is done.

    Raises ZooError for a name that is none, without a token, and for a token, a visibility or a tag with which it would end in
    an error; RunFailure if the Hub cannot be asked.
    """
    check_name(repo)
    if get_token() is None:
        raise ZooError(f"publishing to {repo} needs a token of the Hub; type hf auth login, or set HF_TOKEN")
    api = HfApi()
    with writing(repo):
        who = api.whoami()
        spaces = [who["name"], *(org["name"] for org in who.get("orgs", []))]
        if repo.partition("/")[0] not in spaces:
            raise ZooError(f"the token of {who['name']} cannot publish to {repo}; type {who['name']}/{repo.partition('/')[2]}")
        if who.get("auth", {}).get("accessToken", {}).get("role") == "read":
            raise ZooError(f"the token of {who['name']} can only read; make one that can write, then type hf auth login")
        try:
            info = api.model_info(repo)
        except RepositoryNotFoundError:
            return
        if terms.private and not info.private:
            raise ZooError(f"{repo} is there already and public; leave --private out, or type another name")
        if terms.tag and terms.tag in [ref.name for ref in api.list_repo_refs(repo).tags]:
            raise ZooError(f"{repo} has a tag {terms.tag} already; type --tag with another name")


def check_name(repo: str) -> None:
    """Raises ZooError unless it is `user/name` as the Hub takes it."""
    try:
        validate_repo_id(repo)
    except HFValidationError as error:
        raise ZooError(f"{one_line(repo, 100)} is no name of a repository: {one_line(str(error))}") from None
    if "/" not in repo:
        raise ZooError(f"{repo} is no name of a repository; type user/{repo}, with your name on the Hub")


def upload(folder: Path, repo: str, check: Callable[[Path], None], terms: Terms) -> str:
    """Publish the files of `folder` and return the commit; `check` is given the folder with what was downloaded of it.

    Files of an earlier publication that are not in `folder` are removed by the same commit; others are left alone.
    Raises RunFailure if the Hub cannot be reached or gives back anything else; ZooError where it refuses.
    """
    api = HfApi()
    with writing(repo):
        api.create_repo(repo, private=terms.private or None, exist_ok=True)
        names = sorted(path.name for path in folder.iterdir())
        stale = sorted(set(api.list_repo_files(repo)) & set(PUBLISHED) - set(names))
        commit = api.create_commit(
            repo,
            [*(CommitOperationAdd(name, folder / name) for name in names), *map(CommitOperationDelete, stale)],
            commit_message=f"Publish {repo}",
        ).oid
    with tempfile.TemporaryDirectory(prefix="zoo-publish-", ignore_cleanup_errors=True) as cache:
        with asking(repo):
            got = Path(snapshot_download(repo, revision=commit, cache_dir=cache, allow_patterns=list(PUBLISHED)))
        differ = [name for name in names if not (got / name).exists() or file_sha256(got / name) != file_sha256(folder / name)]
        if differ:
            raise RunFailure(f"{repo}@{commit} was published, but {', '.join(differ)} came back as something else")
        check(got)
    if terms.tag:
        with writing(repo):
            api.create_tag(repo, tag=terms.tag, revision=commit)
    return str(commit)


@contextmanager
def writing(repo: str) -> Iterator[None]:
    """Errors of the client while it writes to `repo`, as one line; those of reading, too."""
    with asking(repo):
        try:
            yield
        except BadRequestError as error:
            raise RunFailure(f"the Hub refuses what is published: {one_line(str(error))}") from error
        except HfHubHTTPError as error:
            status = error.response.status_code if error.response is not None else 0
            if status == 403:
                raise ZooError(f"your token may not write to {repo}; make one that may, then hf auth login") from error
            if status in (409, 412):
                raise RunFailure(f"{repo} was changed by somebody else meanwhile; try again") from error
            raise
        except ValueError as error:  # what the client makes of the Hub's opinion on the card
            raise RunFailure(f"the Hub refuses the card: {one_line(str(error))}") from error
        except RuntimeError as error:  # what it makes of any failure while it sends a large file
            raise RunFailure(f"the Hub did not take every file: {one_line(str(error.__cause__ or error))}") from error
