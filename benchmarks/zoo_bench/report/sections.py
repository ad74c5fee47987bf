"""What the sections of a run's page show, from top to bottom. Each is a function of a run; None leaves the section out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoo_bench import words as text
from zoo_bench.records.run import Run, rows, table
from zoo_bench.report import pictures
from zoo_bench.report.curves import Chart, chart
from zoo_bench.report.pictures import Figure, figure, thumbnail
from zoo_bench.report.series import phases, scores, series, term
from zoo_core.hooks import PARTS

STEPS_SHOWN = 8
CHANNELS = {1: "grey", 3: "RGB", 4: "RGBA"}


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
    if isinstance(known, str) and known:
        return known
    return "not evaluated yet" if run.metrics else "nothing trained yet"


def warnings(run: Run) -> list[str]:
    """Everything a reader has to know before believing a number."""
    return [*run.problems, *(str(warning) for warning in rows(run.report.get("warnings")))]


def numbers(run: Run) -> list[tuple[str, str, str]]:
    """How much was trained, how fast, and on what: name, value, note."""
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
    return [fact for fact in facts if fact[1] not in (text.NOTHING, "none")]


def samples(run: Run) -> list[Figure]:
    """The final samples and real images; then what else was drawn of the finished model, with what each figure shows."""
    final, caption = run.picture("final"), "Generated"
    if not final.exists() and run.samples:
        iteration, final = run.samples[-1]
        caption = f"Generated, after {text.count(iteration)} iterations"
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
            "Pictures on the way from one latent to another. With an encoder, the two ends are held-out images",
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
    return [
        figure(final, caption, "grid of generated images", "There are no samples yet."),
        figure(run.picture("real"), "Real", "grid of real images", "There is no picture of real images."),
        *(figure(run.picture(name), caption, alt) for name, caption, alt in wanted if run.picture(name).exists()),
    ]


def _labels(run: Run) -> list[tuple[str, Any]]:
    return list(table(run.recipe, "space", "labels").items())


def progress(run: Run) -> list[Figure] | None:
    """The same latents as training goes on: up to STEPS_SHOWN moments, evenly chosen."""
    shots = pictures.spread_out(run.samples, STEPS_SHOWN)
    return [shot(run, path, text.count(at), f"samples after {text.count(at)} iterations") for at, path in shots] or None


def shot(run: Run, path: Path, caption: str, alt: str) -> Figure:
    """The first images of a grid that the run has drawn, small."""
    return thumbnail(path, caption, alt, table(run.recipe, "space").get("size"))


def curves(run: Run) -> list[tuple[str, list[Chart]]]:
    """A chart for every term, grouped by phase; then speed and learning rate."""
    if not run.metrics:
        return []
    groups = [("scores on the way", found)] if (found := list(scores(run).values())) else []
    groups += [(text.words(phase), [term(run, name) for name in names]) for phase, names in phases(run).items()]
    pace = [("images_per_second", "images per second"), ("lr", "learning rate")]
    groups.append(("pace", [series(label, [(line, line.get(key)) for line in run.metrics]) for key, label in pace]))
    return [(phase, [chart(one, phase) for one in group]) for phase, group in groups]


def options(run: Run) -> list[tuple[str, Any, Mapping[str, Any]]] | None:
    """Every part: its name, its id, its options."""
    parts, chosen = table(run.recipe, "parts"), table(run.recipe, "options")
    names = [name for name in dict.fromkeys([*PARTS, *parts, "train", *chosen]) if name in parts or name in chosen]
    return [(name, parts.get(name), table(chosen, name)) for name in names] or None


def command(run: Run) -> str | None:
    """What was typed for a run, None where that is not known."""
    typed = run.provenance.get("command")
    return typed if isinstance(typed, str) and typed else None


def dataset(run: Run) -> dict[str, Any] | None:
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
        ("SHA-256", told.get("sha256") or run.provenance.get("dataset_sha256")),
    ]
    facts = [(name, value) for name, value in pairs if value]
    skipped = [item for item in rows(run.report.get("skipped")) if isinstance(item, dict)]
    return {"facts": facts, "skipped": skipped} if facts or skipped else None


def environment(run: Run) -> list[tuple[str, list[tuple[str, Any]]]] | None:
    """Versions and hardware, as written down before the first step."""
    device = [("device", run.recipe["device"])] if run.recipe.get("device") else []
    hardware = [(text.words(str(key)), value) for key, value in table(run.provenance, "hardware").items() if value is not None]
    seconds = [(text.words(key), text.duration(value)) for key, value in table(run.report, "seconds").items()]
    blocks = [
        ("Hardware", device + hardware),
        ("Precision", list(table(run.provenance, "precision").items())),
        ("Versions", list(table(run.provenance, "versions").items())),
        ("Parameters", [(key, text.count(value)) for key, value in table(_training(run), "parameters").items()]),
        ("Time of the evaluation", seconds),
    ]
    return [block for block in blocks if block[1]] or None


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


def _hardware(run: Run) -> str:
    hardware = table(run.provenance, "hardware")
    return str(hardware.get("gpu") or hardware.get("cpu") or run.recipe.get("device") or "")


def _million(parameters: Any) -> str:
    exact = text.finite(parameters)
    if exact is None or exact < 1e6:
        return text.count(parameters)
    return f"{exact / 1e6:,.2f} M"


def _hashable(value: Any) -> Any:
    return value if isinstance(value, int | str) else None
