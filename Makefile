# `make help` lists the targets. `make run` and `make test` set up what they need.
# Variables: LIBRARY=/path (run), DATA_DIR=/path (run), PORT=8787 (run), ARGS=… (test, bench), PYTHON=python3.12 (setup).

SHELL := /bin/sh
BIN := .venv/bin
READY := .venv/.ready
COMPILE = $(BIN)/pip-compile -q --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links
.DEFAULT_GOAL := help
# A test run starts hundreds of processes; none should have to compile our modules again.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help setup run test test-faults lint format bench bench-scale screenshots lock clean

help:  ## List the targets
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/  make \1	\2/p' Makefile | expand -t 24

setup: $(READY)  ## Make .venv with the locked packages, and install the tools that operations use
	@.ci/packages ffmpeg mkvpropedit

$(READY): requirements.lock setup.cfg pyproject.toml
	@.ci/venv
	@touch $(READY)

run: setup  ## Start everything on LIBRARY=/path, or on a demo library, until Ctrl-C
	@exec $(BIN)/queueapp $(if $(DATA_DIR),--data-dir "$(DATA_DIR)") up --take-terminal $(if $(PORT),--port "$(PORT)") $(if $(LIBRARY),--library "$(LIBRARY)")

test: setup  ## Run every test
	@.ci/packages chromium curl docker-compose kodi xvfb
	$(BIN)/python -m pytest -q -n 3 tests/unit tests/integration $(ARGS)
	$(BIN)/python -m pytest -q -n 2 --dist loadfile tests/acceptance $(ARGS)
	$(BIN)/python -m pytest -q -n 3 tests/faults $(ARGS)

test-faults: setup  ## Kill, stop, cut and fill whatever can be, and print how long each recovery takes
	$(BIN)/python -m pytest -q -n 3 tests/faults $(ARGS)

lint: $(READY)  ## Check style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)  ## Put the code into the one style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/bench/.ready  ## Measure beside the other queues, on the same Postgres and Redis
	.venv/bench/bin/python -m benchmarks $(ARGS)

bench-scale: $(READY)  ## Fill a ledger with a million tasks and measure how it is read
	$(BIN)/python -m benchmarks.scale $(ARGS)

.venv/bench/.ready: requirements-bench.lock | $(READY)
	@.ci/venv .venv/bench requirements-bench.lock
	@touch $@

screenshots: setup  ## Take every page of a demo instance anew into docs/screenshots
	@.ci/packages chromium fonts-inter
	$(BIN)/python -m tests.acceptance.browser.screenshots

lock: $(READY)  ## Write the lock files anew from setup.cfg
	$(COMPILE) --extra dev -o requirements.lock setup.cfg
	$(COMPILE) --extra bench -o requirements-bench.lock setup.cfg

clean:  ## Remove .venv and caches; data directories stay
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
