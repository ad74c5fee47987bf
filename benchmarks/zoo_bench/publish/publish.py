"""Publish a run: bundle it, upload it in one commit, download it again and compare."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from zoo_bench.publish.options import Terms, again
from zoo_bench.records.folder import RunFolder
from zoo_core.errors import RunFailure, ZooError
from zoo_core.registry.catalog import Catalog


def publish_run(folder: RunFolder, repo: str, catalog: Catalog, terms: Terms, *, checked: bool = False) -> str:
    """Publish a finished run and return the commit. `checked`: `check_target` was asked before, and need not be again.

    Raises RunFailure with the command that tries again, ZooError where trying again would not help; the run stays as it is.
    """
    from zoo_bench.publish.folder import check_samples, guide_images, write_folder
    from zoo_bench.publish.upload import check_target, upload
    from zoo_core.model.bundle import load_bundle

    if not checked:
        check_target(repo, terms)

    def draws_the_same(downloaded: Path) -> None:
        bundle = load_bundle(downloaded, catalog)
        check_samples(bundle, guide_images(bundle, folder.load_recipe(), catalog), downloaded / "samples.png")

    try:
        with tempfile.TemporaryDirectory(prefix="zoo-publish-", ignore_cleanup_errors=True) as place:
            out = Path(place) / "model"
            write_folder(folder, out, repo, catalog, terms)
            commit = upload(out, repo, draws_the_same, terms)
    except (RunFailure, ZooError) as error:
        typed = again(folder.path, repo, terms)
        raise type(error)(f"{error}; nothing of {folder.path} is lost; to publish it, type {typed}") from error
    click.echo(f"published {repo}@{commit}: downloaded again, the same files and the same pictures", err=True)
    click.echo(f"draw with it: zoo sample {repo}{f'@{terms.tag}' if terms.tag else ''}", err=True)
    return commit
