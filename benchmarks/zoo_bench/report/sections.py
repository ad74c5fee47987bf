"""The sections of the page, from top to bottom. Each is a function of a run; None leaves the section out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoo_bench import words as text
from zoo_bench.records.run import Run, rows, table
from zoo_bench.report import pictures
from zoo_bench.report.curves import Series, chart
from zoo_bench.report.markup import Html, join, tag
from zoo_bench.report.scores import definitions
from zoo_bench.report.series import phases, scores, series, term
from zoo_core.hooks import PARTS

STEPS_SHOWN = 8
CHANNELS = {1: "grey", 3: "RGB", 4: "RGBA"}


def title(run: Run) -> str:
    """`wgan_gp with colorpicker`, or the folder's name where the recipe is missing."""
    model = run.recipe.get("model") or table(run.recipe, "parts").get("objective")
    upsampler = table(run.recipe, "parts").get("upsampler")
    if not model:
        return run.path.resolve().name
    return f"{text.short(model)} with {text.short(upsampler)}" if upsampler else text.short(model)


def summary(run: Run) -> str:
    """One line that goes on from the title: what was trained, on what, for how long."""
    parts, space, training = table(run.recipe, "parts"), table(run.recipe, "space"), _training(run)
    source = table(run.recipe, "dataset").get("id")
    size, channels = text.count(space.get("size")), CHANNELS.get(_hashable(space.get("channels")), "")
    words = [
        text.short(parts["generator"]) + " generator" if parts.get("generator") else "",
        f"trained on {text.short(source)}" if source else "",
        f"at {size}\N{NO-BREAK SPACE}\N{MULTIPLICATION SIGN}\N{NO-BREAK SPACE}{size} {channels}".strip()
        if space.get("size")
        else "",
    ]
    line = " ".join(word for word in words if word)
    if training.get("iterations") is not None:
        line += f"{', ' if line else ''}{text.count(training['iterations'])} iterations"
        line += f" in {text.duration(training['seconds'])}" if text.finite(training.get("seconds")) is not None else ""
    return f"{line[0].upper()}{line[1:]}." if line else "Nothing is known about this run yet."


def state(run: Run) -> str:
    """finished, stopped, failed; without an evaluation: trained part-way or nothing yet."""
    known = table(run.report, "training").get("state")
    return str(known) if known else "not evaluated yet" if run.metrics else "nothing trained yet"


def warnings(run: Run) -> Html | None:
    """Everything a reader has to know before believing a number."""
    found = [*run.problems, *(str(warning) for warning in rows(run.report.get("warnings")))]
    if not found:
        return None
    head = tag("h2", text.plural(len(found), "warning"), id="warnings")
    return tag("aside", head, tag("ul", [tag("li", line) for line in found]), class_="warnings", aria_labelledby="warnings")


def numbers(run: Run) -> Html | None:
    """How much was trained, how fast, and on what."""
    training, recipe = _training(run), run.recipe
    parameters = table(training, "parameters")
    facts = [
        ("Iterations", text.count(training.get("iterations")), ""),
        ("Images seen", text.count(training.get("images")), ""),
        ("Training time", text.duration(training.get("seconds")), _hardware(run)),
        ("Speed", text.number(training.get("images_per_second"), 3), "images per second"),
        ("Parameters", _million(parameters.get("generator")), "of the generator"),
        ("Seed", text.value(recipe.get("seed")), ""),
    ]
    known = [fact for fact in facts if fact[1] not in (text.NOTHING, "none")]
    if not known:
        return None
    return tag(
        "dl",
        [
            tag("div", tag("dt", name), tag("dd", tag("span", value), tag("small", note) if note else None))
            for name, value, note in known
        ],
        class_="numbers",
    )


def samples(run: Run) -> Html:
    """The final samples beside real images."""
    final, caption = run.picture("final"), "Generated"
    if not final.exists() and run.samples:
        iteration, final = run.samples[-1]
        caption = f"Generated, after {text.count(iteration)} iterations"
    left = figure(final, caption, "grid of generated images", "There are no samples yet.")
    right = figure(run.picture("real"), "Real", "grid of real images", "There is no picture of real images.")
    return tag("div", left, right, class_="pair")


