# Every command of the project. `make demo` needs Python 3.11+, make and git; `make test` is the whole gate.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo install dev format lint types arch tests docs package test bench nightly clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@ $(VENV)/.installed

install: $(VENV)/.installed ## the command in .venv/bin/sovereign
dev: $(VENV)/.dev ## the command and every tool of the tests

demo: $(VENV)/.installed ## the whole story on sample data, in a temporary folder
	@$(BIN)/sovereign demo

format: $(VENV)/.dev ## write the code in the one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only --quiet .

lint: $(VENV)/.dev ## style
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev ## types, strictly
	$(BIN)/mypy

arch: $(VENV)/.dev ## who may import whom
	$(BIN)/lint-imports

tests: $(VENV)/.dev ## behaviour, laws, attacks, foreign verifiers, a real OPA
	.ci/install-opa
	$(BIN)/pytest --ignore=tests/docs

docs: $(VENV)/.dev ## README and examples run; commands, codes and rules are documented
	$(BIN)/pytest tests/docs

package: $(VENV)/.dev ## the wheel, installed into an empty environment, runs the demo
	.ci/package $(BIN)/python

test: lint types arch tests docs package ## everything above

bench: $(VENV)/.dev ## ratios against the plain alternative, in one run
	$(BIN)/python tests/bench/run.py

nightly: $(VENV)/.dev ## the long runs: more generated cases
	.ci/install-opa
	TEST_PROFILE=nightly $(BIN)/pytest

clean: ## remove what was built
	rm -rf $(VENV) build dist .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
