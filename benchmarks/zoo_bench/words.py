"""Values as a reader wants them: numbers, durations, names."""

from __future__ import annotations

import json
import math
from typing import Any

NOTHING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"


def finite(value: Any) -> float | None:
    """The value as a finite float, or None for everything else (text, true, NaN, an integer beyond floats)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def number(value: Any, digits: int = 4) -> str:
    """Up to `digits` significant digits, thousands grouped: 0.04213, 1,234, 3.12e-5. What is no number is said in words."""
    exact = finite(value)
    if exact is None:
        return _not_a_number(value)
    if exact == 0:
        return "0"
    if abs(exact) >= 1e9 or abs(exact) < 1e-5:
        return f"{exact:.{digits - 2}e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e").replace("-", MINUS)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(exact))))
    text = f"{exact:,.{decimals}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", MINUS)


def measured(value: Any, spread: Any) -> str:
    """A value with its uncertainty, both cut where two digits of the uncertainty end: 0.0421 ± 0.0013."""
    exact, error = finite(value), finite(spread)
    if exact is None or error is None:
        return number(value)
    if error <= 0 or error < 1e-6 or abs(exact) >= 1e9:
        return f"{number(exact)} ± {number(error)}"
    decimals = max(0, 1 - math.floor(math.log10(error)))
    return f"{exact:,.{decimals}f} ± {error:,.{decimals}f}".replace("-", MINUS)


def count(value: Any) -> str:
    """A whole number, grouped: 12,000."""
    exact = finite(value)
    return f"{round(exact):,}".replace("-", MINUS) if exact is not None else _not_a_number(value)


def duration(seconds: Any) -> str:
    """42 s; 12 min 5 s; 2 h 3 min."""
    exact = finite(seconds)
    if exact is None or exact < 0:
        return NOTHING
    if exact < 9.95:
        return f"{exact:.1f} s"
    whole = round(exact)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    minutes = round(exact / 60)
    return f"{minutes // 60:,} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60:,} h"


def plural(n: int, one: str, many: str = "") -> str:
    """1 image; 2,000 images."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def value(anything: Any) -> str:
    """An option or version of any kind, without rounding."""
    if anything is None:
        return "none"
    if isinstance(anything, bool):
        return "yes" if anything else "no"
    if isinstance(anything, str):
        return anything or "(empty)"
    if isinstance(anything, list) and all(isinstance(item, str | int | float) for item in anything):
        return ", ".join(value(item) for item in anything) or "(empty)"
    return json.dumps(anything, ensure_ascii=False)


def short(identity: Any) -> str:
    """`zoo-wgan-gp/wgan_gp` -> wgan_gp: the part of an id that a sentence needs."""
    return str(identity).rpartition("/")[2] or str(identity)


def words(name: str) -> str:
    """`colour_entropy` -> colour entropy."""
    return name.replace("_", " ").strip() or name


def _not_a_number(anything: Any) -> str:
    if anything is None:
        return NOTHING
    if isinstance(anything, float) and math.isinf(anything):
        return "∞" if anything > 0 else f"{MINUS}∞"
    return "not a number"