def more_samples(run: Run) -> Html | None:
    """What else was drawn of the finished model, with what each figure shows."""
    labels = "; ".join(f"{name}: {', '.join(map(str, rows(values)))}" for name, values in _labels(run))
    wanted = [
        (
            "labels",
            f"The same latents under other labels. Rows are latents, columns the values of {labels or 'a label'}",
            "rows of one latent under one label after the other",
        ),
        (
            "reconstruction",
            "Held-out images, and below each row what the encoder and the generator make of them",
            "rows of real images, each above their reconstructions",
        ),
        (
            "interpolation",
            "The way from one code to another; with an encoder, between held-out images, which stand at the ends",
            "rows of generated images that change from the left to the right",
        ),
        (
            "guides",
            "The lines a sample was to follow, the sample, and the image that the lines came from",
            "triples of a guide, a generated image and the real image of the guide",
        ),
        (
            "nearest",
            "Each sample with its nearest training image in pixels, then the one in features",
            "rows of generated images, each beside the training images nearest to it",
        ),
    ]
    found = [figure(run.picture(name), caption, alt, "") for name, caption, alt in wanted if run.picture(name).exists()]
    pairs = [tag("div", found[start : start + 2], class_="pair") for start in range(0, len(found), 2)]
    return join(pairs) if pairs else None


def _labels(run: Run) -> list[tuple[str, Any]]:
    return list(table(run.recipe, "space", "labels").items())


def progress(run: Run) -> Html | None:
    """The same latents as training goes on: up to STEPS_SHOWN moments, evenly chosen."""
    shots = [
        thumbnail(run, path, text.count(iteration), f"samples after {text.count(iteration)} iterations")
        for iteration, path in pictures.spread_out(run.samples, STEPS_SHOWN)
    ]
    if not shots:
        return None
    note = f"{len(shots)} of {text.count(len(run.samples))} moments" if len(shots) < len(run.samples) else "All moments"
    lead = tag("p", f"The same latents as training goes on. {note}, each with its number of iterations.", class_="lead")
    return join(lead, tag("div", shots, class_="strip"))


def thumbnail(run: Run, path: Path, caption: str, alt: str) -> Html:
    """The first images of a grid that the run has drawn, small."""
    side, whole = table(run.recipe, "space").get("size"), pictures.size(path)
    part = pictures.corner(whole, side) if whole and isinstance(side, int) and 0 < side < 4096 else None
    return figure(path, caption, alt, "There are no samples.", part, pictures.THUMBNAIL)


def figure(
    path: Path,
    caption: str,
    alt: str,
    absent: str,
    part: tuple[int, int] | None = None,
    display: int = pictures.DISPLAY,
) -> Html:
    """A picture file, or its upper left `part`; a missing one is replaced by the words of `absent`."""
    picture = pictures.load(path, part)
    words = "This picture cannot be read." if path.exists() else absent
    inside = picture.img(alt, display) if picture else tag("p", words, class_="absent")
    return tag("figure", tag("div", inside, class_="frame"), tag("figcaption", caption))


def curves(run: Run) -> Html:
    """A chart for every term, grouped by phase; then speed and learning rate."""
    if not run.metrics:
        return tag("p", "No metrics have been recorded yet.", class_="absent")
    groups = [_group("scores on the way", found)] if (found := list(scores(run).values())) else []
    groups += [_group(phase, [term(run, name) for name in names]) for phase, names in phases(run).items()]
    pace = [("images_per_second", "images per second"), ("lr", "learning rate")]
    groups.append(_group("pace", [series(label, [(line, line.get(key)) for line in run.metrics]) for key, label in pace]))
    note = "Over iterations. Where there are more records than room, the line is their mean and the band their range."
    return join(tag("p", note, class_="lead"), groups)


def options(run: Run) -> Html | None:
    """What every part was, and its options."""
    parts, chosen = table(run.recipe, "parts"), table(run.recipe, "options")
    names = [name for name in dict.fromkeys([*PARTS, *parts, "train", *chosen]) if name in parts or name in chosen]
    blocks = []
    for name in names:
        head = tag("h3", text.words(name), " ", tag("code", text.value(parts[name])) if name in parts else None)
        body = [
            tag("tr", tag("th", key, scope="row"), tag("td", text.value(value))) for key, value in table(chosen, name).items()
        ]
        inside = tag("table", tag("tbody", body), class_="options") if body else tag("p", "no options", class_="absent")
        blocks.append(tag("div", head, inside))
    return tag("div", blocks, class_="columns") if blocks else None


