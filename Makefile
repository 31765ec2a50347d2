# Everything a newcomer needs. `make` alone lists the targets.
.DEFAULT_GOAL := help
.PHONY: help install demo test check format docs clean

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$p && break; done)

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## Create .venv with mlwright and its tools (again only if pyproject.toml changes)

$(STAMP): pyproject.toml
	@test -n "$(PYTHON)" || { echo "mlwright needs Python 3.11 or newer; none was found. Try: make PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable '.[serve]' --group dev
	@touch $@

demo: install ## Train, judge and use two models on the bundled data, in about a minute
	@MLWRIGHT=$(BIN)/mlwright scripts/demo.sh

test: check ## Run everything that must pass: style, types, contracts, all tests
	@scripts/postgres.sh
	@scripts/chromium.sh
	@scripts/runc.sh
	@scripts/torch.sh $(BIN)/python
	$(BIN)/pytest -n auto

check: install ## Look at style, types and import contracts, without running anything
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: install ## Write the code in the house style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: install ## Write the reference of the command line from its help texts
	$(BIN)/python scripts/cli_reference.py > docs/reference/cli.md

clean: ## Remove what was built, and .venv
	rm -rf $(VENV) demo/out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
