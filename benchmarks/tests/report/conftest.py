"""A finished run of 16 x 16 pixel images to make pages of, and what a browser would see in a page."""

import json
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st

from zoo_bench.report.board import render_board
from zoo_bench.report.page import render
from zoo_core.pictures.grid import grid, write_png

VOID = {"meta", "link", "img", "br"}


class Page(HTMLParser):
    """What a browser would make of the page: elements with attributes and text; complains about what is not closed."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.words = [], [], {}
        self.table, self.rows = "", []
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, name, attributes):
        assert len(attributes) == len(dict(attributes))
        self.elements.append((name, dict(attributes)))
        if name == "table":
            self.table = dict(attributes).get("class", "")
        elif name == "tr":
            self.rows.append((self.table, []))
        elif name in ("th", "td"):
            self.rows[-1][1].append("")
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name):
        assert self.open.pop() == name

    def handle_data(self, data):
        if {"th", "td"} & set(self.open):
            self.rows[-1][1][-1] += f"{data} "
        for name in set(self.open):
            self.words[name] = self.words.get(name, "") + data

    def all(self, name):
        return [attributes for element, attributes in self.elements if element == name]

    def cells(self, kind):
        """The rows of the tables of this class or id, each a list of texts."""
        return [row for name, row in self.rows if name == kind]

    @property
    def text(self):
        return " ".join(self.words["body"].replace(self.words["script"], "").split())


@pytest.fixture(scope="session")
def read_page():
    return Page


@pytest.fixture(scope="session")
def page():
    """Renders the page of a run and reads it."""

    def page(run):
        path = render(run)
        assert path == run / "report.html"
        return Page(path.read_text("utf-8"))

    return page


@pytest.fixture(scope="session")
def board():
    """Renders the page of several runs and reads it."""

    def board(folder, *paths):
        render_board(paths or [folder], folder / "all.html")
        return Page((folder / "all.html").read_text("utf-8"))

    return board


@pytest.fixture(scope="session")
def example():
    """`recipe.json` or `report.json` of the run, as a value of one's own."""
    return lambda name: json.loads((Path(__file__).parent / f"{name}.json").read_text("utf-8"))


@pytest.fixture
def recipe(example):
    return example("recipe")


@pytest.fixture
def report(example):
    return example("report")


@pytest.fixture(scope="session")
def line():
    """A line of metrics.jsonl."""

    def line(iteration, **terms):
        record = {
            "iteration": iteration,
            "images": iteration * 320,
            "seconds": iteration * 0.5,
            "images_per_second": 640.0,
            "lr": 2e-4,
        }
        return json.dumps({**record, "terms": terms})

    return line


@pytest.fixture(scope="session")
def finished(tmp_path_factory, example, line):
    """A finished run of 16 x 16 pixel images, not to be changed."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    (folder / "samples").mkdir(parents=True)
    (folder / "recipe.json").write_text(json.dumps(example("recipe")))
    (folder / "report.json").write_text(json.dumps(example("report")))
    lines = [
        line(i, **{"critic/wasserstein": -2.0 / (i + 1), "critic/penalty": 0.5, "generator/score": i / 7})
        for i in range(0, 400, 20)
    ]
    (folder / "metrics.jsonl").write_text("\n".join(lines) + "\n")
    pixels = np.random.default_rng(0).integers(0, 256, (25, 16, 16, 3), dtype=np.uint8)
    for name in [*(f"{i:08d}" for i in range(0, 400, 20)), "final", "real"]:
        write_png(grid(pixels), folder / "samples" / f"{name}.png")
    return folder


@pytest.fixture
def run(finished, tmp_path):
    """A copy of it to break."""
    return Path(shutil.copytree(finished, tmp_path / "run"))


@pytest.fixture(scope="session")
def change():
    """Sets keys of a JSON file of a run."""

    def change(run, name, **values):
        path = run / name
        path.write_text(json.dumps({**json.loads(path.read_text()), **values}))

    return change


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def shaped(example):
    """Anything at all in the places where a page looks."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(example, plain)) | st.fixed_dictionaries(
        {key: shaped(value) if isinstance(value, dict) and value else plain for key, value in example.items()}
    )


@pytest.fixture(scope="session")
def any_files(example):
    """A strategy: name of a file of a run -> text, with anything at all where a page looks."""
    record = plain | st.fixed_dictionaries({"iteration": st.integers(), "terms": plain, "scores": plain})
    return st.fixed_dictionaries(
        {
            "recipe.json": shaped(example("recipe")).map(json.dumps),
            "report.json": shaped(example("report")).map(json.dumps),
            "metrics.jsonl": st.lists(record, max_size=3).map(lambda found: "".join(json.dumps(one) + "\n" for one in found)),
        }
    )
