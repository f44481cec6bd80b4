# SectorLab: `make demo` shows it, `make test` checks it, `make help` lists the rest.

PYTHON ?= python3
OPEN ?= 1

BIN := .venv/bin
PINS := constraints.txt
# torch has its own step, so that any build of it can stand in:
#   make demo TORCH="torch==2.13.0 --index-url <where your build lives>"
# A choice made once is kept in .venv/.torch until another one is given or `make clean`.
CHOSEN := $(strip $(file <.venv/.torch))
TORCH ?= $(if $(word 2,$(CHOSEN)),$(CHOSEN),$(shell grep '^torch==' $(PINS)))
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: help demo test install lint types format browser clean FORCE

help:
	@echo "make demo    install into .venv, run the first industry, open the dashboard (OPEN=0: do not open)"
	@echo "make test    install the tools too, then lint, types and tests; what CI runs"
	@echo "make lint    ruff: rules and formatting"
	@echo "make types   mypy --strict and pyright"
	@echo "make format  let ruff put things right"
	@echo "make clean   remove .venv, caches and builds; stored runs stay"
	@echo "Settings: PYTHON=python3.12 picks the interpreter, TORCH=\"torch==... --index-url ...\" the build of torch."

demo: .venv/.installed
	@echo "==> Running the data-centre use case at size demo (about a minute; a stored result is used again)."
	@$(BIN)/sectorlab run datacenter_pue --size demo --reuse
ifneq ($(OPEN),0)
	@echo "==> Opening the dashboard. Stop it with Ctrl-C."
	@$(BIN)/sectorlab dashboard
endif

test: lint types browser
	@echo "==> Running the tests."
	@$(BIN)/pytest

lint: .venv/.tools
	@echo "==> Checking rules and formatting."
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

# Ask nobody about newer versions of pyright.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
types: .venv/.tools
	@echo "==> Checking types."
	@$(BIN)/mypy
	@if $(BIN)/pyright --version >/dev/null 2>&1; \
	then $(BIN)/pyright --pythonpath $(BIN)/python; \
	else echo "pyright cannot start on this machine and was skipped; mypy has run."; fi

format: .venv/.tools
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

# --- installing: each stamp is remade when the files it depends on change ---------------------------

install: .venv/.installed

.venv/.made:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "There is no $(PYTHON) here: install Python 3.11 or newer, or name one with PYTHON=..."; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "SectorLab needs Python 3.11 or newer and $(PYTHON) is older: name a newer one with PYTHON=..."; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make environments: on Debian and Ubuntu, apt install python3-venv adds that."; exit 2; }
	@echo "==> Making a Python environment of its own in .venv; nothing outside it is changed."
	@$(PYTHON) -m venv .venv
	@touch $@

ifneq ($(strip $(TORCH)),$(CHOSEN))
.venv/.torch: FORCE
endif
.venv/.torch: .venv/.made
	@echo "==> Installing PyTorch, the largest download (minutes on a slow line): $(TORCH)"
	@if [ -e $@ ]; then $(PIP) uninstall --yes torch; rm $@; fi
	@$(PIP) install $(TORCH)
	@echo '$(strip $(TORCH))' >$@

# The pins without torch, whose version the step above has settled.
.venv/.pins: $(PINS) .venv/.made
	@grep -v '^torch==' $(PINS) >$@

.venv/.installed: pyproject.toml .venv/.pins .venv/.torch
	@echo "==> Installing SectorLab and the libraries it needs, at the versions in $(PINS)."
	@$(PIP) install -c .venv/.pins hatchling editables
	@$(PIP) install -c .venv/.pins --no-build-isolation -e .
	@$(BIN)/python -m compileall -q core usecases dashboards data_synth
	@touch $@

.venv/.tools: .venv/.installed
	@echo "==> Installing the tools for checking and testing."
	@$(PIP) install -c .venv/.pins --no-build-isolation -e '.[test]'
	@touch $@

# A browser for the pages' tests and a Korean font: only where there is none and apt-get may be used.
APT := DEBIAN_FRONTEND=noninteractive apt-get -qq
browser:
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	if ! command -v apt-get >/dev/null; then become=none; \
	elif [ "$$(id -u)" = 0 ]; then become=env; \
	elif sudo -n true 2>/dev/null; then become='sudo -n env'; \
	else become=none; fi; \
	if [ "$$become" != none ]; then \
	  echo "==> Installing Chromium and a Korean font for the tests that drive the pages."; \
	  $$become $(APT) update && $$become $(APT) install --no-install-recommends chromium fonts-nanum >/dev/null \
	  && exit 0; fi; \
	echo "There is no Chromium and it could not be installed here: the browser tests will skip."

clean:
	@rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find core usecases dashboards data_synth tests benchmarks -type d -name __pycache__ -prune -exec rm -rf {} +
