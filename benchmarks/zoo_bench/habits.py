"""Options that other trainers have, and what to type here instead."""

from __future__ import annotations

from collections.abc import Sequence

from zoo_core.options import describe
from zoo_core.recipe.train_options import TrainOptions

TRAINER = {"batch_size": "batch", "bs": "batch", "learning_rate": "lr"}  # beside the names that its options have here
FLAGS = {
    **dict.fromkeys(("--iterations", "--iters", "--max-steps"), "--steps"),
    **dict.fromkeys(("--image-size", "--img-size", "--resolution"), "--size"),
    **dict.fromkeys(("--data", "--data-dir", "--data-path"), "--dataset"),
    **dict.fromkeys(("--output", "--output-dir", "--outdir"), "--out"),
}
EPOCHS = ("--epochs", "--num-epochs", "--max-epochs")


def what_to_type(option: str, words: Sequence[str]) -> str | None:
    """What to type for an option that `zoo bench` does not have, with the value that it has in `words`; None if unknown."""
    value = _value(option, words)
    if option in EPOCHS:
        times = value or "as many"
        return f"--images N, with N {times} times the number of images in the dataset, or --steps or --minutes"
    if option in FLAGS:
        return f"{FLAGS[option]} {value or 'VALUE'}"
    name = option.lstrip("-").replace("-", "_")
    name = TRAINER.get(name, name)
    return f"--set train.{name}={value or 'VALUE'}" if name in {each.name for each in describe(TrainOptions)} else None


def _value(option: str, words: Sequence[str]) -> str:
    """What stands after an option, or after its equals sign; empty if nothing does."""
    for word, after in zip(words, [*words[1:], "--"], strict=True):
        name, equals, value = word.partition("=")
        if name == option:
            return value if equals else "" if after.startswith("--") else after
    return ""
