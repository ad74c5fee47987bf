"""`zoo report` as it is typed."""

import subprocess
import sys

import pytest

from zoo_core.cli import main


@pytest.fixture
def typed(capsys):
    """Exit code, standard output and standard error of `zoo report ...`."""

    def typed(*words):
        code = main(["report", *map(str, words)])
        return code, *capsys.readouterr()

    return typed


def test_one_run_gets_its_own_page(run, typed, tmp_path):
    assert typed(run) == (0, f"report: {run / 'report.html'}\n", "")
    assert "zoo run report" in (run / "report.html").read_text("utf-8")
    typed(run, "-o", tmp_path / "mine.html")
    assert (tmp_path / "mine.html").read_bytes() == (run / "report.html").read_bytes()


def test_several_get_one_page_here(run, finished, typed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert typed(run, finished) == (0, "report: report.html\n", "")
    assert "side by side" in (tmp_path / "report.html").read_text("utf-8")


def test_a_folder_of_runs_gets_its_page_inside(run, typed, tmp_path):
    (tmp_path / "empty").mkdir()
    assert typed(tmp_path)[:2] == (0, f"report: {tmp_path / 'report.html'}\n")
    assert "it holds neither a run" in typed(tmp_path / "empty")[2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "type zoo report RUN..."),
        (("nowhere",), "nowhere is no folder"),
        (("run", "-o", "run/report.json"), "type -o report.html"),
        (("run", "-o", "nowhere/page.html"), "there is no folder nowhere"),
        (("run", "run/recipe.json"), "recipe.json is no folder"),
    ],
)
def test_what_is_typed_wrong_is_said_in_one_line_and_costs_nothing(run, typed, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    code, out, err = typed(*words)
    assert code == 2 and out == "" and said in err and err.count("\n") == 1
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_page_is_made_without_torch(run, finished, tmp_path):
    code = (
        "import sys; from zoo_core.cli import main; "
        f"main(['report', {str(run)!r}, {str(finished)!r}, '-o', {str(tmp_path / 'a.html')!r}]); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
