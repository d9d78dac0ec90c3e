# Everything that is done with a clone, by name. `make help` lists it.
#
# Nothing has to be installed first but Python (3.11 or newer) with venv and pip: each target makes .venv and
# installs what it needs, once, and again when pyproject.toml or constraints.txt change.
#
#   make serve ARGS="--osc-port 9700"        options go through ARGS
#   make test ARGS="tests/test_layers.py -x"
#   make serve PYTHON=/opt/python3.12/bin/python3

.DEFAULT_GOAL := help
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
PYTHON ?=
BUDGET ?= 150m
TORCH ?= 2.13.0
INPUTS := pyproject.toml constraints.txt
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --quiet --constraint constraints.txt

# The first interpreter that starts, is new enough and can make an environment. Shims of version managers exist without
# working, and Debian's Python may lack venv, so each is asked.
FIND_PYTHON = for python in "$(PYTHON)" python3.11 python3.12 python3.13 python3.14 python3 python; do \
	if [ -n "$$python" ] && "$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	then echo "$$python"; break; fi; done

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: $(VENV)/.run  ## start the daemon with the built-in model
	@$(BIN)/bridge serve $(ARGS)

test: $(VENV)/.dev  ## run the tests
	@$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.dev  ## check the style (ruff) and the types (mypy)
	@$(BIN)/ruff check .
	@$(BIN)/mypy

train: $(VENV)/.train  ## train the built-in model from nothing (BUDGET=150m)
	@$(BIN)/python -m engine.training pocket --budget $(BUDGET) $(ARGS)

evaluate: $(VENV)/.train  ## measure the built-in model: a table, and a picture of spectrograms
	@$(BIN)/python -m engine.evaluation pocket $(ARGS)

benchmark: $(VENV)/.dev  ## time the built-in model, stage by stage, on this machine
	@$(BIN)/python -m benchmarks.first_sound $(ARGS)

docs: $(VENV)/.dev  ## write the tables of README.md and the methods of the client again
	@$(BIN)/python tests/test_docs.py

patches: $(VENV)/.dev  ## write the devices for Live and Max again, from the tables
	@$(BIN)/python -m bridge.hosts.live.tables

constraints:  ## resolve every dependency anew and write constraints.txt
	@rm -rf build/constraints && "$$($(FIND_PYTHON))" -m venv build/constraints
	@build/constraints/bin/python -m pip install --quiet 'torch==$(TORCH)' --editable '.[train,test,dev]'
	@{ echo '# The versions that the tests passed with, of everything that an install brings.'; \
	   echo '# Made by `make constraints`; used by every other target of the Makefile.'; \
	   build/constraints/bin/python -m pip freeze --exclude-editable | sed 's/+cpu$$//'; } > constraints.txt
	@rm -rf build/constraints && echo "constraints.txt: $$(grep -c == constraints.txt) versions. Now run make test."

clean:  ## remove .venv and the caches; takes and trained runs are kept
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

$(BIN)/python:
	@python="$$($(FIND_PYTHON))"; \
	if [ -z "$$python" ]; then \
		echo "audioldm-bridge needs Python 3.11 or newer with venv and pip; python3 here: $$(python3 --version 2>&1)" >&2; \
		echo "On Debian and Ubuntu: apt-get install python3 python3-venv. Elsewhere, install Python from python.org," >&2; \
		echo "or name one that is installed: make serve PYTHON=/path/to/python3.12" >&2; exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$python" --version)" ; \
	"$$python" -m venv $(VENV) || { rm -rf $(VENV); echo "$$python cannot make $(VENV)" >&2; exit 1; }

$(VENV)/.run: $(INPUTS) | $(BIN)/python
	@echo "Installing audioldm-bridge and its libraries into $(VENV) (the first time takes a few minutes)"
	@$(INSTALL) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@echo "Installing the test and lint tools into $(VENV)"
	@$(INSTALL) --editable '.[test,dev]'
	@touch $@

$(VENV)/.train: $(VENV)/.run
	@echo "Installing what training and evaluation need into $(VENV)"
	@$(INSTALL) --editable '.[train]'
	@touch $@

.PHONY: help serve test lint train evaluate benchmark docs patches constraints clean
