"""`zoo pull` and `zoo cache`: models of the Hub on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from zoo_core.cli.listing import columns
from zoo_core.errors import ZooError
from zoo_core.model.config import CONFIG, WEIGHTS, read_config
from zoo_core.registry.catalog import discover


@click.command("pull")
@click.argument("reference", metavar="REF")
@click.option("--allow-large", is_flag=True, help="Download files of any size.")
def pull_command(reference: str, allow_large: bool) -> None:
    """Download the model user/repo[@revision] of the Hub, so that it can be used without a connection.

    Prints what to type for exactly this version of it, and where it lies.
    """
    from zoo_core.model.hub import fetch

    found = fetch(reference, allow_large=allow_large, catalog=discover())
    if not found.repo:
        raise ZooError(f"{reference} is a folder here already; type user/repo of the Hub")
    click.echo(f"{found.name} -> {found.folder}")


@dataclass(frozen=True)
class Cached:
    """A commit of a model in the cache. `size` counts its config and weights, in bytes."""

    repo: str
    commit: str
    revisions: tuple[str, ...]
    made_of: str
    size: int
    folder: Path

    @property
    def name(self) -> str:
        return f"{self.repo}@{self.commit}"


@click.group("cache")
def cache_command() -> None:
    """Models of the Hub that are on this machine."""


@cache_command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list with one object per model.")
def list_command(as_json: bool) -> None:
    """List the models of zoo in the Hub's cache; other tools' models in it are left out."""
    found = cached()
    if as_json:
        import json

        click.echo(json.dumps([{**vars(item), "folder": str(item.folder)} for item in found], indent=2))
    elif found:
        rows = [(item.name, ", ".join(item.revisions), f"{item.size / 2**20:.1f} MiB", item.made_of) for item in found]
        click.echo("\n".join(columns(rows, indent=0)))
    else:
        click.echo("no models are in the cache; zoo pull user/repo downloads one")


def cached() -> list[Cached]:
    """The models of zoo in the cache, by name and then by commit. What cannot be read is left out."""
    from huggingface_hub import constants, scan_cache_dir

    if not Path(constants.HF_HUB_CACHE).is_dir():
        return []
    found = []
    for repo in scan_cache_dir(constants.HF_HUB_CACHE).repos:
        for revision in repo.revisions if repo.repo_type == "model" else ():
            try:
                config = read_config(revision.snapshot_path, allow_large=True)
            except ZooError:
                continue
            files = {file.file_name: file.size_on_disk for file in revision.files}
            if CONFIG not in files or WEIGHTS not in files:
                continue
            made_of = ", ".join(config.parts.values())
            size = files[CONFIG] + files[WEIGHTS]
            revisions = tuple(sorted(revision.refs))
            found.append(Cached(repo.repo_id, revision.commit_hash, revisions, made_of, size, revision.snapshot_path))
    return sorted(found, key=lambda item: (item.repo, item.commit))
