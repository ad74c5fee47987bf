"""How Sphinx builds the documentation: make docs, or sphinx-build -W docs docs/_build/html."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from zoo_core import __version__

project = "zoo"
author = "the zoo project"
copyright = "the zoo project, Apache-2.0"
version = release = __version__

extensions = ["myst_parser", "zoo_reference"]
myst_enable_extensions = ["colon_fence", "deflist"]  # formulas are text: MathJax would come from the network
myst_heading_anchors = 3
exclude_patterns = ["_build", "tutorials/plugins"]
smartquotes = False  # -- is part of options
html_theme = "furo"
html_title = f"zoo {__version__}"
nitpicky = True
