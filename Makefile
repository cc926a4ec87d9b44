# `make help` lists what there is. Everything lives inside this folder: .venv (development), .local (tools,
# caches, the local stack's state); `make clean` removes it all.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

LOCAL := $(CURDIR)/.local
ENV := $(LOCAL)/env
UV := $(ENV)/base/bin/uv
BASE := $(ENV)/base/.ready
BIN := .venv/bin
PACKAGES := layers/shared functions/webhook_receiver functions/entity_sync functions/operations functions/console

export PORT ?= 4566
export BIND_HOST ?= 127.0.0.1
export MONEYBIRD_URL MOMENT_URL MONEYBIRD_RATE
export UV_CACHE_DIR := $(LOCAL)/cache/uv
export PIP_CACHE_DIR := $(LOCAL)/cache/pip
export UV_PYTHON_DOWNLOADS := never
export SAM_CLI_TELEMETRY := 0
export __SAM_CLI_APP_DIR := $(LOCAL)/cache/sam
# Beside the sources, bytecode would change the folders that `sam build` compares with its cache. And without
# any, each of the many processes would compile everything that it imports.
export PYTHONPYCACHEPREFIX := $(LOCAL)/cache/bytecode
unexport PYTHONDONTWRITEBYTECODE

LOCK := pip compile --quiet --universal --python-version 3.13 --generate-hashes --no-header \
  --no-annotate

