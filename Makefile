# Two commands do everything: `make run` and `make test`. Each sets up what it needs first, once.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
DEV := .venv/.ready-to-develop
PIP := $(BIN)/pip install --quiet --disable-pip-version-check

.PHONY: run test test-all lint audit docs focus bench dagster lock clean
.DEFAULT_GOAL := run

# Built anew only when the locked dependencies or the project's own metadata change.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	@echo "setting up .venv: about a minute and a half, 1.1 GB"
	$(PYTHON) -m venv .venv
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

# The same environment, with what the tests need: a browser's driver, Spark, linters.
$(DEV): $(READY) requirements-dev.lock
	@echo "adding what tests and linters need: about half a minute, 1.1 GB"
	$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

run: $(READY)  ## ingest the sample logs and publish their dates into ./home
	@$(BIN)/creditmill run --sample --home home

test: $(DEV) lint  ## format, types, layers, SQL and the short tests
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile

test-all: $(DEV) lint  ## everything, heavy tests too
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqruff --parsing-errors lint --quiet sql

docs: run  ## the data dictionary and the results of the worked queries, as made from the code
	$(BIN)/python -m docs.generate docs home

# The official validator wants older libraries than ours, so it has an environment of its own.
PYTHON312 ?= python3.12
FOCUS := .venv-focus/bin/python

focus: $(DEV)  ## the official FOCUS 1.2 validator on the sample's month (needs Python 3.12)
	@$(PYTHON312) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 12))' 2>/dev/null || \
	    { echo "make focus needs Python 3.12, which the validator runs on: make focus PYTHON312=/path/to/python3.12"; exit 2; }
	@test -x $(FOCUS) || $(PYTHON312) -m venv .venv-focus
	@$(FOCUS) -m pip install --quiet --disable-pip-version-check 'focus-validator==2.2.1' 'pyarrow<26'
	@$(BIN)/python tests/tools/validate_focus.py $(FOCUS)

bench: $(DEV)  ## creditmill beside a bare scan and its peers, 10 million events: docs/performance.md
	$(BIN)/pip install --quiet --disable-pip-version-check 'chdb>=4'
	$(BIN)/python benchmarks/compare.py
	$(BIN)/python benchmarks/shapes.py --scale 0.1 late hourly restate repeated small_files
	$(BIN)/python benchmarks/pages.py
	$(BIN)/python benchmarks/dates.py

dagster: $(READY)  ## webserver and daemon, with the schedule and the sensor on
	@mkdir -p .dagster && cp pipelines/instance/dagster.yaml .dagster/dagster.yaml
	@echo "Dagster: http://127.0.0.1:$${PORT:-3000} (stop with Ctrl-C)"
	@DAGSTER_HOME="$(CURDIR)/.dagster" VIRTUAL_ENV="$(CURDIR)/.venv" DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS=600 DAGSTER_SCHEDULE_GRPC_TIMEOUT_SECONDS=600 PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/dg dev -w workspace.yaml -h 127.0.0.1 -p $${PORT:-3000}

audit: $(READY)  ## known vulnerabilities of the locked dependencies (needs PyPI's advisories)
	$(PYTHON) -m venv .audit && .audit/bin/pip install --quiet --disable-pip-version-check pip-audit
	@.audit/bin/pip-audit --strict --progress-spinner off --disable-pip --require-hashes -r requirements.lock \
		|| { echo "make audit: what is named above is vulnerable, or (\"not found on PyPI\", \"connection\") its advisories cannot be had from here: nothing is known then"; exit 1; }

LOCKED := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --no-strip-extras

lock:  ## renew the locks (needs uv); versions and hashes, no index addresses
	uv pip compile $(LOCKED) --extra spark --extra postgres --extra delta --extra iceberg --group dev pyproject.toml -o requirements-dev.lock --upgrade
	uv pip compile $(LOCKED) --group build --constraint requirements-dev.lock pyproject.toml -o requirements.lock --upgrade
	uv pip compile $(LOCKED) --extra postgres --group build --constraint requirements-dev.lock pyproject.toml -o deploy/requirements.lock --upgrade

clean:
	@chmod -fR u+w home || true  # versions are read-only
	rm -rf .venv .audit .venv-focus .dagster home dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