def repeat(run: Run) -> Html | None:
    """The command that does it again."""
    command = command_of(run)
    if not command:
        return None
    lead = tag("p", "The same versions, seed, machine and number of threads give the same bytes.", class_="lead")
    return join(lead, command_block(command, "command"))


def command_of(run: Run) -> str:
    """What was typed for a run, "" where that is not known."""
    command = run.recipe.get("command")
    return command if isinstance(command, str) else ""


def command_block(command: str, key: str) -> Html:
    """A command with a button that copies it; `key` is the id of its text, unique in the page."""
    # Lines are broken before an option, not within; what is copied stays the command to the letter.
    pieces = [tag("span", piece) if piece.strip() else piece for piece in re.split(r"(\s+)(?=--)", command)]
    return tag(
        "div",
        tag("pre", tag("code", pieces, id=key)),
        tag("button", "Copy", type="button", hidden=True, data_copy=key),
        class_="command",
    )


def dataset(run: Run) -> Html | None:
    """Where the images come from, and which files were left out."""
    told, made = table(run.report, "dataset"), table(run.recipe, "dataset")
    space = table(run.recipe, "space")
    labels = {name: text.plural(len(rows(values)), "value") for name, values in table(space, "labels").items()}
    pairs: list[tuple[str, Any]] = [
        ("name", told.get("name") or made.get("id")),
        ("licence and provenance", told.get("note")),
        ("options", table(made, "options")),
        ("size", f"{text.count(space['size'])} pixels" if space.get("size") else None),
        ("channels", CHANNELS.get(_hashable(space.get("channels")))),
        ("labels", labels),
        ("background", text.value(made["background"]) if made.get("background") else None),
        ("SHA-256", told.get("sha256") or run.recipe.get("dataset_sha256")),
    ]
    known = [(name, value) for name, value in pairs if value]
    return join(definitions(known), skipped(run)) if known else skipped(run)


def skipped(run: Run) -> Html | None:
    """Files of the dataset that could not be used."""
    files = [item for item in rows(run.report.get("skipped")) if isinstance(item, dict)]
    if not files:
        return None
    lines = [tag("li", tag("code", text.value(item.get("name"))), " ", text.value(item.get("reason"))) for item in files]
    head = tag("summary", f"{text.plural(len(files), 'file')} of the dataset could not be used")
    return tag("details", head, tag("ul", lines, class_="skipped"))


def environment(run: Run) -> Html | None:
    """Versions and hardware, as written down before the first step."""
    hardware = [(text.words(str(key)), value) for key, value in table(run.recipe, "hardware").items() if value is not None]
    versions = list(table(run.recipe, "versions").items())
    device = [("device", run.recipe["device"])] if run.recipe.get("device") else []
    precision = list(table(run.recipe, "precision").items())
    seconds = [(text.words(str(key)), text.duration(value)) for key, value in table(run.report, "seconds").items()]
    parameters = [(str(key), text.count(value)) for key, value in table(_training(run), "parameters").items()]
    blocks = [
        tag("div", tag("h3", head), definitions([(str(k), v) for k, v in pairs]))
        for head, pairs in (
            ("Hardware", device + hardware),
            ("Precision", precision),
            ("Versions", versions),
            ("Parameters", parameters),
            ("Time of the evaluation", seconds),
        )
        if pairs
    ]
    return tag("div", blocks, class_="columns") if blocks else None


def _training(run: Run) -> Mapping[str, Any]:
    """What the evaluation says of the training; before it, what the last line of the metrics says."""
    if told := table(run.report, "training"):
        return told
    if not run.metrics:
        return {}
    last = run.metrics[-1]
    return {
        "iterations": last.get("iteration"),
        **{key: last.get(key) for key in ("images", "seconds", "images_per_second")},
    }


def _group(phase: str, found: list[Series]) -> Html:
    return tag(
        "div",
        tag("h3", text.words(phase)) if phase else None,
        tag("div", [chart(one, text.words(phase)) for one in found], class_="charts"),
        class_="phase",
    )


def _hardware(run: Run) -> str:
    hardware = table(run.recipe, "hardware")
    return str(hardware.get("gpu") or hardware.get("cpu") or run.recipe.get("device") or "")


def _million(parameters: Any) -> str:
    exact = text.finite(parameters)
    if exact is None or exact < 1e6:
        return text.count(parameters)
    return f"{exact / 1e6:,.2f} M"


def _hashable(value: Any) -> Any:
    return value if isinstance(value, int | str) else None
