# Every target sets up what it needs. Variables: PYTHON, PIP_ARGS, DOCS, HOME_DIR, PORT, Q, DATA.

VENV     := .venv
BIN      := $(VENV)/bin
READY    := $(VENV)/.ready
CORE     := $(VENV)/.core
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
.PHONY: help setup chat ask question quick test eval train bench faults site lock sbom clean forget

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-7s %s\n", $$1, $$2}' Makefile

setup: $(READY) ## a virtual environment in .venv with exactly the packages of requirements.lock; chat and ask need fewer

chat: $(CORE) ## index DOCS (the sample documents) and open the page at http://127.0.0.1:PORT
	@$(RAG) index --home "$(HOME_DIR)" $(DOCS)
	@$(RAG) ui --home "$(HOME_DIR)" --port "$(PORT)"

ask: question $(CORE) ## answer one question in the terminal: make ask Q="Who was struck near Masyaf?"
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

site: setup ## README and docs as pages in build/site, which any browser opens: nothing is fetched
	@$(BIN)/python docs/make_site.py build/site

lock: setup ## write both locks anew from pyproject.toml; UV_ARGS=--upgrade takes newer versions
	@$(PIP) install -qq uv
	@$(COMPILE) --extra dev $(UV_ARGS) --no-emit-package torch -o requirements.lock pyproject.toml
	@{ echo '# Exact versions for Python 3.11 to 3.13 on Linux, macOS and Windows, each with the SHA-256 of its files on'; \
		echo '# PyPI; written by `make lock`. torch is not here: which build of it fits, and so its hash, is another on each'; \
		echo '# machine. pyproject.toml pins its version, and `make setup` takes it from where pip is told to look.'; \
		cat requirements.lock; } > requirements.lock.new && mv requirements.lock.new requirements.lock
	@printf "%s; python_version < '3'\n" sentence-transformers torch > $(VENV)/never
	@echo 'setuptools>=77' > $(VENV)/build
	@$(COMPILE) --extra mcp --override $(VENV)/never -c requirements.lock -o requirements-core.lock pyproject.toml $(VENV)/build
	@{ echo '# What answers, without what only other embedding models, training and tests need: torch, sentence-transformers'; \
		echo '# and all that these bring. Versions are those of requirements.lock; written by `make lock`.'; \
		cat requirements-core.lock; } > requirements.lock.new && mv requirements.lock.new requirements-core.lock

sbom: setup ## write sbom.json: every package of requirements.lock, and torch, with its hashes, as CycloneDX has it
	@$(PIP) install -qq uv
	@{ cat requirements.lock; grep -o 'torch==[0-9.]*' pyproject.toml; } | PYTHONWARNINGS=ignore $(BIN)/uv tool run -q \
		--python $(BIN)/python --from 'cyclonedx-bom>=7,<8' cyclonedx-py requirements --pyproject pyproject.toml \
		--output-reproducible -o sbom.json -

clean: ## remove all that make has made but for the index: .venv, runs and caches
	rm -rf $(VENV) "$(RUNS)" sbom.json build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -path "./$(HOME_DIR)" -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

forget: ## delete the index in HOME_DIR, with uploads and conversations, after asking
	@test -d "$(HOME_DIR)" || { echo 'forget: there is no home in "$(HOME_DIR)".'; exit 0; }; \
	printf 'Delete the index, uploads and conversations in "%s" for good? [y/N] ' "$(HOME_DIR)"; \
	read answer; test "$$answer" = y && rm -rf "$(HOME_DIR)" || echo 'Nothing was deleted.'

COMPILE = $(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header --no-annotate --generate-hashes

$(READY): requirements.lock pyproject.toml
	$(environment)
	@echo "setup: installing requirements.lock (some minutes the first time)"
	@$(PIP) install -qq $(PIP_ARGS) --require-hashes --no-deps -r requirements.lock
	@$(PIP) install -qq $(PIP_ARGS) --no-build-isolation -e . # what is not there yet: torch, and what its build needs
	@touch $(CORE) $@
	@echo "setup: done"

# Where all of it is there already, it stays together.
$(CORE): requirements-core.lock pyproject.toml
	@! test -e $(READY) || $(MAKE) -s --no-print-directory setup
	$(environment)
	@test -e $(READY) || echo "setup: installing requirements-core.lock (a minute or two the first time)"
	@test -e $(READY) || $(PIP) install -qq $(PIP_ARGS) --require-hashes --no-deps -r requirements-core.lock
	@test -e $(READY) || $(PIP) install -qq $(PIP_ARGS) --no-build-isolation --no-deps -e .
	@touch $@

# A virtual environment. A shim that does not run, and a Python without venv, are passed over.
define environment
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
endef
