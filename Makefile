# 百姓城管. Set-up is local/setup.sh: it does what is missing and is silent when nothing is.

.DEFAULT_GOAL := help
.PHONY: help run test soak bench fuzz check static words gallery lock clean

# Settings of `make run`, handed on through the environment so that any path will do.
export PORT ?= 8000
export SIM_PORT ?= 8001
export DATA_DIR ?= var
# Budgets of `make soak`: steps of each of so many seeds, rounds of each sort of death.
SOAK_STEPS ?= 5000
SOAK_SEEDS ?= 8
CRASH_ROUNDS ?= 12
FUZZ_SECONDS ?= 120
# What a person reads is Chinese, whatever the terminal's locale.
export PYTHONUTF8 := 1

python := .venv/bin/python
compile := .lock-venv/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header --no-annotate

help:  ## show this help
	@echo "make …"
	@sed -n 's/^\([a-z]*\):.*  ## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 12

run:  ## set up and run everything on this machine: PORT=8000 SIM_PORT=8001 DATA_DIR=var
	@local/setup.sh run
	@$(python) -m local.run

test:  ## set up and run all tests; some of them: make test ARGS="tests/cases -k photo"
	@local/setup.sh dev
	@$(python) -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

soak:  ## points for longer: random steps against the model, kill -9 under load: SOAK_STEPS=5000
	@local/setup.sh dev
	@SOAK_STEPS=$(SOAK_STEPS) SOAK_SEEDS=$(SOAK_SEEDS) CRASH_ROUNDS=$(CRASH_ROUNDS) $(python) -m pytest \
		--log-cli-level=INFO --timeout=0 tests/points/test_model.py tests/points/test_crashes.py $(ARGS)

bench:  ## measure us against the usual ways, side by side; some of it: make bench ARGS=nearest
	@local/setup.sh bench
	@$(python) -m bench $(ARGS)

fuzz:  ## the callback and the parser under bytes led by coverage, no fault may come: FUZZ_SECONDS=120
	@local/setup.sh fuzz
	@FUZZ_SECONDS=$(FUZZ_SECONDS) $(python) -m bench fuzz

check: static test  ## what CI runs: format, lint, types, import contracts, and the tests (ARGS too)

static:
	@local/setup.sh dev
	$(python) -m ruff format --check .
	$(python) -m ruff check .
	$(python) -m mypy .
	$(python) .venv/bin/lint-imports

gallery:  ## photograph every page, small and large, light and dark, into var/gallery
	@local/setup.sh dev
	@$(python) -m docs.gallery

words:  ## bring the catalogues of translations/ up to date, and name what has no translation
	@local/setup.sh dev
	@$(python) -m local.catalogue

lock:  ## lock the dependencies of pyproject.toml and package.json anew; newest: ARGS=--upgrade
	@local/setup.sh lock
	$(compile) $(ARGS) pyproject.toml -o requirements.lock
	$(compile) $(ARGS) pyproject.toml --group dev -o requirements-dev.lock
	$(compile) $(ARGS) pyproject.toml --group dev --group bench -o requirements-bench.lock
	$(compile) $(ARGS) --no-deps --group judges -o requirements-judges.lock
	$(compile) $(ARGS) --no-deps --group fuzz -o requirements-fuzz.lock
	$(compile) $(ARGS) --group node -o requirements-node.lock
	npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved
	@# Whom npm asks to fund is an address; lock files here hold none.
	node -e 'const fs = require("fs"), name = "package-lock.json", bare = (key, value) => key === "funding" ? undefined : value; fs.writeFileSync(name, JSON.stringify(JSON.parse(fs.readFileSync(name)), bare, 2) + "\n")'

clean:  ## remove what the set-up and the tools made; the data in DATA_DIR stays
	rm -rf .venv .lock-venv node_modules static/vendor test-artifacts
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
