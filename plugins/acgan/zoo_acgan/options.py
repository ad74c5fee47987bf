"""Options of the objective, and which label columns its classifier treats as one attribute. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.options import option
from zoo_core.space import Space

LOSSES = ("cross_entropy", "softmax_nll")


@dataclass(frozen=True)
class AcganOptions:
    """What the label task weighs beside the adversarial one, whose own options are those of the part `adversarial`."""

    real_weight: float = option(1.0, "weight of the label loss on real images, for the critic", min=0)
    fake_weight: float = option(1.0, "weight of the label loss on generated images, for the critic", min=0)
    generator_weight: float = option(1.0, "weight of the label loss on generated images, for the generator", min=0)
    aux_loss: str = option(
        "cross_entropy", "label loss; softmax_nll lacks the logarithm, as GAN_IconClass does", choices=LOSSES
    )
    merge: tuple[str, ...] = option((), "attributes that are one with several values, joined by +: type1+type2")

    def fits(self, space: Space) -> str | None:
        """Why the labels of the data cannot be merged like this, or None."""
        seen: set[str] = set()
        for group in self.merge:
            names = group.split("+")
            if unknown := [name for name in names if name not in space.labels]:
                return f"merge={group}: the data has no label {unknown[0]}; type --labels {','.join([*space.labels, *unknown])}"
            if len(names) < 2 or len(set(names)) < len(names) or seen & set(names):
                return f"merge={group}: join two or more different labels with +, each of them once: type1+type2"
            if len({space.labels[name] for name in names}) > 1:
                return f"merge={group}: the values of {' and '.join(names)} differ; leave merge out to classify each by itself"
            seen.update(names)
        return None


@dataclass(frozen=True)
class Attribute:
    """What the classifier answers in one softmax. Its columns of the label tensor each hold one value, or -1 for none."""

    name: str
    columns: tuple[int, ...]
    classes: int


def attributes(space: Space, merge: tuple[str, ...]) -> tuple[Attribute, ...]:
    """The attributes of the space in column order; those that `merge` joins are one, in the place of the first."""
    order = list(space.labels)
    group_of = {name: tuple(group.split("+")) for group in merge for name in group.split("+")}
    groups = dict.fromkeys(group_of.get(name, (name,)) for name in order)
    return tuple(Attribute("+".join(group), tuple(map(order.index, group)), len(space.labels[group[0]])) for group in groups)
