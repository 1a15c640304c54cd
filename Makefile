# `make run` and `make test` are all that a fresh machine with git, make and Python ≥ 3.11 needs.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  command -v $$p >/dev/null && $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
INSTALLED := .venv/.installed-from-pyproject
# A machine that keeps no bytecode would compile every test again in each process of tests.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run exercise test setup dashboard collect lint bench clean
.DEFAULT_GOAL := help

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | awk -F'\t' '{printf "make %-10s %s\n", $$1, $$2}'

run: setup ## Set up what is missing, then run everything: broker, database, worker, gateway, dashboard, demo traffic, and an exercise beside it
	@exec $(BIN)/ric up --demo --exercise

exercise: setup ## Play a controlled delivery in a space of its own, beside `make run` or alone; ROLE=KG-DCS plays one officer yourself
	@exec $(BIN)/ric exercise $(if $(ROLE),--role $(ROLE))

test: setup dashboard ## Set up what is missing, then run all the tests, four at a time: most of them wait for servers
	$(BIN)/pytest -n 4 $(PYTEST_ARGS)

setup: $(INSTALLED) ## Make .venv with everything in it

$(INSTALLED): pyproject.toml
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11 or newer with venv was found on PATH (Debian: apt-get install python3 python3-venv)"; exit 1; }
	@test -x $(BIN)/python || { echo "making .venv with $(PYTHON)"; $(PYTHON) -m venv .venv; }
	@echo "installing packages; the first time takes a minute or two"
	@# The pip that an older Python brings takes twice as long to choose, and any compiles on one core alone.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --upgrade pip
	@# It would warn at length of our folders of data, which are no packages.
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --editable '.[dev]'
	@# What a package has that this Python cannot compile nobody needs, as pip thinks too.
	-$(BIN)/python -m compileall -qq -j 0 .venv/lib
	@touch $@

dashboard: setup ## Build the dashboard when its sources changed
	$(BIN)/python -m streams.local.node

collect: dashboard ## Compile the tests once, which each process of `make test` would do at the same time
	@# What cannot be collected is told by the tests.
	-@$(BIN)/pytest --collect-only -qq > /dev/null

lint: setup ## ruff, mypy strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup ## Measure throughput on this machine
	$(BIN)/python -m benchmarks

clean: ## Remove .venv, builds and caches; data folders stay
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache streams/dashboard/dist streams/dashboard/node_modules
