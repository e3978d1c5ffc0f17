# Everything here sets up what it needs by itself: git, make and Python 3.11 or newer are enough.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV_VERSION := 0.13.9
BIN := .venv/bin
READY := .venv/.ready
SOURCES := layers/core/python infra functions tests
PYTEST := $(BIN)/pytest -q

# Python's bytecode is kept, whatever the shell says: without it each process compiles all that it imports again.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup up down demo test bench check format lock clean

help: ## what there is to make
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(READY) ## the virtual environment, with everything pinned in requirements.lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/uv --version 2>/dev/null | grep -q ' $(UV_VERSION)' || \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $(READY)

up: $(READY) ## start the local cloud and leave it running; `make down` ends it
	@$(BIN)/oms up --detach

down: $(READY) ## end the local cloud
	@$(BIN)/oms down

demo: $(READY) ## sixty orders from the channel to the doorstep
	@$(BIN)/oms demo

test: $(READY) ## all tests: in process on two cores, then end to end on the local cloud
	@# Once, and on all cores: what several tests need.
	$(BIN)/oms build --target local
	$(PYTEST) -n 2 --dist worksteal tests/flows tests/unit tests/contracts tests/support
	@# After the flows: what each function may do is compared with what the flows saw it do.
	$(PYTEST) -n 2 tests/template tests/budgets
	$(PYTEST) tests/e2e

bench: $(READY) ## what an order costs: calls, units, imports, time
	@$(BIN)/oms bench

check: $(READY) ## style, types, and walls between rooms
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## put the code into shape
	$(BIN)/ruff check --fix --exit-zero
	$(BIN)/ruff format

lock: $(READY) ## pin the newest versions that pyproject.toml allows
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --quiet --upgrade --output-file requirements.lock

clean: ## remove all that was built; the local cloud must be down
	rm -rf build .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
