# Every target sets up what it needs. Variables: PYTHON, PIP_ARGS, DOCS, HOME_DIR, PORT, Q, DATA.

VENV     := .venv
BIN      := $(VENV)/bin
READY    := $(VENV)/.ready
PIP      := $(BIN)/python -m pip --disable-pip-version-check
PIP_ARGS ?=
DOCS     ?= seeds
HOME_DIR ?= .home
PORT     ?= 7860
RUNS     ?= runs
RAG      := $(BIN)/rag

# The question as it was typed: never expanded by make, never read by the shell.
export QUESTION := $(value Q)
unexport Q

.DEFAULT_GOAL := help
.PHONY: help setup chat ask question quick test eval train bench faults lock clean forget

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-7s %s\n", $$1, $$2}' Makefile

setup: $(READY) ## a virtual environment in .venv with exactly the packages of requirements.lock

chat: setup ## index DOCS (the sample documents) and open the page at http://127.0.0.1:PORT
	@$(RAG) index --home "$(HOME_DIR)" $(DOCS)
	@$(RAG) ui --home "$(HOME_DIR)" --port "$(PORT)"

ask: question setup ## answer one question in the terminal: make ask Q="Who was struck near Masyaf?"
	@$(RAG) status --home "$(HOME_DIR)" >/dev/null 2>&1 || $(RAG) index --home "$(HOME_DIR)" $(DOCS) >/dev/null
	@$(RAG) ask --home "$(HOME_DIR)" -- "$$QUESTION" || { code=$$?; test $$code -eq 3 || exit $$code; } # 3: an honest no

question:
	@test -n "$$QUESTION" || { echo 'ask: no question; say: make ask Q="Who was struck near Masyaf?"' >&2; exit 2; }

quick: setup ## style, types, and the tests that start no process and need no browser: under two minutes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile -m "not slow and not browser"

test: setup ## style, types and tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile

eval: setup ## the numbers of the README as one table; those of the public sets with DATA=folder
	@$(BIN)/python -m evals.table --work "$(RUNS)/table" $(if $(DATA),--data "$(DATA)")

train: setup ## train the reader anew with the sets in DATA (two hours on two cores), fit what it decides, export it
	@$(BIN)/python -m evals.train all "$(DATA)" --work "$(RUNS)/reader"

bench: setup ## speed, memory and scale on this machine
	@$(BIN)/python -m evals.bench

faults: setup ## killed and rival writers, full disks, bad files: what becomes of the index (half an hour)
	$(BIN)/pytest tests/faults --thorough

lock: setup ## write requirements.lock anew from pyproject.toml; UV_ARGS=--upgrade takes newer versions
	@$(PIP) install -qq uv
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --extra dev --no-header --no-annotate $(UV_ARGS) \
		--generate-hashes --no-emit-package torch -o requirements.lock pyproject.toml
	@{ echo '# Exact versions for Python 3.11 to 3.13 on Linux, macOS and Windows, each with the SHA-256 of its files on'; \
		echo '# PyPI; written by `make lock`. torch is not here: which build of it fits, and so its hash, is another on each'; \
		echo '# machine. pyproject.toml pins its version, and `make setup` takes it from where pip is told to look.'; \
		cat requirements.lock; } > requirements.lock.new && mv requirements.lock.new requirements.lock

clean: ## remove all that make has made but for the index: .venv, runs and caches
	rm -rf $(VENV) "$(RUNS)" build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -path "./$(HOME_DIR)" -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

forget: ## delete the index in HOME_DIR, with uploads and conversations, after asking
	@test -d "$(HOME_DIR)" || { echo 'forget: there is no home in "$(HOME_DIR)".'; exit 0; }; \
	printf 'Delete the index, uploads and conversations in "%s" for good? [y/N] ' "$(HOME_DIR)"; \
	read answer; test "$$answer" = y && rm -rf "$(HOME_DIR)" || echo 'Nothing was deleted.'

# A shim that does not run, and a Python without venv, are passed over.
$(READY): requirements.lock pyproject.toml
	@set -e; found=; \
	fits='import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'; \
	if ! $(BIN)/python -c "$$fits" 2>/dev/null; then \
		for python in $(or $(PYTHON),python3.11 python3.12 python3.13 python3); do \
			if "$$python" -c "$$fits" 2>/dev/null; then found=$$python; break; fi; \
		done; \
		if [ -z "$$found" ]; then \
			echo "setup: found no Python 3.11, 3.12 or 3.13 that runs and has venv." >&2; \
			echo "setup: install one (Debian: apt-get install python3 python3-venv), or name it: make setup PYTHON=..." >&2; \
			exit 1; \
		fi; \
		echo "setup: $$("$$found" --version) in $(VENV)"; \
		"$$found" -m venv --clear $(VENV); \
	fi
	@echo "setup: installing requirements.lock (some minutes the first time)"
	@$(PIP) install -qq $(PIP_ARGS) --require-hashes --no-deps -r requirements.lock
	@$(PIP) install -qq $(PIP_ARGS) --no-build-isolation -e . # what is not there yet: torch, and what its build needs
	@touch $@
	@echo "setup: done"
