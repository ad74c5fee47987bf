"""The fake Hub as pytest fixtures: `pytest_plugins = ["zoo_testing.fake_hub.fixture"]` in a test module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from zoo_testing.fake_hub.server import FakeHub


@pytest.fixture
def fake_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A fake Hub that this process and those it starts talk to, with an empty cache in `tmp_path` and no token."""
    with FakeHub() as hub:
        _talk_to(hub, tmp_path / "huggingface", monkeypatch)
        yield hub


@pytest.fixture
def xet_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """The same with large files by Xet; skipped without the packages hf_xet and lz4."""
    pytest.importorskip("hf_xet")
    pytest.importorskip("lz4.frame")
    with FakeHub(xet=True) as hub:
        _talk_to(hub, tmp_path / "huggingface", monkeypatch)
        yield hub


def _talk_to(hub: FakeHub, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    for name, value in hub.environment(home).items():
        monkeypatch.setenv(name, value)
    # The client read the environment when it was imported.
    settings = {"ENDPOINT": hub.endpoint, "HF_HUB_CACHE": str(home / "hub"), "HF_TOKEN_PATH": str(home / "token")}
    settings["HUGGINGFACE_CO_URL_TEMPLATE"] = hub.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    for name, value in settings.items():
        monkeypatch.setattr(constants, name, value)
    for name, state in {"HF_HUB_DISABLE_XET": not hub.state.xet, "HF_HUB_OFFLINE": False}.items():
        monkeypatch.setattr(constants, name, state)
