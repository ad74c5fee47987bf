"""Observers of runs: what TensorBoard and Weights & Biases are told is what was logged, and none can break a run."""

import io
import json
import struct
import sys

import numpy as np
import pytest
from PIL import Image

from zoo_bench.observers.chosen import Chosen, opened, split
from zoo_bench.observers.scalars import final, scalars
from zoo_bench.observers.tensorboard import TensorBoard
from zoo_bench.observers.watch import Watch
from zoo_core.cli import main
from zoo_core.errors import ZooError
from zoo_core.observers import Watched
from zoo_core.registry.catalog import discover

SMALL = [
    "bench", "--model", "dcgan", "--size", "16", "--set", "generator.width=2", "--set", "critic.width=4", "--set",
    "train.batch=4", "--set", "dataset.count=40", "--threads", "1", "--no-eval", "--device", "cpu",
]  # fmt: skip


class Recorder:
    """Keeps what it is told; raises at one event."""

    def __init__(self, fails=""):
        self.told, self.fails = [], fails

    def tell(self, event, *what):
        print("an observer may print")
        self.told.append((event, *what))
        if event == self.fails:
            raise SystemExit("as a plugin may")

    def started(self, run):
        self.tell("started", run.iteration)

    def logged(self, record):
        self.tell("logged", record["iteration"])

    def pictured(self, name, iteration, pixels):
        self.tell("pictured", name, iteration, pixels.shape[2])

    def ended(self, state, report):
        self.tell("ended", state)


def lines(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def test_one_that_raises_is_switched_off_and_the_others_go_on(capsys):
    said = []
    good, bad = Recorder(), Recorder(fails="logged")
    with Watch({"bad": bad, "good": good}, said.append) as watch:
        watch.started(Watched(None, {}, 3))
        for iteration in (4, 5):
            watch.logged({"iteration": iteration})
        watch.ended("finished", {})
    assert good.told == [("started", 3), ("logged", 4), ("logged", 5), ("ended", "finished")]
    assert bad.told == [("started", 3), ("logged", 4)]
    assert len(said) == 1 and said[0].startswith("warning: bad is switched off, the run goes on: SystemExit: 'as a plugin may'")
    assert capsys.readouterr().out == ""


def test_a_run_that_raises_has_failed():
    seen = Recorder()
    with pytest.raises(KeyError), Watch({"seen": seen}, print) as watch:
        watch.started(Watched(None, {}, 0))
        raise KeyError
    assert seen.told[-1] == ("ended", "failed")


def test_one_that_never_started_is_told_nothing():
    seen = Recorder()
    with pytest.raises(KeyError), Watch({"seen": seen}, print):
        raise KeyError
    assert seen.told == []


def test_a_run_is_told_from_its_start_to_its_end(tmp_path, monkeypatch):
    seen = Recorder()
    monkeypatch.setattr("zoo_bench.run.bench.opened", lambda chosen, catalog: {"seen": seen})
    assert main([*SMALL, "--steps", "3", "--out", str(tmp_path / "run")]) == 0
    events = [told[0] for told in seen.told]
    assert events[0] == "started" and events[-1] == "ended" and seen.told[-1] == ("ended", "finished")
    assert [told[1] for told in seen.told if told[0] == "logged"] == [line["iteration"] for line in lines(tmp_path / "run")]
    assert ("pictured", "samples", 3, 3) in seen.told


def test_event_files_say_what_metrics_say_and_the_run_is_the_same(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    with_it, without = tmp_path / "with", tmp_path / "without"
    assert main([*SMALL, "--steps", "2", "--out", str(with_it), "--log", "tensorboard"]) == 0
    assert main([*SMALL, "--steps", "2", "--out", str(without)]) == 0
    resume = ["bench", "--resume", str(with_it), "--change-recipe", "--steps", "4", "--log", "tensorboard", "--no-eval"]
    assert main(resume) == 0
    found = accumulator.EventAccumulator(str(with_it / "tensorboard")).Reload()
    logged = lines(with_it)
    assert [line["iteration"] for line in logged] == [1, 2, 3, 4]
    for name in logged[0]["terms"]:
        events = found.Scalars(name)
        assert [event.step for event in events] == [1, 2, 3, 4]
        assert [event.value for event in events] == pytest.approx([line["terms"][name] for line in logged], rel=1e-6)
    assert [event.step for event in found.Images("samples")][-1] == 4
    with (
        Image.open(io.BytesIO(found.Images("samples")[-1].encoded_image_string)) as told,
        Image.open(with_it / "samples" / "00000004.png") as drawn,
    ):
        assert (np.asarray(told) == np.asarray(drawn)).all()
    weights = "model/model.safetensors"
    assert main([*resume[:2], str(without), *resume[3:6], "--no-eval"]) == 0
    assert (with_it / weights).read_bytes() == (without / weights).read_bytes()


def records(data):
    """The records of an offline run: a header of 7 bytes, then LevelDB's log format, blocks of 32 KiB."""
    place, parts = 7, []
    while place < len(data):
        if 2**15 - place % 2**15 < 7:
            place += 2**15 - place % 2**15  # the rest of a block that is too short for a header
            continue
        _, length, kind = struct.unpack_from("<IHB", data, place)
        parts.append(data[place + 7 : place + 7 + length])
        place += 7 + length
        if kind in (1, 4):  # whole, or the last part
            yield b"".join(parts)
            parts = []


def test_a_run_of_weights_and_biases_is_kept_without_a_network(tmp_path, monkeypatch, capsys):
    pytest.importorskip("wandb")
    from wandb.proto import wandb_internal_pb2

    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("WANDB_CACHE_DIR", str(tmp_path / "cache"))
    words = ["--steps", "2", "--out", str(tmp_path / "run"), "--log", "wandb", "--set", "wandb.project=sprites"]
    assert main([*SMALL, *words]) == 0
    (file,) = (tmp_path / "run" / "wandb").glob("offline-run-*/*.wandb")
    history, projects = [], []
    for data in records(file.read_bytes()):
        record = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        projects += [record.run.project] if record.HasField("run") else []
        items = record.history.item
        history += [{item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}] if items else []
    assert f"wandb sync {file.parent}" in capsys.readouterr().err
    assert set(projects) == {"sprites"}
    losses = [row for row in history if "critic/real" in row]
    assert [row["critic/real"] for row in losses] == [line["terms"]["critic/real"] for line in lines(tmp_path / "run")]
    assert [row["iteration"] for row in losses] == [1, 2]
    assert any("samples" in row or "samples/_type" in row for row in history)


def test_scalars_are_finite_and_named_by_what_they_are():
    record = {"iteration": 3, "lr": 0.1, "terms": {"critic/real": 0.5, "odd": float("nan")}, "scores": {"kid-x": 2}}
    assert scalars(record) == {"critic/real": 0.5, "scores/kid-x": 2.0, "pace/lr": 0.1}
    assert scalars({"iteration": 3, "rollbacks": []}) == {}
    assert final({"scores": [{"id": "kid-x", "value": 2.5}, {"id": "fid-x", "value": None}]}) == {"final/kid-x": 2.5}
    assert final({}) == {}


def test_options_go_to_the_observer_and_the_rest_to_the_run():
    settings = ["train.lr=1", "wandb.mode=offline", "wandb.project=a=b", "batch=3"]
    chosen, rest = split(["wandb", "tensorboard", "wandb"], settings, discover())
    assert chosen == [
        Chosen("zoo-bench/wandb", {"mode": "offline", "project": "a=b"}),
        Chosen("zoo-bench/tensorboard", {}),
    ]
    assert rest == ("train.lr=1", "batch=3")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--log", "tensorbord"], "did you mean tensorboard"),
        (["--log", "wandb", "--set", "wandb.mode=later"], "mode"),
        (["--log", "tensorboard", "--set", "tensorboard.x=1"], "zoo-bench/tensorboard has no options; leave out x"),
    ],
)
def test_what_is_typed_wrong_is_said_before_anything_is_made(tmp_path, capsys, words, said):
    assert main([*SMALL, "--steps", "2", "--out", str(tmp_path / "run"), *words]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["tensorboard", "wandb"])
