# The doors of the project. `make help` lists them.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help run test fuzz fuzz-api fuzz-complaints crowd check format lock bench bench-text bench-district bench-call-out faults wechat-faults openapi clean

help: ## List what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

$(STAMP): requirements-dev.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: install it, or name it with PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is older: name another with PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing: install it (Debian: apt-get install python3-venv)"; exit 1; }
	@echo "Making $(VENV) and installing the locked versions (a minute or two, once) …"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

run: $(STAMP) ## Start everything on this machine: database, API, worker, WeChat simulator (PORT=8000)
	@exec $(BIN)/echowall up $(if $(PORT),--port $(PORT))

test: $(STAMP) ## Run all tests on up to four cores, each against a real PostgreSQL of its own (WORKERS=1 for one)
	@$(BIN)/python -m pytest --numprocesses $(or $(WORKERS),logical) --maxprocesses 4 --dist loadfile --no-loadscope-reorder

fuzz: $(STAMP) ## Try 2,000 sequences on the ledger instead of the tests' 100, some minutes (EXAMPLES=20000 for more)
	@LEDGER_EXAMPLES=$(or $(EXAMPLES),2000) $(BIN)/python -m pytest tests/ledger/test_stateful.py

fuzz-api: $(STAMP) ## Make 50 requests of each form to each route instead of the tests' 8, some minutes (EXAMPLES=…)
	@API_EXAMPLES=$(or $(EXAMPLES),50) $(BIN)/python -m pytest tests/contract/test_schemathesis.py

fuzz-complaints: $(STAMP) ## Live 10,000 random lives of complaints instead of the tests' 200, some minutes (EXAMPLES=…)
	@COMPLAINT_EXAMPLES=$(or $(EXAMPLES),10000) $(BIN)/python -m pytest -s tests/rates/test_histories.py

crowd: $(STAMP) ## Let 500 people compete for 50 seats, with a waiting list, 100 times, some minutes (TIMES=10 for fewer)
	@CROWD_PEOPLE=500 CROWD_SEATS=50 CROWD_TIMES=$(or $(TIMES),100) $(BIN)/python -m pytest -s tests/concurrency/test_waiting.py -k hold

check: $(STAMP) ## Format, lint, types, import contracts, dependencies, migrations, OpenAPI snapshot
	@echo "format …" && $(BIN)/ruff format --check --quiet .
	@echo "lint …" && $(BIN)/ruff check --quiet .
	@echo "types …" && $(BIN)/mypy
	@echo "import contracts …" && $(BIN)/lint-imports --no-logo
	@echo "dependencies …" && $(BIN)/deptry .
	@echo "migrations, snapshots …" && $(BIN)/echowall check

format: $(STAMP) ## Format the code and mend what the linter can mend
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --fix --quiet .

openapi: $(STAMP) ## Write docs/openapi.json, docs/lifecycles.md, docs/problems.md and tables of docs/wechat-setup.md anew
	@$(BIN)/echowall docs

bench: $(STAMP) ## Fill a real-size district, measure the hot routes, write bench/RESULTS.md
	@$(BIN)/python -m bench

bench-text: $(STAMP) ## Measure near duplicates and routing on texts held out, write bench/TEXT.md (DATA=labelled.csv for others)
	@$(BIN)/python -m bench.text $(if $(DATA),--data $(DATA))

bench-district: $(STAMP) ## Measure imports, maps and lending plans in real size, write bench/DISTRICT.md
	@$(BIN)/python -m bench.district

bench-call-out: $(STAMP) ## Call 20,000 demo people out and have 5,000 answer in a minute, write bench/CALLOUT.md
	@$(BIN)/python -m bench.call_out

faults: $(STAMP) ## Kill PostgreSQL and the API amid scans, prove that nothing is lost or doubled, write bench/FAULTS.md
	@$(BIN)/python -m bench.faults

wechat-faults: $(STAMP) ## Live the whole journey under each fault of WeChat in turn, some minutes, write bench/WECHAT.md (ONLY=…)
	@$(BIN)/python -m bench.wechat $(if $(ONLY),--only '$(ONLY)')

lock: $(STAMP) ## Choose versions anew and lock them with hashes (needs uv)
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade pyproject.toml --output-file requirements.lock --no-header
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade --extra embedded --group dev pyproject.toml --output-file requirements-dev.lock --no-header

clean: ## Remove the virtual environment and caches; data under var/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache *.egg-info
