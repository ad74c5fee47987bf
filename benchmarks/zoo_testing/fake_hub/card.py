"""The metadata of a model card, read and judged as the Hub does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml  # type: ignore[import-untyped]

FRONT = re.compile(r"\A---\r?\n(.*?)\r?\n---\s*?(?:\r?\n|\Z)", re.DOTALL)


def card_metadata(text: str) -> Mapping[str, Any]:
    """The YAML block at the top of a README.md; empty if there is none or it cannot be read."""
    try:
        found = yaml.safe_load(match[1]) if (match := FRONT.match(text)) else {}
    except yaml.YAMLError:
        return {}
    return found if isinstance(found, dict) else {}


def card_problems(text: str) -> tuple[list[str], list[str]]:
    """(errors, warnings) of a README.md: the fields that the Hub's model-index specification makes mandatory, and types."""
    match = FRONT.match(text)
    if not match:
        return [], ["empty or missing yaml metadata in repo card"]
    try:
        found = yaml.safe_load(match[1])
    except yaml.YAMLError as error:
        return [f"the metadata is not YAML: {' '.join(str(error).split())}"], []
    if not isinstance(found, dict):
        return ["the metadata must be a mapping"], []
    errors = [f'"{field}" must be a string' for field in ("pipeline_tag", "library_name") if not _text(found.get(field, ""))]
    errors += [
        f'"{field}" must be a list of strings or a string'
        for field in ("tags", "datasets", "license", "language")
        if field in found and not _texts(found[field])
    ]
    return errors + _index_problems(found.get("model-index", [])), []


def _index_problems(index: Any) -> list[str]:
    if not isinstance(index, list):
        return ['"model-index" must be an array']
    problems = []
    for i, model in enumerate(index):
        place = f'"model-index[{i}]'
        if not isinstance(model, dict) or not _text(model.get("name")) or not isinstance(model.get("results"), list):
            problems.append(f'{place}" needs a name and results')
            continue
        for j, result in enumerate(model["results"]):
            result = result if isinstance(result, dict) else {}
            here = f"{place}.results[{j}]"
            for owner, field in (("task", "type"), ("dataset", "type"), ("dataset", "name")):
                part = result.get(owner)
                if not isinstance(part, dict) or not _text(part.get(field)):
                    problems.append(f'{here}.{owner}.{field}" is required')
            metrics = result.get("metrics")
            if not isinstance(metrics, list) or not metrics:
                problems.append(f'{here}.metrics" is required')
                continue
            for k, metric in enumerate(metrics):
                if not isinstance(metric, dict) or not _text(metric.get("type")) or metric.get("value") is None:
                    problems.append(f'{here}.metrics[{k}]" needs a type and a value')
    return problems


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _texts(value: Any) -> bool:
    return _text(value) or (isinstance(value, list) and all(map(_text, value)))
