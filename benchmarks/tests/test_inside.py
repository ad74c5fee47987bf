"""Names out of files and links lead nowhere: what is written and removed lies in the folder that was named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo_bench.asked import asked_of
from zoo_bench.commands.bench import bench
from zoo_bench.matrix.cell import run_cell
from zoo_bench.matrix.cells import plan_matrix
from zoo_bench.matrix.drive import job_of
from zoo_bench.records.folder import RunFolder
from zoo_bench.records.inside import is_name
from zoo_bench.records.matrix import clear, load_matrix, save_matrix, write_status
from zoo_core.cli import main
from zoo_core.errors import ZooError
from zoo_core.registry.catalog import discover


@pytest.fixture
def matrix(tmp_path, monkeypatch) -> Path:
    """runs/m with two planned cells, beside a folder that is dear to somebody."""
    monkeypatch.chdir(tmp_path)
    context = bench.make_context("bench", ["--model", "dcgan", "--seeds", "2", "--steps", "3", "--no-eval"])
    Path("runs/m").mkdir(parents=True)
    save_matrix(Path("runs/m"), plan_matrix(asked_of(context, discover()), discover(), "zoo bench"))
    Path("precious").mkdir()
    Path("precious/thesis.txt").write_text("dear")
    return Path("runs/m")


def rename(matrix: Path, name: object, cell: int = 0) -> None:
    value = json.loads((matrix / "matrix.json").read_text())
    value["cells"][cell]["name"] = name
    (matrix / "matrix.json").write_text(json.dumps(value))


@pytest.mark.parametrize(
    "name", ["../../precious", "", ".", "..", "a/b", "a\\b", ".hidden", "a\nb", "a\0b", "x" * 256, 3, None, ["a"], "dcgan-s1"]
)
def test_a_name_of_a_cell_is_one_component_of_a_path(name, matrix):
    rename(matrix, name)
    with pytest.raises(ZooError, match=r"^runs/m/matrix.json cannot be read: .*(no name of a cell|one name)"):
        load_matrix(matrix)


def test_absolute_names_are_refused_by_every_command(matrix, tmp_path, capsys):
    rename(matrix, str(tmp_path / "precious"))
    write_status(tmp_path / "precious", state="stopped", starts=1)
    again = ["bench", "--model", "dcgan", "--seeds", "2", "--steps", "3", "--no-eval", "--out", "runs/m", "--overwrite"]
    for command in (again, ["bench", "--resume", "runs/m"]):
        assert main(command) == 2
        assert "no name of a cell" in capsys.readouterr().err
    assert main(["runs", "clean", "--unfinished", "--yes"]) == 0
    assert Path("precious/thesis.txt").read_text() == "dear"


@settings(max_examples=200, deadline=None)
@given(st.text() | st.text(alphabet="./\\ab-\0"))
def test_a_name_that_is_taken_leads_nowhere(name):
    if is_name(name):
        assert (Path("/folder") / name).resolve().parent == Path("/folder") and not name.startswith(".")


def test_cells_that_are_links_are_neither_written_nor_removed(matrix):
    (matrix / "dcgan-s0").symlink_to(Path("precious").resolve())
    write_status(Path("precious"), state="stopped", starts=1)
    cell = load_matrix(matrix).possible[0]
    for write in (lambda: job_of(matrix, cell), lambda: run_cell(str(matrix), cell.name)):
        with pytest.raises(ZooError, match="leads out of the matrix"):
            write()
    assert main(["runs", "clean", "--unfinished", "--yes"]) == 0
    clear(matrix, load_matrix(matrix))
    assert sorted(path.name for path in Path("precious").iterdir()) == ["status.json", "thesis.txt"]


def test_a_run_in_a_folder_whose_name_is_not_utf8_is_refused_at_once(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["bench", "--model", "dcgan", "--size", "16", "--steps", "1", "--no-eval", "--out", "out\udce9"]) == 2
    assert "is no UTF-8; type --out" in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_nothing_of_a_run_is_removed_through_a_link(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("00000009.png", ".a.tmp"):
        (photos / name).write_bytes(b"photo")
    run = RunFolder(tmp_path / "runs/r")
    run.path.mkdir(parents=True)
    run.recipe.write_text("{}")
    run.report.write_text('{"training": {"state": "finished"}}')
    for linked in (run.samples, run.checkpoints, run.path / "more"):
        linked.symlink_to(photos)
    run.forget_after(0)
    assert main(["runs", "clean", "--unfinished", "--yes"]) == 0, capsys.readouterr().err
    run.clear()
    assert sorted(path.name for path in photos.iterdir()) == [".a.tmp", "00000009.png"]
