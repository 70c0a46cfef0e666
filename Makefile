# Two commands on a fresh machine with Python 3.11+ and make: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo demo-all test lab app bench setup lint lock clean

demo: setup
	$(BIN)/workbench demo

# one simulated year of all programmes; LABORATORIES=60 by default, safe to stop and to repeat
demo-all: setup
	$(BIN)/workbench demo --all $(if $(LABORATORIES),--laboratories $(LABORATORIES))

test: setup lint
	$(BIN)/python -m pytest -n 2 --dist loadgroup -rs

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy

lab: setup
	$(BIN)/jupyter lab --notebook-dir=notebooks

app: setup
	$(BIN)/voila notebooks/apps --template=workbench --no-browser

bench: setup
	$(BIN)/python -m tests.benchmarks

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'
	$(BIN)/uv pip sync --compile-bytecode --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

# The lock names no package index: the one configured on the machine is used.
lock:
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet --upgrade -o requirements.lock

clean:
	rm -rf outputs/*