def test_a_missing_library_is_said_before_anything_is_made(tmp_path, capsys, monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)  # what makes an import fail
    assert main([*SMALL, "--steps", "2", "--out", str(tmp_path / "run"), "--log", name]) == 2
    assert f"type pip install 'zoo-bench[{name}]'" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_sending_without_an_account_is_said_before_anything_is_made(tmp_path, capsys, monkeypatch):
    pytest.importorskip("wandb")
    for name in ("HOME", "NETRC", "WANDB_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "nobody"))
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    words = ["--out", str(tmp_path / "run"), "--log", "wandb", "--set", "wandb.mode=online"]
    assert main([*SMALL, "--steps", "2", *words]) == 2
    assert "type wandb login" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_the_event_files_of_a_replaced_run_go(tmp_path):
    pytest.importorskip("tensorboard")
    (tmp_path / "tensorboard").mkdir()
    (tmp_path / "tensorboard" / "events.out.old").write_text("old")
    observer = TensorBoard()
    observer.started(Watched(tmp_path, {}, 0))
    observer.ended("stopped", {})
    assert "events.out.old" not in [path.name for path in (tmp_path / "tensorboard").iterdir()]


def test_a_matrix_gives_its_observers_to_its_cells(tmp_path):
    pytest.importorskip("tensorboard")
    words = ["--steps", "1", "--out", str(tmp_path / "many"), "--seeds", "2", "--jobs", "2"]
    assert main([*SMALL, *words, "--dry-run", "--log", "tensorboard"]) == 0
    assert not (tmp_path / "many").exists()
    assert [type(each) for each in opened([Chosen("zoo-bench/tensorboard", {})], discover()).values()] == [TensorBoard]
    with pytest.raises(ZooError, match="no observer"):
        opened([Chosen("zoo-bench/gone", {})], discover())
