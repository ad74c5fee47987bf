"""The card of a published model: what it is, what it was measured with, how it was made, how to use it.

Metadata by huggingface_hub's card classes, which the Hub reads the scores from (model-index); the text below is Markdown in
which everything that came from a user or a dataset is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from zoo_bench import words as text
from zoo_bench.publish.licenses import UNSTATED
from zoo_bench.publish.markdown import code, fence, table, words
from zoo_bench.records.provenance import Provenance
from zoo_bench.records.scores import ARROWS, between, label
from zoo_core.errors import RunFailure
from zoo_core.recipe.recipe import Recipe
from zoo_core.registry.names import one_line

LIBRARY = "zoo-core"
UNGUIDED, GUIDED = "unconditional-image-generation", "image-to-image"
PLACEHOLDER = re.compile(r"(?<!\\)\{\{|(?<!\\)\[More Information Needed|\bTODO:")


def model_card(
    repo: str,
    config: Mapping[str, Any],
    recipe: Recipe,
    provenance: Provenance,
    report: Mapping[str, Any],
    files: Collection[str],
    weights: int,
    license: str = UNSTATED,
) -> str:
    """The text of README.md. The arguments are as they are published, so nothing in them is private any more.

    config   of the model folder; `weights` is the number of its generator's parameters.
    files    names of what is published beside the card.
    license  of the weights, an identifier of the Hub.

    Raises RunFailure for a card that the Hub would misread.
    """
    card = f"---\n{metadata(repo, recipe, provenance, report, license).to_yaml()}\n---\n\n" + "\n\n".join(
        [
            f"# {words(repo.partition('/')[2])}",
            _opening(config, recipe, weights),
            "![64 samples of this model](samples.png)",
            *_use(repo, config, recipe),
            *_limits(recipe, report, files),
            *_license(license),
            *_data(recipe, provenance, report),
            *_scores(repo, report),
            *_training(recipe, provenance, report),
            *_files(files),
        ]
    )
    check_card(card, report)
    return card + "\n"


def metadata(
    repo: str, recipe: Recipe, provenance: Provenance, report: Mapping[str, Any], license: str = UNSTATED
) -> ModelCardData:
    """What the Hub indexes. Datasets are not linked: a dataset of a plugin is no dataset of the Hub."""
    task = GUIDED if recipe.space.guide else UNGUIDED
    start = provenance.init_from
    scores = [
        _eval_result(task, recipe, provenance, report, score) for score in report.get("scores", []) if not score.get("void")
    ]
    names = [recipe.model, *recipe.parts.values(), recipe.data.id]
    tags = ["zoo", "image-generation", *(name.partition("/")[2] for name in names), f"{recipe.space.size}px"]
    return ModelCardData(
        license=license,
        library_name=LIBRARY,
        pipeline_tag=task,
        tags=list(dict.fromkeys(tags)),
        base_model=start["ref"] if start.get("commit") else None,
        model_name=repo,
        eval_results=scores or None,
    )


def _eval_result(
    task: str, recipe: Recipe, provenance: Provenance, report: Mapping[str, Any], score: Mapping[str, Any]
) -> EvalResult:
    beside = ("spread", "low", "high", "floor", "at_floor_n", "blurred")
    evaluator = report["evaluator"]
    measured_with = {name: evaluator.get(name) for name in ("extractor", "weights_sha256", "n_real", "n_fake", "seed")}
    return EvalResult(
        task_type=task,
        dataset_type=recipe.data.id,
        dataset_name=recipe.data.id.partition("/")[2],
        dataset_split=evaluator.get("split"),
        dataset_args={"sha256": provenance.dataset_sha256, "size": recipe.space.size},
        metric_type=score["name"],
        metric_name=label(score["name"]),
        metric_value=score["value"],
        metric_config=score["id"],
        metric_args={**{name: score[name] for name in beside if score.get(name) is not None}, **measured_with},
    )


def check_card(content: str, report: Mapping[str, Any]) -> None:
    """Raises RunFailure unless the metadata reads back with every score of the report, and no placeholder is left."""
    wanted = {score["name"]: score["value"] for score in report.get("scores", []) if not score.get("void")}
    if claims(content) != wanted:
        raise RunFailure(f"the model card does not hold the scores of the report ({', '.join(wanted)})")
    prose = re.sub(r"^(`{3,}).*?^\1$", "", content, flags=re.MULTILINE | re.DOTALL)
    left = PLACEHOLDER.search(prose)
    if left:
        raise RunFailure(f"the model card still holds the placeholder {left[0]}")


def claims(content: str) -> dict[str, Any]:
    """Score -> value, as the metadata of a card state them; "" claims nothing. Raises RunFailure if they cannot be read."""
    if not content:
        return {}
    try:
        results: list[EvalResult] = ModelCard(content).data.get("eval_results") or []
        return {result.metric_type: result.metric_value for result in results}
    except Exception as error:  # of the YAML parser or of the card classes, which say nothing of what they raise
        raise RunFailure(f"the metadata of the card cannot be read: {one_line(str(error))}") from error


def _opening(config: Mapping[str, Any], recipe: Recipe, weights: int) -> str:
    size, space = recipe.space.size, recipe.space
    kind = {1: "grey", 3: "RGB", 4: "RGBA"}[space.channels]
    asked = f" Labels: {', '.join(f'{code(name)} ({len(values)} values)' for name, values in space.labels.items())}."
    follows = " It follows a drawing: the lines of a picture that you give it."
    return (
        f"A generator of {size} x {size} {kind} images with {weights:,} weights, trained as {code(recipe.model)} with the "
        f"upsampler {code(config['parts']['upsampler'])}." + (asked if space.labels else "") + (follows if space.guide else "")
    )


def _use(repo: str, config: Mapping[str, Any], recipe: Recipe) -> Iterable[str]:
    needed = " ".join(f'"{name}>={version}"' for name, version in config["requires"].items() if version != "unknown")
    guide = " --guide drawing.png" if recipe.space.guide else ""
    yield "## Use"
    yield fence("sh", f"pip install {needed}\nzoo sample {repo}{guide} -n 16 --seed 0 -o grid.png")
    if not guide:
        yield "From Python, `(16, C, H, W)` uint8:"
        yield fence("python", f'import zoo_core as zoo\n\nimages = zoo.load("{repo}").sample(16, seed=0)')
    yield "Nothing in this repository is executed: `config.json` names installed plugins, and weights are safetensors."


def _limits(recipe: Recipe, report: Mapping[str, Any], files: Collection[str]) -> Iterable[str]:
    size = recipe.space.size
    limits = [
        "Meant for play, teaching and the comparison of generators. Not meant for pictures of people, nor for anything that "
        "rests on what a picture shows being true.",
        f"It draws what it was trained on, at {size} x {size} pixels, and nothing else. It was not trained to refuse anything.",
        "A small set of images can be partly remembered. Before you use its pictures as new ones, look at "
        + (
            "`nearest.png`, which shows samples beside the training images nearest to them, and at "
            if "nearest.png" in files
            else ""
        )
        + "the score `copies`.",
        "Its pictures may fall under the rights in the images it was trained on; see below.",
    ]
    if recipe.data.overfit:
        limits.append(f"**It was trained to learn {recipe.data.overfit} images by heart**, as a test: its pictures are copies.")
    if not report.get("scores"):
        limits.append("It was published without scores: nobody has measured how good it is.")
    yield "## Intended use and limits"
    yield "\n".join(f"- {item}" for item in limits)


def _license(license: str) -> Iterable[str]:
    yield "## Licence of the weights"
    if license == UNSTATED:
        yield (
            "Not stated: nobody has given permission to pass these weights on or to build on them. Ask the publisher. What the "
            "images they were trained on allow stands below."
        )
    else:
        yield f"{code(license)}, as the publisher states. It is of the weights alone, not of the images they were trained on."


def _data(recipe: Recipe, provenance: Provenance, report: Mapping[str, Any]) -> Iterable[str]:
    note = report.get("dataset", {}).get("note")
    evaluator = report.get("evaluator", {})
    counts = f", {evaluator['n_real']:,} images, {evaluator['n_held_out']:,} more held out" if evaluator else ""
    options = ", ".join(f"{name} {value}" for name, value in recipe.data.options.items() if value != "")
    yield "## Data"
    yield f"{code(recipe.data.id)}{counts}." + (f" Options: {words(options)}." if options else "")
    yield (
        f"Provenance and licence, as the dataset states them: {words(note)}. A licence that is not named here was not stated."
        if note
        else "The dataset states neither provenance nor licence."
    )
    yield f"SHA-256 of the decoded images, labels and split: {code(provenance.dataset_sha256)}."


def _scores(repo: str, report: Mapping[str, Any]) -> Iterable[str]:
    yield "## Scores"
    scores, evaluator = report.get("scores", []), report.get("evaluator", {})
    if "overfit" in report:
        yield f"Mean absolute error on the images learnt by heart: {text.number(report['overfit']['mean_absolute_error'])}."
    if not scores:
        yield "It was published without an evaluation."
        return
    yield table(
        ("score", "value", "95 % interval", "floor", "at the floor's n", "blurred", "measured with"),
        [
            (
                f"{words(label(score['name']))} {ARROWS.get(score['better'], ('', ''))[0]}",
                words(text.measured(score["value"], score.get("spread"))),
                between(score.get("low"), score.get("high")),
                text.number(score["floor"], 3) if score.get("floor") is not None else "",
                *(text.number(score[key], 3) if score.get(key) is not None else "" for key in ("at_floor_n", "blurred")),
                code(score["id"]),
            )
            for score in scores
        ],
    )
    yield (
        "Floor: the same score of held-out real images, so what a perfect generator would get; compare it with the score of as "
        "many generated images, at the floor's n. Blurred: that of the held-out images after a blur. Scores compare only "
        "where what they were measured with is the same."
    )
    yield table(("evaluator", ""), _rows(evaluator.items(), code))
    warnings = report.get("warnings", [])
    if warnings:
        yield "\n".join(f"- {words(warning)}" for warning in warnings)
    yield f"`zoo verify {repo}` measures them again, where the images are."


def _training(recipe: Recipe, provenance: Provenance, report: Mapping[str, Any]) -> Iterable[str]:
    done = report["training"]
    yield "## Training"
    yield fence("sh", provenance.command)
    start = provenance.init_from
    facts: list[tuple[str, Any]] = [
        ("model", recipe.model),
        *recipe.parts.items(),
        ("started from", f"{start['ref']} ({start['commit'] or start['sha256'][:12]}), {start['networks']}" if start else None),
        ("seed", recipe.seed),
        ("iterations", f"{done['iterations']:,}"),
        ("real images seen", f"{done['images']:,}"),
        ("time", text.duration(done["seconds"])),
        ("real images per second", text.number(done["images_per_second"], 3)),
        ("weights", ", ".join(f"{name} {count:,}" for name, count in done["parameters"].items())),
        ("precision", ", ".join(f"{phase}: {how}" for phase, how in provenance.precision.items())),
        ("device", recipe.device),
        *((name, value) for name, value in provenance.hardware.items()),
        ("versions", ", ".join(f"{name} {version}" for name, version in provenance.versions.items())),
    ]
    yield table(("training", ""), _rows(facts, words))


def _rows(facts: Iterable[tuple[str, Any]], written: Callable[[str], str]) -> list[tuple[str, str]]:
    """Rows of names and values; what is not known has none."""
    return [(words(text.words(name)), written(_plain(value))) for name, value in facts if value not in (None, "")]


def _files(files: Collection[str]) -> Iterable[str]:
    listed = [f"- [`{name}`]({name}): {FILES[name]}" for name in FILES if name in files]
    yield "## Files"
    yield "\n".join(listed)


FILES = {
    "model.safetensors": "weights of the averaged generator",
    "config.json": "how to build it: ids of plugins and option values",
    "encoder.safetensors": "weights of the encoder, from images to latents",
    "encoder.json": "how to build the encoder",
    "recipe.json": "everything the training depended on",
    "report.json": "all scores and statistics, with what they were measured with",
    "samples.png": "64 samples with seed 0, not chosen",
    "nearest.png": "samples beside the training images nearest to them",
    "training.safetensors": "all networks and the averaged generator, to go on training with `zoo bench --init-from`",
}


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {item}" for name, item in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
