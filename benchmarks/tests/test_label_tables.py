"""Tables of labels that are not understood: why is said where a label is asked for, at the start, by `zoo data check`."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from zoo_bench.data.folder import Folder
from zoo_bench.data.options import FolderOptions
from zoo_core.cli import main
from zoo_core.errors import ZooError

KINDS = ("fire", "water", "grass")
WHITE = (255, 255, 255)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    (tmp_path / "set").mkdir()
    for number in range(18):
        pixels = np.random.default_rng(number).integers(0, 256, (16, 16, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "set" / f"{number:04d}.png")
    return tmp_path / "set"


def lines(head="file_name,type", separator=",", suffix=".png", kinds=KINDS):
    return "\r\n".join([head, *(f"{number:04d}{suffix}{separator}{kinds[number % len(kinds)]}" for number in range(18))])


def records(value):
    return [{"file_name": f"{number:04d}.png", "type": value(number)} for number in range(18)]


def jsonl(value):
    return "\n".join(map(json.dumps, records(value)))


UNREAD = {
    "semicolons": ("metadata.csv", lines("file_name;type", ";"), "the columns 'file_name;type': separate them by commas"),
    "tabs": ("metadata.csv", lines("file_name\ttype", "\t"), "separate them by commas"),
    "another column": ("metadata.csv", lines("image,type"), "has 'image', 'type' and no file_name"),
    "no suffix": ("metadata.csv", lines(suffix=""), "'0000'; write 0000.png in full"),
    "another file": ("pokemon.csv", lines("Name,type", suffix=""), "is not read: call it metadata.csv"),
    "of StyleGAN": ("dataset.json", '{"labels": []}', "is not read: call it metadata.csv"),
    "an array": ("metadata.jsonl", json.dumps(records(lambda n: KINDS[n % 3]), indent=1), "is one JSON array"),
    "over several lines": (
        "metadata.jsonl",
        '{\n "file_name": "0000.png"\n}',
        "has no line that can be used (3 in all); line 1",
    ),
    "no field": ("metadata.jsonl", '{"name": "0000.png", "type": "a"}\n' * 3, "has 'name', 'type' and no file_name"),
}
UNFIT = {
    "all distinct": (jsonl(lambda n: f"mon{n}"), "type has 18 different values for 18 images"),
    "all the same": (jsonl(lambda n: "x"), "type has one value for all of 18 images"),
    "objects": (jsonl(lambda n: {"a": n}), "type holds lists or objects"),
    "numbers in lists": (jsonl(lambda n: [n % 3]), "type holds lists or objects"),
    "lists": (jsonl(lambda n: [KINDS[n % 3], KINDS[(n + 1) % 3]]), "type --labels type1,type2"),
}


@pytest.mark.parametrize(("name", "text", "words"), UNREAD.values(), ids=UNREAD)
def test_a_table_that_is_not_understood_says_why(folder, name, text, words, capsys):
    (folder / name).write_text(text, newline="")
    data = Folder(FolderOptions(path=str(folder)))
    assert data.attributes() == {}
    with pytest.raises(ZooError) as error:
        data.load(16, 3, ("type",), WHITE)
    assert words in str(error.value) and name in str(error.value)
    images = data.load(16, 3, (), WHITE)
    assert len(images.names) == 18 and images.skipped == ()
    assert f"warning: {name}" in capsys.readouterr().err
    assert main(["bench", "--dataset", f"folder:{folder}", "--labels", "type", "--model", "acgan", "--size", "16"]) == 2
    assert f"--labels type: the dataset has no such label; {name} " in (err := capsys.readouterr().err) and words in err
    assert main(["data", "check", str(folder)]) == 0
    assert words in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(("text", "words"), UNFIT.values(), ids=UNFIT)
def test_a_field_that_is_no_label_says_why(folder, text, words, capsys):
    (folder / "metadata.jsonl").write_text(text)
    with pytest.raises(ZooError) as error:
        Folder(FolderOptions(path=str(folder))).load(16, 3, ("type",), WHITE)
    assert words in str(error.value)
    assert main(["data", "check", str(folder)]) == 0
    assert words in " ".join(capsys.readouterr().out.split())


def test_lists_of_text_are_mixtures(folder):
    (folder / "metadata.jsonl").write_text(jsonl(lambda n: [KINDS[n % 3], KINDS[(n + 1) % 3]] if n % 2 else KINDS[n % 3]))
    images = Folder(FolderOptions(path=str(folder))).load(16, 3, ("type1", "type2"), WHITE)
    names = [
        tuple(images.space.labels[f"type{k + 1}"][i] if i >= 0 else None for k, i in enumerate(row)) for row in images.labels
    ]
    assert names == [(KINDS[n % 3], KINDS[(n + 1) % 3] if n % 2 else None) for n in range(18)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_tables_in_other_encodings_keep_their_letters(folder, encoding, capsys):
    (folder / "metadata.csv").write_bytes(lines(kinds=("Pokémon", "Nidoran")).encode(encoding))
    data = Folder(FolderOptions(path=str(folder)))
    assert data.load(16, 3, ("type",), WHITE).space.labels == {"type": ("Nidoran", "Pokémon")}
    assert ("read as Windows-1252" in capsys.readouterr().err) == (encoding == "cp1252")


CELLS = st.text(alphabet='a0.png,;"\n\r\t\x00é[]{}:', max_size=12)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(CELLS, max_size=4), max_size=5), encoding=st.sampled_from(["utf-8", "utf-16", "cp1252", "utf-32"])
)
def test_any_table_gives_labels_or_a_reason(folder, rows, encoding):
    for name in ("metadata.csv", "metadata.jsonl"):
        text = "\n".join(",".join(row) for row in rows) if name.endswith("csv") else "\n".join(map(json.dumps, rows))
        (folder / name).write_bytes(text.encode(encoding))
        data = Folder(FolderOptions(path=str(folder)))
        with pytest.raises(ZooError) as error:
            data.load(16, 3, ("no such label",), WHITE)
        assert "\n" not in str(error.value)
        (folder / name).unlink()


def test_every_label_can_be_typed(folder):
    """= and commas mean something after --labels, and a line ends at its end."""
    said = [{**record, "hp=max": "ab"[n % 2], "a, b": "x\ny" if n % 2 else "z"} for n, record in enumerate(records(str))]
    (folder / "metadata.jsonl").write_text("\n".join(map(json.dumps, said)))
    assert Folder(FolderOptions(path=str(folder))).attributes() == {"a_b": ("x y", "z"), "hp_max": ("a", "b")}
