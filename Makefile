# Try it: make demo. Work on it: make test. The other targets: unit, lint, docs, bench, clean.

SHELL := /bin/bash
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
venv := .venv
python := $(venv)/bin/python
tests := tests/unit tests/conformance tests/attacks tests/integration \
	tests/neighbours tests/browser

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_QUIET := 1
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD := 1

# The plugin of twistd is found only in a "compat" editable install.
install := $(python) -m pip install --config-settings editable_mode=compat --editable

.PHONY: help demo test unit lint docs bench clean servers

help: ## Show the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' $(MAKEFILE_LIST) | expand -t 16

demo: $(venv)/program ## Run the proxy with a demo identity provider and application
	@$(python) -m oauthproxy demo

test: lint docs servers $(venv)/neighbours tests/node/node_modules/.package-lock.json ## Run everything
	$(python) -m pytest $(tests)

unit: $(venv)/develop ## Run the fast tests only
	$(python) -m pytest tests/unit

lint: $(venv)/develop ## Check style, types and the floors of the house
	$(python) -m ruff check
	$(python) -m ruff format --check
	$(python) -m mypy
	$(venv)/bin/lint-imports

docs: $(venv)/develop ## Build the documentation and the manual page
	$(python) -m sphinx -q -n -W --keep-going -b html docs build/docs
	$(python) -m sphinx -q -n -W --keep-going -b man docs build/man

bench: $(venv)/develop ## Measure us beside nginx and Apache
	.ci/packages bench
	$(python) bench/run.py $(BENCH)

servers:
	@.ci/packages test

clean: ## Remove what make made
	rm -rf $(venv) build dist .tox *.egg-info .mypy_cache .ruff_cache .import_linter_cache
	rm -rf .hypothesis twisted/plugins/dropin.cache tests/node/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(venv)/program: setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@echo "Preparing $(venv), once …"
	@$(PYTHON) -m venv $(venv)
	@$(install) .
	@touch $@

$(venv)/develop: $(venv)/program
	@echo "Adding what development needs to $(venv) …"
	@$(install) '.[dev]'
	@touch $@

$(venv)/neighbours: $(venv)/develop
	@echo "Adding the servers that stand before the proxy to $(venv) …"
	@$(install) '.[neighbours]'
	@touch $@

tests/node/node_modules/.package-lock.json: tests/node/package-lock.json | servers
	cd tests/node && npm ci --loglevel=error --no-audit --no-fund
	@touch $@
