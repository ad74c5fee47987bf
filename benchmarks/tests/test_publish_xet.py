"""Publishing as it is where the client has hf_xet, which every default installation has: by Xet, in both directions."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

pytest_plugins = ["zoo_testing.fake_hub.fixture"]


@pytest.fixture(autouse=True)
def quiet_owner(xet_hub, monkeypatch):
    """A token that may write, and no word of the client's log, which keeps the stream of the test that came first."""
    monkeypatch.setenv("HF_TOKEN", xet_hub.token)
    monkeypatch.setattr(logging, "raiseExceptions", False)


def test_weights_go_and_come_by_xet(scored_run, xet_hub, zoo, tmp_path, monkeypatch):
    code, said = zoo("publish", scored_run, "user/model", "--tag", "v1")
    assert code == 0 and said == "draw with it: zoo sample user/model@v1"
    assert xet_hub.files("user/model")["model.safetensors"] == (scored_run / "model/model.safetensors").read_bytes()
    assert xet_hub.asked("POST /v1/xorbs/") and not xet_hub.asked("info/lfs")
    assert xet_hub.asked("GET /v[12]/reconstructions/")  # it was downloaded again
    monkeypatch.delenv("HF_TOKEN")
    subprocess.run(
        [sys.executable, "-m", "zoo_core", "sample", "user/model@v1", "-n", "64", "-o", "grid.png"],
        cwd=tmp_path,
        env={**os.environ, **xet_hub.environment(tmp_path / "stranger")},
        check=True,
        capture_output=True,
    )
    (tmp_path / "samples.png").write_bytes(xet_hub.files("user/model")["samples.png"])
    drawn, published = (np.asarray(Image.open(tmp_path / name)) for name in ("grid.png", "samples.png"))
    assert np.array_equal(drawn, published)


@pytest.mark.parametrize(
    ("match", "status"),
    [
        ("xet-write-token", 403),
        ("POST /v1/xorbs", 400),
        ("POST /v[12]/shards", 400),
        ("GET .*xet-read-token", 404),
        ("GET /v[12]/reconstructions", 404),
    ],
)
def test_a_refusal_is_one_line_and_the_next_try_completes_it(scored_run, xet_hub, zoo, match, status):
    xet_hub.fail(match, status, times=-1)
    code, said = zoo("publish", scored_run, "user/model")
    assert code in (1, 2) and said.startswith("error: "), said
    assert "model.safetensors" not in xet_hub.files("user/model") or match.startswith("GET")
    xet_hub.faults.clear()
    assert zoo("publish", scored_run, "user/model")[0] == 0
    assert xet_hub.files("user/model")["model.safetensors"] == (scored_run / "model/model.safetensors").read_bytes()
