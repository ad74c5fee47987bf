"""Image sets that do not fit on the device are read ahead, with the same batches. The GPU of these tests only writes down."""

from __future__ import annotations

import threading
from contextlib import contextmanager

import pytest
import torch

import zoo_train.data as data_module
from zoo_testing.small import random_images, tiny_recipe
from zoo_train.data import DeviceData
from zoo_train.move import ROOM, fits, move_to, upload
from zoo_train.stream import AHEAD

CPU = torch.device("cpu")


def data_of():
    recipe = tiny_recipe("dcgan", ["train.shift=0.2"])
    return DeviceData(random_images(recipe.space), recipe.train, recipe.seed, CPU)


def test_a_set_that_does_not_fit_gives_the_same_batches(monkeypatch):
    whole = data_of()
    monkeypatch.setattr(data_module, "fits", lambda size, device: False)
    ahead = data_of()
    assert whole.stream is None and ahead.stream is not None and ahead.pixels.numel() == 0
    for k in (0, 1, 2, 9, 4, 5):
        assert torch.equal(whole.batch(k).images, ahead.batch(k).images)


@pytest.mark.parametrize(("free", "size", "fit"), [(100, 50, True), (100, 51, False), (0, 1, False)])
def test_half_of_the_free_memory_is_room(monkeypatch, free, size, fit):
    assert ROOM == 0.5
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free, 1000))
    assert fits(size, torch.device("cuda")) is fit
    assert fits(10**15, CPU)


def test_batches_are_started_ahead_by_the_reader_and_taken_by_the_trainer(monkeypatch):
    started, taken = [], []

    def move(*tensors):
        started.append(threading.current_thread().name)

        def arrived():
            taken.append(threading.current_thread())
            return tensors

        return arrived

    monkeypatch.setattr(data_module, "fits", lambda size, device: False)
    monkeypatch.setattr(data_module, "move_to", lambda device: move)
    data = data_of()
    data.batch(0)
    data.stream.reader.shutdown(wait=True)
    assert len(started) == 1 + AHEAD and all(name.startswith("zoo-stream") for name in started)
    assert taken == [threading.current_thread()]


class FakeStream:
    """Writes down what it is told, in `said`."""

    def __init__(self, name, said):
        self.name, self.said = name, said

    def record_event(self):
        self.said.append(f"{self.name} records")
        return f"event of {self.name}"

    def wait_event(self, event):
        self.said.append(f"{self.name} waits for {event}")


def test_a_copy_is_made_from_pinned_memory_on_its_own_stream_and_waited_for_there(monkeypatch):
    said = []
    side, main = FakeStream("side", said), FakeStream("main", said)

    @contextmanager
    def within(stream):
        said.append(f"into {stream.name}")
        yield
        said.append(f"out of {stream.name}")

    monkeypatch.setattr(torch.cuda, "Stream", lambda device: side)
    monkeypatch.setattr(torch.cuda, "stream", within)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: main)
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: said.append("pinned") or tensor)
    monkeypatch.setattr(torch.Tensor, "record_stream", lambda tensor, stream: said.append(f"{stream.name} uses it"))
    given = torch.arange(3)
    arrived = upload(CPU)(given)
    assert said == ["into side", "pinned", "side records", "out of side"]
    assert torch.equal(arrived()[0], given)
    assert said[4:] == ["main waits for event of side", "main uses it"]
    said.clear()
    assert move_to(CPU)(given)()[0] is given and not said
