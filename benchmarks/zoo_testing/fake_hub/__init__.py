"""A Hub on loopback for tests: the unmodified huggingface_hub client uploads to it and downloads from it.

    with FakeHub() as hub:
        commit = hub.add("user/model", {"config.json": "{}", "model.safetensors": weights})
        HfApi(endpoint=hub.endpoint, token=hub.token).model_info("user/model")

`hub.environment(folder)` is what a process of its own needs to talk to it. In a test module, `pytest_plugins =
["zoo_testing.fake_hub.fixture"]` gives the fixture `fake_hub`, to which the client of the test's own process talks too.

Large files come and go by LFS, whole or in parts, or with FakeHub(xet=True) (fixture `xet_hub`) by Xet, as the Hub wants it of
a client with the package hf_xet. Such a client uploads by Xet or not at all, so without xet=True it is told not to, with
HF_HUB_DISABLE_XET=1.
"""

from zoo_testing.fake_hub.faults import Cut, Fault, Slow, Status
from zoo_testing.fake_hub.repository import Commit, File, Repository
from zoo_testing.fake_hub.server import FakeHub
from zoo_testing.fake_hub.state import Request

__all__ = ["Commit", "Cut", "FakeHub", "Fault", "File", "Repository", "Request", "Slow", "Status"]
