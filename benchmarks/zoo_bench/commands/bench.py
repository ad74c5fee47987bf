"""`zoo bench`: train a model, score it, report. Imports torch only once the recipe is known to be good."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

import click

from zoo_bench.asked import Asked, asked_of
from zoo_bench.flags import flags_of, sections
from zoo_bench.habits import what_to_type
from zoo_bench.matrix.axes import is_for_matrix
from zoo_bench.plan import provenance_of, recipe_of, run_name
from zoo_bench.publish.options import check_unused
from zoo_bench.records.folder import RunFolder
from zoo_bench.records.provenance import Provenance
from zoo_bench.run.launch import check_nodes, check_processes, follow, is_worker, launch, world_of
from zoo_bench.run.resume import resumed_recipe
from zoo_bench.run.threads import calm_threads
from zoo_core.errors import ZooError
from zoo_core.recipe.recipe import Recipe
from zoo_core.registry.catalog import Catalog, discover

STOPPED = 130  # exit code


class BenchCommand(click.Command):
    """A command whose `--help` shows its options in groups, and that knows options of other trainers."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = list(args)  # click empties the other list
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            instead = what_to_type(error.option_name, words)
            if instead is None:
                raise
            raise ZooError(f"zoo bench has no option {error.option_name}; type {instead}") from None

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, rows in sections(self, ctx):
            with formatter.section(title):
                formatter.write_dl(rows)


@click.command("bench", cls=BenchCommand)
@flags_of(Asked)
@click.pass_context
def bench(context: click.Context, /, **_: Any) -> None:
    """Train a model on a dataset, score it and write a report.

    \b
    zoo bench
    zoo bench --model dcgan --dataset folder:my/images --size 64 --minutes 20
    zoo bench --model dcgan,vae --upsampler nearest,colorpicker --seeds 3
    zoo bench --model wgan_clip --vary critic_steps=1,5 --seeds 3

    With several names after --model or a part's flag, several values after --vary, or several seeds, every combination is
    trained.
    """
    catalog = discover()
    asked = asked_of(context, catalog)
    check_nodes(asked.processes)
    if not asked.publication.repo:
        check_unused(asked.terms)
    if asked.session.change_recipe and not asked.session.resume:
        raise ZooError("--change-recipe goes with --resume RUN; leave it out")
    if is_for_matrix(asked):
        check_for_one_run(asked)
        from zoo_bench.matrix.run import bench_matrix

        context.exit(bench_matrix(asked, catalog))
    context.exit(bench_one(asked, catalog))


def check_for_one_run(asked: Asked) -> None:
    """Raises ZooError for options that a matrix cannot heed."""
    if asked.publication.repo:
        raise ZooError("--publish is for one run; leave it out, then type zoo publish RUN USER/NAME")
    if asked.session.profile:
        raise ZooError("--profile is for one run; type one model, one of each part and one seed")
    if asked.processes.count > 1:
        raise ZooError("--devices is for one run; type one model, one of each part and one seed")


def bench_one(asked: Asked, catalog: Catalog) -> int:
    """One run. Returns the exit code: 0, 130 if it was stopped, or that of the processes which were started for it."""
    recipe, provenance, folder = recipe_and_folder(asked, catalog)
    if asked.publication.repo:
        from zoo_bench.publish.upload import check_target  # imports the Hub's client

        check_target(asked.publication.repo, asked.terms)
    check_processes(asked.processes, recipe)
    calm_threads()
    os.environ.setdefault("KINETO_LOG_LEVEL", "5")  # torch.profiler tells stderr that there is no GPU; read when it is loaded
    if asked.processes.count > 1 and not is_worker():
        if not asked.session.resume:
            folder.check_free(asked.session.overwrite)
        again = shlex.join(["zoo", "bench", "--resume", str(folder.path), *asked.processes.words])
        return launch(asked.processes, sys.argv[1:], again)
    record = train(asked, recipe, provenance, folder, catalog)
    if record is None:
        return 0
    try:
        if asked.publication.repo and record["state"] == "finished":
            from zoo_bench.publish.publish import publish_run

            record["published"] = publish_run(folder, asked.publication.repo, catalog, asked.terms, checked=True)
    finally:
        if asked.session.as_json:
            click.echo(json.dumps(record))
    if record["state"] != "stopped":
        return 0
    if asked.publication.repo:
        later = shlex.join(["--publish", asked.publication.repo, *asked.terms.words])
        click.echo(f"nothing was published; go on with zoo bench --resume {folder.path} {later}", err=True)
    return STOPPED


def recipe_and_folder(asked: Asked, catalog: Catalog) -> tuple[Recipe, Provenance, RunFolder]:
    """What to train and where: a run that goes on, or a new one."""
    if asked.session.resume:
        folder = RunFolder(asked.session.resume)
        return *resumed_recipe(folder.load_recipe(), folder.load_provenance(), asked, catalog, folder.path), folder
    recipe = recipe_of(asked, catalog)
    return recipe, provenance_of(asked, recipe, catalog), RunFolder(asked.session.out or Path("runs") / run_name(recipe))


def train(asked: Asked, recipe: Recipe, provenance: Provenance, folder: RunFolder, catalog: Catalog) -> dict[str, Any] | None:
    """Train, score and report. Returns the record of the run; None in a process that is not the first of several."""
    from zoo_bench.evaluation.score import Scoring  # imports torch
    from zoo_bench.run.bench import run_bench  # imports torch
    from zoo_bench.run.options import RunOptions

    session, judging = asked.session, asked.judging
    options = RunOptions(
        scoring=Scoring(judging.judge, judging.extractor_weights, judging.samples, judging.score_every, judging.second_judge),
        checkpoint_every=session.checkpoint_every,
        on_trouble=session.on_trouble,
        profile=session.profile,
        observers=asked.observers,
    )
    with world_of(asked.processes, recipe.device) as world:
        if world.rank:
            follow(world, catalog)
            return None
        resume, overwrite = bool(session.resume), session.overwrite
        return run_bench(recipe, provenance, folder, catalog, options, resume=resume, overwrite=overwrite, world=world)
