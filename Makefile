# make bench   install into .venv, train on the embedded dataset, write a report
# make test    install the tools too and run all tests
# make lint    style, types and import rules
# make docs    the documentation as HTML, in docs/_build/html
# make clean   remove .venv and what was built; runs/ stays
#
# PYTHON=python3.12  another interpreter      VENV=/tmp/venv  another environment
# ARGS="..."         more arguments for zoo bench or pytest      JOBS=8  test processes
PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2
ARGS ?=
BIN := $(VENV)/bin
PROJECTS := plugins/all.txt pyproject.toml $(wildcard benchmarks/pyproject.toml plugins/*/pyproject.toml)
DEV = import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"], sep="\n")

.PHONY: bench test lint docs clean install install-dev

bench: install
	$(BIN)/zoo bench --minutes 4 --overwrite $(ARGS)

test: install-dev
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python .ci/imports.py

docs: install-dev
	$(BIN)/sphinx-build -W --keep-going -q docs docs/_build/html

clean:
	rm -rf $(VENV) docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

install: $(VENV)/installed
install-dev: $(VENV)/installed-dev

# The stamps are older than a project file that has changed since, and only then is anything installed again.
$(VENV)/installed: $(PROJECTS) | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check -r plugins/all.txt
	@touch $@

# pip reads dependency groups from 25.1 on; writing them to a file works with every pip.
$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -c '$(DEV)' > $(VENV)/dev.txt
	$(BIN)/python -m pip install --disable-pip-version-check -r $(VENV)/dev.txt
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "zoo needs Python 3.11 or newer; type make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
