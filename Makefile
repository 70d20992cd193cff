# The commands of the project; `make help` lists them. Everything lives in .venv, .build and .local.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo up down lint test check rehearse proof browser pictures deploy lock clean bench

STAMP := .venv/.ready
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport PYTHONDONTWRITEBYTECODE # the tests start many interpreters, and each would compile everything again
help: ## Show this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements.txt requirements-uv.txt pyproject.toml
	@python=$$(for p in python3.13 "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/3.13.*/bin/python3 python3.12 python3.11 python3; do \
	  "$$p" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done); \
	[ -n "$$python" ] || { echo "Broadsheet needs Python 3.11 or newer with venv (Debian: apt install python3 python3-venv)."; exit 1; }; \
	echo "Setting up .venv with $$("$$python" --version)"; \
	rm -rf .venv && "$$python" -m venv .venv
	@echo "Installing what requirements.txt pins; the first time takes up to two minutes"
	@.venv/bin/pip install --quiet --require-hashes --requirement requirements-uv.txt
	@.venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes --requirement requirements.txt 2>.venv/uv.log || { \
	  echo "uv could not install the requirements (see .venv/uv.log); pip is installing them now, which takes a minute or two."; \
	  .venv/bin/pip install --quiet --require-hashes --requirement requirements.txt; }
	@.venv/bin/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(STAMP) ## Set up the environment: .venv with the broadsheet command in it

demo: setup ## Start a local system and run the whole demo, checking every step
	@.venv/bin/broadsheet demo

up: setup ## Start the local system and leave it running
	@.venv/bin/broadsheet up

down: setup ## Stop the local systems; their state is kept in .local
	@.venv/bin/broadsheet down

lint: setup ## Check format, lint, types and the direction of imports
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/lint-imports --no-logo --cache-dir .build/import-linter
	.venv/bin/mypy

check: lint ## The quick check while you work: format, lint, types, unit tests
	.venv/bin/pytest -n auto --dist worksteal tests/unit

test: lint ## Format, lint, types and all tests except rehearsals and browser tests
	.venv/bin/pytest -n auto --dist worksteal tests/unit tests/contract tests/integration
	.venv/bin/pytest -n 2 --maxschedchunk=1 tests/acceptance
	@echo "Not run: rehearsals (make rehearse) and browser tests (make browser)."

rehearse: setup ## Rehearse the demo, deploying, restarts and panic, and search what is stored for traces of readers
	.venv/bin/pytest -n 4 --dist loadfile --no-loadscope-reorder tests/rehearsals

proof: export BROADSHEET_PROOF := 1
proof: setup ## Run the long proofs: every pair of crashes, the model for longer; writes docs/proof.md
	.venv/bin/pytest -n 2 --maxschedchunk=1 tests/proof --ignore tests/proof/test_rate_limit_kept.py
	.venv/bin/pytest tests/proof/test_rate_limit_kept.py
	.venv/bin/pytest -n 2 tests/unit tests/contract

browser: setup ## Test what a person sees, in Debian's Chromium
	@command -v chromium >/dev/null || { echo "Chromium is missing. On Debian: apt install chromium"; exit 1; }
	.venv/bin/pytest tests/browser

pictures: setup ## Take the pictures of the documents again, in Debian's Chromium
	@.venv/bin/python -m tests.browser.pictures_of_documents

deploy: export BROADSHEET_PARAMETERS := $(value PARAMETERS)
deploy: setup ## Build and deploy to AWS with SAM; PARAMETERS='Key=value Other=' sets, YES=1 agrees to all questions
	@.venv/bin/broadsheet deploy $(if $(YES),--yes) --parameters "$$BROADSHEET_PARAMETERS"

lock: setup ## Pin and hash the requirements again
	.venv/bin/uv pip compile --quiet pyproject.toml --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate --output-file requirements.txt
	.venv/bin/uv pip compile --quiet layers/dependencies/requirements.in --constraint requirements.txt --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --output-file layers/dependencies/requirements.txt
	.venv/bin/uv pip compile --quiet requirements-sam.in --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate --output-file requirements-sam.txt
	.venv/bin/uv pip compile --quiet requirements-uv.in --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate --output-file requirements-uv.txt
	.venv/bin/uv pip compile --quiet --group bench --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate --output-file bench/requirements.txt

clean: ## Remove the environment, the builds and the local system's state
	rm -rf .venv .venv-sam .venv-sam.lock .venv-bench .build .local

.venv-bench/.ready: bench/requirements.txt | $(STAMP)
	@rm -rf .venv-bench && .venv/bin/python -m venv .venv-bench && echo '*' > .venv-bench/.gitignore
	@.venv-bench/bin/pip install --quiet --require-hashes --requirement bench/requirements.txt
	@touch $@

bench: setup .venv-bench/.ready ## Measure what it costs, compared with Pelican and Hugo; writes docs/benchmarks.md
	@.venv/bin/python -m bench.run $(BENCH)
