"""`zoo bench`: train a model, score it, report. Imports torch only once the recipe is known to be good."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zoo_bench.matrix.axes import asks_for_matrix
from zoo_bench.observers.chosen import split
from zoo_bench.plan import COMMANDLINE, recipe_of, run_name
from zoo_bench.presets import after_those_of_the_recipe, use_recipe
from zoo_bench.publish.options import check_unused, terms_of, terms_options
from zoo_bench.records.folder import RunFolder
from zoo_bench.run.launch import asked_processes, check_processes, follow, is_worker, launch, world_of
from zoo_bench.run.resume import BUDGETS, resumed_recipe
from zoo_bench.run.threads import calm_threads
from zoo_core.errors import ZooError
from zoo_core.registry.catalog import discover

if TYPE_CHECKING:
    pass


@click.command("bench")
@click.option(
    "--recipe",
    is_eager=True,
    expose_value=False,
    callback=use_recipe,
    help="Options from a recipe; typed ones win. See recipes/.",
)
@click.option("--model", default="wgan_gp", show_default=True, help="What to train (zoo list model).")
@click.option("--objective", help="Replace the model's objective.")
@click.option("--generator", help="Replace the model's generator.")
@click.option("--critic", help="Replace the model's critic.")
@click.option("--adversarial", help="Replace the objective that the model's objective wraps.")
@click.option("--upsampler", help="Replace the model's upsampler.")
@click.option("--dataset", default="creatures", show_default=True, help="A dataset's name, or folder:PATH.")
@click.option("--size", default=32, show_default=True, help="Height and width of the images in pixels.")
@click.option("--channels", default=3, show_default=True, help="1 grey, 3 RGB, 4 RGB with alpha.")
@click.option("--labels", default="", metavar="NAME[,NAME]", help="Label attributes to condition on.")
@click.option(
    "--background", default="white", show_default=True, help="Colour behind transparent pixels: white, black or #rrggbb."
)
@click.option("--guide", default="none", show_default=True, help="edges: condition on the edge map of each image.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="[PART.]KEY=VALUE",
    callback=after_those_of_the_recipe,
    help="An option of a part, the trainer or the dataset.",
)
@click.option(
    "--vary",
    "varied",
    multiple=True,
    metavar="[PART.]KEY=VALUE,VALUE",
    help="Train with each of these values of an option. May be repeated.",
)
@click.option("--steps", type=int, help="Train this many iterations.")
@click.option("--images", type=int, help="Train on this many images.")
@click.option("--minutes", type=float, help="Train for this long. The default: 5 on a CPU, 10 on a GPU.")
@click.option("--seed", default=0, show_default=True, help="Decides everything that is random.")
@click.option(
    "--seeds", default=1, type=click.IntRange(1, 1000), help="Train with that many seeds, --seed and the ones after it."
)
@click.option(
    "--jobs", type=click.IntRange(1, 10_000), metavar="N", help="Runs of a matrix at once. The default: one per core."
)
@click.option("--engine", metavar="EXECUTOR", help="What starts the runs: local, ray or slurm (zoo list executor).")
@click.option("--dry-run", is_flag=True, help="Show the runs and how long they take, and start none.")
@click.option(
    "--device", default="auto", show_default=True, type=click.Choice(("auto", "cpu", "cuda", "mps")), help="Where to train."
)
@click.option(
    "--devices", default=1, show_default=True, type=click.IntRange(1, 1024), help="Devices of each node, a process each."
)
@click.option("--nodes", default=1, show_default=True, type=click.IntRange(1, 1024), help="Machines; type the command on each.")
@click.option("--node", default=0, type=click.IntRange(0, 1023), help="Which of them this is; the run folder lies on node 0.")
@click.option("--rendezvous", metavar="HOST:PORT", help="An address of node 0 that all nodes reach.")
@click.option("--precision", type=click.Choice(("auto", "fp32", "bf16")), help="The same as --set train.precision=...")
@click.option("--threads", default=0, help="Threads of the CPU; 0: one per core.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Run folder. The default: runs/MODEL-UPSAMPLER-DATASET-SIZE-sSEED."
)
@click.option("--overwrite", is_flag=True, help="Replace a run folder that exists.")
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    metavar="RUN",
    help="Go on with a run that was stopped. --device, --threads and --precision may be others than before.",
)
@click.option("--change-recipe", is_flag=True, help="With --resume: another budget or other options (--set) than before.")
@click.option(
    "--checkpoint-every", default=60.0, show_default=True, metavar="SECONDS", help="Of training, between checkpoints."
)
@click.option(
    "--on-trouble",
    default="warn",
    show_default=True,
    type=click.Choice(("warn", "stop", "rollback")),
    help="rollback: to the last checkpoint, with half the learning rate. Values that are not finite stop a run with warn, too.",
)
@click.option(
    "--log", "observers", multiple=True, metavar="OBSERVER", help="Who is told of it: tensorboard or wandb. May be repeated."
)
@click.option("--profile", is_flag=True, help="Measure some iterations part by part; a table and a trace in the run folder.")
@click.option("--extractor", default="sprites", show_default=True, help="Feature space of the scores; see zoo eval.")
@click.option("--extractor-weights", type=click.Path(path_type=Path), help="File of the extractor's weights.")
@click.option(
    "--score-every",
    default=0,
    type=click.IntRange(0),
    metavar="IMAGES",
    help="Of training, between scores on the way; 0: none.",
)
@click.option("--samples", default=0, type=click.IntRange(0), help="Images to score; 0: as many as there are training images.")
@click.option(
    "--overfit", default=0, type=click.IntRange(0, 100), metavar="N", help="Learn N images by heart instead, and say how well."
)
@click.option("--no-eval", is_flag=True, help="Train only.")
@click.option("--init-from", metavar="REF", help="Start from the weights of a published model, a folder or a run.")
@click.option("--publish", metavar="USER/NAME", help="Publish the finished model on the Hugging Face Hub.")
@terms_options
@click.option("--json", "as_json", is_flag=True, help="Print the final record as JSON on stdout, and nothing else there.")
@click.pass_context
def bench(context: click.Context, /, **given: Any) -> None:
    """Train a model on a dataset, score it and write a report.

    \b
    zoo bench --model wgan_gp --upsampler colorpicker
    zoo bench --model dcgan --dataset folder:my/images --size 64 --minutes 20
    zoo bench --model dcgan,vae --upsampler nearest,colorpicker --seeds 3
    zoo bench --model wgan_clip --vary critic_steps=1,5 --seeds 3

    With several names after --model or a part's flag, several values after --vary, or several seeds, every combination is
    trained.
    """
    catalog = discover()
    given["observers"], given["settings"] = split(given["observers"], given["settings"], catalog)
    if any(context.get_parameter_source(name) is COMMANDLINE for name in BUDGETS):
        # A budget that is typed replaces that of a recipe, which may be another.
        given |= {name: None for name in BUDGETS if context.get_parameter_source(name) is not COMMANDLINE}
    processes, terms = asked_processes(given), terms_of(given)
    if not given["publish"]:
        check_unused(terms)
    if given["change_recipe"] and not given["resume"]:
        raise ZooError("--change-recipe goes with --resume RUN; leave it out")
    if asks_for_matrix(given):
        if given["publish"]:
            raise ZooError("--publish is for one run; leave it out, then type zoo publish RUN USER/NAME")
        if given["profile"]:
            raise ZooError("--profile is for one run; type one model, one of each part and one seed")
        if processes.count > 1:
            raise ZooError("--devices is for one run; type one model, one of each part and one seed")
        from zoo_bench.matrix.run import bench_matrix

        context.exit(bench_matrix(context, given, catalog))
    if given["resume"]:
        folder = RunFolder(given["resume"])
        typed = {name: value for name, value in given.items() if context.get_parameter_source(name) is COMMANDLINE}
        recipe = resumed_recipe(folder.load_recipe(), typed, catalog, folder.path, given["change_recipe"])
    else:
        recipe = recipe_of(given, catalog)
        folder = RunFolder(given["out"] or Path("runs") / run_name(recipe))
    if given["publish"]:
        from zoo_bench.publish.upload import check_target  # imports the Hub's client

        check_target(given["publish"], terms)
    check_processes(processes, recipe)
    calm_threads()
    os.environ.setdefault("KINETO_LOG_LEVEL", "5")  # torch.profiler tells stderr that there is no GPU; read when it is loaded
    if processes.count > 1 and not is_worker():
        if not given["resume"]:
            folder.check_free(given["overwrite"])
        context.exit(
            launch(processes, sys.argv[1:], shlex.join(["zoo", "bench", "--resume", str(folder.path), *processes.words]))
        )
    from zoo_bench.evaluation.score import Scoring  # imports torch
    from zoo_bench.run.bench import run_bench  # imports torch
    from zoo_bench.run.options import RunOptions

    with world_of(processes, recipe.device) as world:
        if world.rank:
            follow(world, catalog)
            return
        record = run_bench(
            recipe,
            folder,
            catalog,
            RunOptions(
                scoring=Scoring(
                    None if given["no_eval"] else given["extractor"],
                    given["extractor_weights"],
                    given["samples"],
                    given["score_every"],
                ),
                checkpoint_every=given["checkpoint_every"],
                on_trouble=given["on_trouble"],
                profile=given["profile"],
                observers=given["observers"],
            ),
            resume=bool(given["resume"]),
            overwrite=given["overwrite"],
            world=world,
        )
    try:
        if given["publish"] and record["state"] == "finished":
            from zoo_bench.publish.publish import publish_run

            record["published"] = publish_run(folder, given["publish"], catalog, terms, checked=True)
    finally:
        if given["as_json"]:
            click.echo(json.dumps(record))
    if record["state"] == "stopped":
        if given["publish"]:
            later = shlex.join(["--publish", given["publish"], *terms.words])
            click.echo(f"nothing was published; go on with zoo bench --resume {folder.path} {later}", err=True)
        context.exit(130)
