# A few words to learn: demo, test, check; slow, contract, storms and campaign for longer; bench. Each sets up what it needs; only Python >= 3.12 and make must be there.

SHELL := /bin/sh
.DEFAULT_GOAL := help

# The first interpreter that is new enough; `make PYTHON=/path/to/python demo` chooses another.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python; do \
	command -v $$python >/dev/null 2>&1 && $$python -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null \
	&& echo $$python && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q
JOBS ?= 2
SEED ?= 7
SEEDS ?= 1..1000
TORTURES ?= 300
CASES ?= 2000
SETTLEMENTS ?= 1..200

.PHONY: help demo test check slow contract storms campaign format bench clean

help:  ## List these targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

demo: $(VENV)/.run  ## Run the main job: a storm of lost webhooks on the real service, judged, with a report
	$(BIN)/paystorm run lost-webhooks --seed $(SEED)

test: $(VENV)/.dev  ## Run the tests (at most 5 minutes on 2 cores); slow, contract and campaign have the rest
	$(PYTEST) -n $(JOBS) --dist worksteal -m "not slow and not campaign" --ignore tests/psp_contract $(TESTS)

slow: $(VENV)/.dev  ## Run the tests that take long for one: loads in real time, cluster, kills, every command of the documents (4 minutes)
	$(PYTEST) -n $(JOBS) --dist worksteal -m "slow and not campaign"

check: $(VENV)/.dev  ## Lint, format, types, import directions, compose file, workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

contract: $(VENV)/.dev  ## Run the official SDK against the PSP in each of four ways
	$(PYTEST) -n $(JOBS) --dist worksteal tests/psp_contract

storms: $(VENV)/.dev  ## Sweep SEEDS of all scenarios, torture twice over, settle SETTLEMENTS of all (hours; SEEDS=1..4 TORTURES=8 SETTLEMENTS=1..1 for short ones)
	$(BIN)/paystorm sweep all --seeds $(SEEDS) --jobs $(JOBS)
	$(BIN)/python tests/virtual/torture.py campaign --seeds $(TORTURES)
	$(BIN)/python tests/scenarios/test_settlement.py --seeds $(SETTLEMENTS) --jobs $(JOBS)

campaign: storms  ## Storms, the walks with a death at every step, the whole kill matrix, twenty seeds of each scenario, fuzz with CASES of each operation
	$(PYTEST) -m campaign --ignore tests/fuzz
	FUZZ_CASES=$(CASES) $(PYTEST) -s -m campaign tests/fuzz

format: $(VENV)/.dev  ## Format the sources and fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev  ## Measure; ratios and medians, printed and written to benchmarks/results/ (BENCHMARKS="payments --quick" for some)
	$(BIN)/python -m benchmarks $(BENCHMARKS)

clean:  ## Remove the environment and the caches (never the runs)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(VENV)/.run: requirements/run.txt pyproject.toml
	$(call create_environment)
	$(INSTALL) --require-hashes -r requirements/run.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	$(INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

define create_environment
@test -n "$(PYTHON)" || { echo "paystorm needs Python 3.12 or newer; install it or say make PYTHON=/path/to/python" >&2; exit 2; }
@test -x $(BIN)/python || { echo "setting up $(VENV) (once, about a minute)"; $(PYTHON) -m venv $(VENV); }
endef