# What is installed anywhere, each package by its hash.
SHIPPED := layers/shared/requirements.txt functions/console/requirements.txt
LOCKED := $(SHIPPED) $(wildcard tests/*requirements.txt tests/local_stack/*requirements.txt)

# Output in one piece for each check, where make can do that (4.0 and later).
SYNC := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

##@ Use
.PHONY: run up
run: environment ## Deliver the sample webhooks to a local stack and show what became of each
	$(BIN)/python -m tests.local_stack run

up: environment ## The same, then keep the stack until Ctrl-C (PORT, BIND_HOST, MONEYBIRD_URL, MOMENT_URL, MONEYBIRD_RATE)
	$(BIN)/python -m tests.local_stack up

##@ Check
.PHONY: test lint types imports template unit integration contract reliability model properties e2e bench bench-page flow fuzz bad-days chaos mutants audit sbom
test: environment ## Everything, two at a time; what continuous integration runs
	@$(MAKE) --jobs=2 $(SYNC) lint types imports e2e reliability integration unit contract model template

lint: .venv/.ready ## Style of the code
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv/.ready ## Types of the code
	$(BIN)/mypy

imports: .venv/.ready ## Which package may import which
	$(BIN)/lint-imports --no-cache

template: environment ## The template, as SAM and CloudFormation see it
	env -u PYTHONPYCACHEPREFIX AWS_DEFAULT_REGION=eu-central-1 $(ENV)/sam/bin/sam validate --lint
	env -u PYTHONPYCACHEPREFIX $(ENV)/sam/bin/cfn-lint template.yaml
	$(BIN)/pytest tests/template

unit: .venv/.ready ## Fast tests, without network
	$(BIN)/pytest -n auto tests/unit

integration: .venv/.ready ## Several modules together, against moto and the simulators
	$(BIN)/pytest -n auto tests/integration

contract: .venv/.ready ## Requests and answers against the providers' descriptions
	$(BIN)/pytest -n auto tests/contract

reliability: .venv/.ready ## Crashes, faults, duplicates and concurrency
	$(BIN)/pytest -n auto tests/reliability

model: .venv/.ready ## Models of the protocols, explored by Spin: no error, and a counterexample without each guard
	$(BIN)/pytest -n auto tests/model

properties: .venv/.ready ## Property tests, with fifty times the examples of `make test` (takes an hour or two)
	$(BIN)/pytest -n auto -m hypothesis --hypothesis-profile=thorough tests/unit tests/integration tests/contract tests/reliability

e2e: environment ## The deployed local stack, over HTTP
	$(BIN)/pytest tests/e2e

ROUNDS ?= 15
WEBHOOKS ?= 100 1000
bench: environment ## Speed of what is built beside a bare handler, calls, costs, throughput (ROUNDS=15 WEBHOOKS="100 1000")
	$(BIN)/python -m tests.benchmarks --rounds $(ROUNDS) --webhooks "$(WEBHOOKS)"

DOCUMENTS ?= 100000
MONTHS ?= 60
bench-page: .venv/.ready ## How fast the page for bookkeepers answers, beside so many documents (DOCUMENTS, MONTHS; needs npm)
	$(BIN)/python -m tests.benchmarks.page --documents $(DOCUMENTS) --months $(MONTHS)

EVENTS ?= 1000
SEED ?= 1
flow: .venv/.ready ## Waiting for Moneybird's limit, in simulated time: how well it is used (EVENTS=10000)
	$(BIN)/python -m tests.flow $(EVENTS)

REQUESTS ?= 100000
fuzz: .venv/.ready ## Hostile requests to the receiver: none may be answered with 5xx, or with 200 and not be stored (REQUESTS, SEED)
	$(BIN)/python -m tests.fuzz $(REQUESTS) $(SEED)

bad-days: .venv/.ready ## 250 invoices while a fifth of all calls fails and workers die, in simulated time (an hour)
	BAD_DAYS_INVOICES=250 $(BIN)/pytest -n auto -s tests/reliability/test_bad_days.py

MINUTES ?= 1440
chaos: environment ## The local stack under faults, kills and duplicates, then a checker (EVENTS=1000 SEED=1 MINUTES=30 WITHOUT=claim)
	$(BIN)/python -m tests.chaos --events $(EVENTS) --seed $(SEED) --minutes $(MINUTES) --without '$(WITHOUT)'

COUNT ?= 300
SECONDS ?= 60
mutants: $(ENV)/mutants/.ready ## Change production code in one place after another: some test must fail (hours; COUNT, SEED, SECONDS of tests a change)
	$(ENV)/mutants/bin/python -m tests.mutants --count $(COUNT) --seed $(SEED) --seconds $(SECONDS)

audit: $(ENV)/sam/.ready $(ENV)/audit/.ready ## The template by checkov's rules; the libraries' known weaknesses (asks PyPI)
	@mkdir -p $(LOCAL)/audit
	AWS_DEFAULT_REGION=eu-central-1 $(ENV)/sam/bin/python tests/template/expand.py template.yaml >$(LOCAL)/audit/template.json
	$(ENV)/audit/bin/checkov --config-file .checkov.yaml --file $(LOCAL)/audit/template.json
	$(ENV)/audit/bin/pip-audit --strict --require-hashes --disable-pip $(foreach file,$(LOCKED),--requirement $(file))

sbom: $(ENV)/audit/.ready ## What is shipped with the functions, by CycloneDX, as .local/sbom.json
	cat $(SHIPPED) | $(ENV)/audit/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
	  --output-format JSON --outfile $(LOCAL)/sbom.json -

##@ Maintain
.PHONY: format events lock clean help environment
format: .venv/.ready ## Put the code in shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

events: .venv/.ready ## Write the envelopes of events/sam-local again, from the payloads
	$(BIN)/python -m tests.local_stack events

lock: $(BASE) ## Resolve the requirement files again
	cd layers/shared && $(UV) $(LOCK) --upgrade requirements.in -o requirements.txt
	cd functions/console && $(UV) $(LOCK) --upgrade requirements.in -o requirements.txt
	cd tests && $(UV) $(LOCK) --upgrade requirements.in -o requirements.txt
	cd tests/local_stack && $(UV) $(LOCK) --upgrade requirements.in -o requirements.txt
	cd tests/local_stack && $(UV) $(LOCK) --upgrade sam-requirements.in -o sam-requirements.txt
	cd tests/local_stack && $(UV) $(LOCK) --upgrade audit-requirements.in -o audit-requirements.txt
	cd tests/local_stack && $(UV) $(LOCK) --upgrade mutants-requirements.in -o mutants-requirements.txt
	cd tests/local_stack && $(UV) $(LOCK) --upgrade uv-requirements.in -o uv-requirements.txt

clean: ## Remove everything that was made here
	rm -rf .venv .local .aws-sam .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage

help: ## Show this
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---------------------------------------------------------------------------------------------------------
# Environments. MiniStack and SAM CLI each pin a botocore of their own, so each has its own environment.
environment: .venv/.ready $(ENV)/ministack/.ready $(ENV)/sam/.ready

$(BASE): tests/local_stack/uv-requirements.txt
	@python=$$(tests/local_stack/find-python) && echo "Making the environments with $$python (once) ..." && \
	  rm -rf $(ENV)/base && "$$python" -m venv $(ENV)/base
	@$(ENV)/base/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

.venv/.ready: tests/requirements.txt $(BASE)
	$(call sync,.venv,$<)
	@printf '$(CURDIR)/%s\n' $(PACKAGES) >.venv/lib/python3.13/site-packages/accounting-sync.pth
	@printf '#!%s\nfrom accounting_sync_cli.main import app\n\napp()\n' "$(CURDIR)/.venv/bin/python" >$(BIN)/accounting-sync
	@chmod +x $(BIN)/accounting-sync

$(ENV)/ministack/.ready: tests/local_stack/requirements.txt $(BASE)
	$(call sync,$(ENV)/ministack,$<)

$(ENV)/sam/.ready: tests/local_stack/sam-requirements.txt $(BASE)
	$(call sync,$(ENV)/sam,$<)

$(ENV)/audit/.ready: tests/local_stack/audit-requirements.txt $(BASE)
	$(call sync,$(ENV)/audit,$<)

$(ENV)/mutants/.ready: tests/local_stack/mutants-requirements.txt $(BASE)
	$(call sync,$(ENV)/mutants,$<)

# $(call sync,ENVIRONMENT,REQUIREMENTS): make the environment hold exactly these packages.
define sync
@echo "Installing $(2) ..."
@test -x $(1)/bin/python || $(UV) venv --quiet --python $(ENV)/base/bin/python $(1)
@$(UV) pip sync --quiet --require-hashes --python $(1)/bin/python $(2)
@touch $@
endef
