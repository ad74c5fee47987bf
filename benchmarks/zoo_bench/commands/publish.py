"""`zoo publish` and `zoo verify`. Imports torch and the Hub's client only once the input is known to be good."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from zoo_bench.data.named import path_is_folder
from zoo_bench.flags import flags_of
from zoo_bench.publish.options import Terms
from zoo_bench.publish.publish import publish_run
from zoo_bench.records.folder import RunFolder
from zoo_bench.run.threads import calm_threads
from zoo_core.errors import RunFailure
from zoo_core.registry.catalog import discover


@click.command("publish")
@click.argument("run", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("repo", metavar="USER/NAME")
@flags_of(Terms)
@click.option(
    "--dry-run", type=click.Path(path_type=Path), metavar="DIR", help="Write what would be uploaded to DIR; no network."
)
def publish(run: Path, repo: str, dry_run: Path | None, **values: Any) -> None:
    """Publish the model of a finished run as a repository of the Hugging Face Hub, in one commit.

    The commit is downloaded again and compared with what was sent: hashes of all files, and the pictures that it draws.

    \b
    zoo publish runs/palette_gan-colorpicker-creatures-32-s0 user/creatures --tag v1 --license cc-by-4.0
    zoo publish runs/palette_gan-colorpicker-creatures-32-s0 user/creatures --dry-run look
    """
    folder, catalog, terms = RunFolder(run), discover(), Terms(**values)
    folder.load_recipe()  # says what is wrong with RUN before torch is imported
    if dry_run is None:
        publish_run(folder, repo, catalog, terms)
        return
    from zoo_bench.publish.folder import write_folder
    from zoo_bench.publish.upload import check_name

    check_name(repo)
    write_folder(folder, dry_run, repo, catalog, terms)
    for path in sorted(dry_run.iterdir()):
        click.echo(f"{path.stat().st_size:>12,}  {path.name}")
    click.echo(f"nothing was uploaded; look at {dry_run / 'README.md'}")


@click.command("verify")
@click.argument("ref", metavar="REF")
@click.option(
    "--dataset",
    metavar="NAME[:PATH]",
    callback=path_is_folder,
    help="Where the images are: folder:PATH, ./PATH, hub:user/name, ...",
)
@click.option("--extractor", metavar="NAME", help="That of the report, where it is one of timm's, which are downloaded.")
@click.option("--extractor-weights", type=click.Path(path_type=Path), help="File of the extractor's weights.")
@click.option("--device", default="cpu", show_default=True, type=click.Choice(("cpu", "cuda", "mps")), help="Where to measure.")
def verify(ref: str, dataset: str | None, extractor: str | None, extractor_weights: Path | None, device: str) -> None:
    """Measure the scores of a published model again and compare them with its card and its report.

    REF is user/name[@revision] on the Hub, a folder that was published, or a run. Exit code 1 if a score differs by more than
    its own uncertainty. Of what a stranger's recipe asks for, folders are read, images and networks downloaded, and large sets
    drawn only if you name them.

    \b
    zoo verify user/creatures@v1
    zoo verify user/mine --dataset folder:my/images
    """
    calm_threads()
    from zoo_bench.publish.verify import lines, verify_model
    from zoo_bench.run.hardware import pick_device

    checks = verify_model(ref, discover(), dataset, extractor, extractor_weights, pick_device(device))
    for line in lines(checks):
        click.echo(line)
    wrong = [check.name for check in checks if not check.holds]
    if wrong:
        raise RunFailure(f"{ref} does not keep what it says: {', '.join(wrong)}")
    click.echo(f"{ref} keeps what it says: {len(checks)} scores measured again")
