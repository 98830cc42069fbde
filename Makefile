# Needs Python 3.10 or newer (as python3; otherwise: make PYTHON=/path/to/python), make and git. Nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help demo test lint formats docs site bench truth-dev truth clean

help:
	@echo "make demo       check examples/webshop and show what Hotlint finds"
	@echo "make test       the whole test suite, with coverage"
	@echo "make lint       ruff, mypy --strict, and whether the generated documentation is fresh"
	@echo "make formats    hold SARIF and rdjson against validators of others, which npm installs (said and passed over where npm cannot)"
	@echo "make docs       write what the documentation takes from the program: pages, pictures, output of commands"
	@echo "make site       build the documentation site into site/; what is broken or loaded from elsewhere is an error"
	@echo "make bench      time Hotlint on FOLDER=path, beside squawk where it is installed"
	@echo "make truth-dev  hold the predictions against what servers of all versions were measured to do"
	@echo "make truth      measure the cases on the embedded server, or on PG=postgresql://…, and hold the predictions against it"

# The environment is made once and again whenever pyproject.toml changes.
$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "Hotlint needs Python 3.10 or newer; try make PYTHON=python3.12"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(STAMP)
	cd examples/webshop && ../../$(BIN)/hotlint check --exit-zero --no-cache

test: $(STAMP)
	$(BIN)/python -m pytest -n auto --dist loadfile --cov --cov-report=term:skip-covered --cov-fail-under=90 $(ARGS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python tools/generate_docs.py --check

formats: $(STAMP)
	$(BIN)/python tools/validate_formats.py

docs: $(STAMP)
	$(BIN)/python tools/generate_docs.py

site: $(STAMP)
	@test -x $(BIN)/zensical || $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,docs]'
	$(BIN)/zensical build --clean --strict
	$(BIN)/python tools/check_site.py site

bench: $(STAMP)
	$(BIN)/python benchmarks/bench.py $(FOLDER)

truth-dev: $(STAMP)
	$(BIN)/python -m tests.truth
	$(BIN)/python -m tests.truth more.jsonl fresh.jsonl held.jsonl

truth: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,verify]'
	$(BIN)/python -m tests.truth.live $(if $(PG),--url '$(PG)') $(ARGS)

clean:
	rm -rf $(VENV) site .cache .mypy_cache .ruff_cache .pytest_cache .coverage
