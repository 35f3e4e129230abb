# The verbs of the project. `make clean-corpus` is all that a fresh machine needs: Python 3.11 or later, git and make.
# No verb deletes a corpus: `clean-corpus` only writes what it made itself.

PYTHON ?= python3
VENV ?= .venv
RAW ?= raw
OUT ?= clean
WORKERS ?=
ARGS ?=

BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
DOLMA := $(VENV)/dolma

.DEFAULT_GOAL := help
# Folders of these names (`clean`, `raw`, `docs`) are no targets.
.PHONY: help install clean-corpus test lint quality bench docs

help: ## say what there is
	@echo "make VERB [VARIABLE=VALUE ...]"
	@echo
	@sed -n 's/^\([a-z-]*\):.*## /  \1#/p' Makefile | awk -F'#' '{ printf "%-16s%s\n", $$1, $$2 }'
	@echo
	@echo "  RAW=$(RAW) OUT=$(OUT) are the folders of clean-corpus; WORKERS=N and ARGS='--gaps keep' are passed on."

install: $(INSTALLED) ## make the virtual environment, with the package in it

clean-corpus: $(INSTALLED) ## clean the texts of RAW into OUT
	$(BIN)/clean-corpus run "$(RAW)" "$(OUT)" $(if $(WORKERS),--workers $(WORKERS)) $(ARGS)

test: $(INSTALLED_DEV) $(DOLMA) ## run the tests
	$(BIN)/python -m pytest $(ARGS)

lint: $(INSTALLED_DEV) ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

quality: $(INSTALLED_DEV) ## measure what is kept and what goes
	$(BIN)/python benchmarks/quality.py $(ARGS)

bench: $(INSTALLED_DEV) ## measure speed and memory beside other tools (ARGS=--quick, ARGS=--full)
	$(BIN)/python benchmarks/bench.py $(ARGS)

docs: $(INSTALLED_DEV) ## write the pages that are made of the code
	$(BIN)/clean-corpus commands > docs/commands.md
	REWRITE=1 $(BIN)/python -m pytest --quiet tests/test_sidecar.py tests/test_docs.py -k "page or current"

# The stamps are made again when the dependencies change.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Cannot install: $(PYTHON) is older than Python 3.11. Give another: make install PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(INSTALLED_DEV): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(INSTALLED) $@

# The mixer of Dolma alone, which its tests run: what the package depends on does not go with what ours does, and there
# is none for Python 3.13 and later.
$(DOLMA): pyproject.toml | $(BIN)/python
	@if $(BIN)/python -c 'import sys; sys.exit(sys.version_info >= (3, 13))'; then \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target $@ dolma==1.2.1; \
	fi
	@mkdir -p $@ && touch $@
