# `make demo` and `make test` set everything up on a fresh Debian 12 with python3-venv and make.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
SYNC := $(UV) pip install --quiet --require-hashes --build-constraints requirements/build.txt

.PHONY: demo evaluation catalogues browser guards soak faults attacks fuzz test check fmt bench lock clean sbom audit-deps

# uv itself comes pinned and hashed through the interpreter's own pip.
$(VENV)/.uv: requirements/uv.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/uv.txt
	touch $@

$(VENV)/.base: $(VENV)/.uv requirements/base.txt requirements/build.txt pyproject.toml
	VIRTUAL_ENV=$(VENV) $(SYNC) -r requirements/base.txt
	VIRTUAL_ENV=$(VENV) $(SYNC) --no-deps -r requirements/build.txt
	VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.base requirements/dev.txt
	VIRTUAL_ENV=$(VENV) $(SYNC) -r requirements/dev.txt
	touch $@

$(VENV)/.browser: $(VENV)/.dev requirements/browser.txt
	VIRTUAL_ENV=$(VENV) $(SYNC) -r requirements/browser.txt
	touch $@

# What `homeward evaluate` needs besides.
evaluation: $(VENV)/.base requirements/evaluate.txt
	VIRTUAL_ENV=$(VENV) $(SYNC) -r requirements/evaluate.txt

demo: $(VENV)/.base
	$(BIN)/homeward demo $(if $(filter 0,$(SERVE)),--no-serve) $(if $(PHOTOS),--photos "$(PHOTOS)") $(if $(REFERENCES),--references "$(REFERENCES)")

# Two processes, so one thread for each library of numbers: more only wait for each other. And the many commands that
# tests start need not compile all that they import anew, also where the environment says that nothing is to be kept.
test: export OMP_NUM_THREADS := 1
test: export PYTHONDONTWRITEBYTECODE :=
test: $(VENV)/.dev
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal

# The pages in Debian's Chromium (apt install chromium fonts-noto-cjk); pictures of each land in .browser/.
browser: $(VENV)/.browser
	$(BIN)/python -m pytest -m browser tests/browser

# kill -9 as often as the promises say; `make test` does it a few times.
faults: $(VENV)/.dev
	HOMEWARD_LONG=1 $(BIN)/python -m pytest tests/faults

# What an abuser tries (tests/attacks/README.md), and every route asked anything with a fixed seed.
attacks: $(VENV)/.dev
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal -m "not browser" tests/attacks

# The same for longer, with another seed each time; a failure names it (HOMEWARD_SEED=... asks the same again).
fuzz: $(VENV)/.dev
	HOMEWARD_LONG=1 HOMEWARD_EXAMPLES=100 HOMEWARD_SEED=$(or $(HOMEWARD_SEED),0) $(BIN)/python -m pytest --numprocesses 2 --dist worksteal -m "not browser" tests/attacks

# Guards taken away one by one, in a copy: the tests notice each.
guards: $(VENV)/.dev
	$(BIN)/python -m tests.attacks.guards

# Everybody at work for an hour, or MINUTES: nothing fails, nothing is lost, the memory stays what it was.
MINUTES ?= 60
soak: $(VENV)/.dev
	HOMEWARD_SOAK_MINUTES=$(MINUTES) $(BIN)/python -m pytest -m soak tests/soak

# Everything a change must pass; CI runs the same.
check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m models.migrations check
	$(BIN)/python -m supply licences
	$(MAKE) --no-print-directory test

# What Homeward is made of (CycloneDX JSON), from what is installed and locked.
sbom: $(VENV)/.base
	$(BIN)/python -m supply sbom dist/homeward.cdx.json

# Known vulnerabilities of what is locked. For a release: fails where anything could not be looked up.
audit-deps: $(VENV)/.dev
	$(BIN)/python -m supply audit

fmt: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Put what the pages say now into the translators' catalogues.
catalogues: $(VENV)/.base
	$(BIN)/python -m app.pages.catalogue

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

# Write the locks again: versions and hashes only, no address of any index.
lock: $(VENV)/.uv
	cd requirements && for part in uv build; do ../$(UV) pip compile --quiet --no-header --generate-hashes --universal --python-version 3.11 $$part.in -o $$part.txt; done
	$(UV) pip compile --quiet --no-header --generate-hashes --universal --python-version 3.11 pyproject.toml -o requirements/base.txt --build-constraints requirements/build.txt
	$(UV) pip compile --quiet --no-header --generate-hashes --universal --python-version 3.11 pyproject.toml --extra evaluate -c requirements/base.txt -o requirements/evaluate.txt --build-constraints requirements/build.txt
	$(UV) pip compile --quiet --no-header --generate-hashes --universal --python-version 3.11 pyproject.toml --extra dev --extra evaluate -c requirements/evaluate.txt -o requirements/dev.txt --build-constraints requirements/build.txt
	$(UV) pip compile --quiet --no-header --generate-hashes --universal --python-version 3.11 pyproject.toml --extra dev --extra evaluate --extra browser -c requirements/dev.txt -o requirements/browser.txt --build-constraints requirements/build.txt

clean:
	rm -rf $(VENV) .demo .bench
