# make repro: set up, run the pipeline, say where the results are.   make test: set up, run the tests.
# Nothing needs an activated environment.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
COMMA := ,
INSTALLED := .venv/.installed
CODE := src tests services bench docs
# Threads that wait for each other on cores that are taken make two processes slower than one. And
# hundreds of processes import what is tested: its bytecode is kept, also where it is not by default.
FOR_TESTS := OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=
# Tests wait for browsers, servers and processes of theirs: two cores have work for three.
SIDE_BY_SIDE := --numprocesses 3 --dist loadfile --no-loadscope-reorder --max-worker-restart 0

# Annoy's own flags, -march=native -ffast-math, break it where clang compiles it, and on older processors.
MARCH := $(if $(filter x86_64 amd64,$(shell uname -m)),$(COMMA)-march=x86-64-v3)
ANNOY_FLAGS := -O3,-std=c++14,-DANNOYLIB_MULTITHREADED_BUILD$(MARCH)

WITHOUT_ANNOY := setup: there is no C++ compiler ($(CXX)), so Annoy is left out: set index.engine to \
  {name: exact} or {name: faiss} in params.yaml, or install a compiler and run: make -B setup

GENERATED := \# Generated from pyproject.toml by 'make requirements'; do not edit.
COMPILE := .venv/bin/uv pip compile --quiet --no-header --no-annotate
PIN := $(COMPILE) --python-version 3.11
# For every platform and Python; 3.11.5 is the first that all of the packages take
PIN_ALL := $(COMPILE) --python-version 3.11.5 --universal --generate-hashes

# Annoy is compiled here. PyTorch is installed without hashes: for CPUs and for GPUs it is different files,
# the latter with packages of their own.
OF_ANNOY := /^annoy==/,/[^\\]$$/

# The extras of the serving image. Others: make requirements-serve SERVE='faiss serve'
SERVE := mongodb pull serve

# Stages and their tools are those of the environment.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export VIRTUAL_ENV := $(CURDIR)/.venv

# DVC asks for large files in parts, with which some S3 servers send the checksum of the whole. DVC
# compares what has arrived with its own.
export AWS_RESPONSE_CHECKSUM_VALIDATION ?= when_required

# Credentials in .env, where there is one, reach DVC: it does not read that file itself.
WITH_ENV := $(if $(wildcard .env),dotenv --file .env run --no-override --)

.PHONY: help setup repro repro-pulled extend test test-full lint format hooks push pull fresh publish \
        services services-stop image bench reference docs requirements requirements-serve clean

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: $(INSTALLED)  ## make .venv with the pinned packages and this one

$(INSTALLED): requirements.txt requirements-hashes.txt pyproject.toml
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	if command -v $(CXX) > /dev/null; then \
	  sed -n '$(OF_ANNOY)p' requirements-hashes.txt | \
	    ANNOY_COMPILER_ARGS=$(ANNOY_FLAGS) .venv/bin/python -m pip install --quiet --no-deps \
	    --require-hashes --no-cache-dir --no-binary annoy --requirement /dev/stdin; \
	else echo "$(WITHOUT_ANNOY)" >&2; fi
	sed '$(OF_ANNOY)d' requirements-hashes.txt | \
	  .venv/bin/python -m pip install --quiet --no-deps --require-hashes --requirement /dev/stdin
	grep -E '^torch(vision)?==' requirements.txt | \
	  .venv/bin/python -m pip install --quiet --requirement /dev/stdin
	.venv/bin/python -m pip install --quiet --no-deps --editable .
	touch $@

repro: setup  ## run the pipeline and say where the results are
	$(WITH_ENV) lookalike check
	$(WITH_ENV) dvc repro
	@echo
	@.venv/bin/lookalike results

repro-pulled: setup  ## as repro where the source is not: from what was pulled
	$(WITH_ENV) dvc repro --allow-missing --downstream split
	@echo
	@.venv/bin/lookalike results

extend: setup  ## make what is new in the source searchable, with the model as it is
	$(WITH_ENV) lookalike check
	$(WITH_ENV) dvc repro --single-item ingest embed index

test: setup  ## run the quick tests
	$(FOR_TESTS) pytest -m "not full" --hypothesis-profile quick $(SIDE_BY_SIDE)

test-full: setup  ## run all tests
	$(FOR_TESTS) pytest $(SIDE_BY_SIDE)

lint: setup  ## ruff and mypy
	ruff format --check $(CODE)
	ruff check $(CODE)
	mypy src/lookalike src/*.py services bench docs/*.py

format: setup  ## let ruff fix what it can
	ruff format $(CODE)
	ruff check --fix $(CODE)

hooks: setup  ## install the Git hooks, and what merges dvc.lock
	pre-commit install
	git config merge.dvc-lock.name "dvc.lock, stage by stage"
	git config merge.dvc-lock.driver "'$(CURDIR)/.venv/bin/lookalike' resolve-lock %O %A %B"

push: setup  ## data, model and index to the S3 remote
	$(WITH_ENV) dvc push

pull: setup  ## data, model and index from the S3 remote
	$(WITH_ENV) dvc pull

fresh: setup  ## does dvc.lock match what lies here, and has the remote all that it names?
	$(WITH_ENV) lookalike fresh

publish: setup  ## the index into the MongoDB that MONGODB_URI names
	$(WITH_ENV) lookalike publish

services: setup  ## an S3 server and a MongoDB-compatible one on this machine, for trying and tests
	python -m services start

services-stop: setup  ## stop both; what they hold stays
	python -m services stop

reference: setup  ## write docs/parameters.md, docs/api.md and docs/cli.md anew from the code
	python docs/reference.py
	python docs/api.py
	python -m typer lookalike.cli utils docs --name lookalike --title "Command line" --output docs/cli.md

docs: setup  ## build the documentation site
	python docs/website.py

image: setup  ## a serving image with the model and the index that are here: lookalike:bundle
	docker build --target bundle --tag lookalike:bundle \
	  $$(lookalike fingerprints | sed 's/^model /--build-arg MODEL_SHA256=/; s/^index /--build-arg INDEX_SHA256=/') \
	  --build-arg REVISION="$$(git describe --always --dirty)" .

bench:  ## how to measure what docs/benchmarks.md states
	@sed -n 's/^    \(python -m bench\.\)/\1/p' bench/*.py

requirements: pyproject.toml  ## pin anew what pyproject.toml asks for
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet uv
	( echo "$(GENERATED)"; \
	  $(PIN) --extra dev \
	    --no-emit-package nvidia-ml-py --no-emit-package pip --no-emit-package setuptools \
	    pyproject.toml | sed '/^nvidia-/d; /^cuda-/d; /^triton=/d; s/+cpu$$//' ) > requirements.new
	mv requirements.new requirements.txt
	( echo "$(GENERATED)"; \
	  $(PIN_ALL) --constraint requirements.txt --extra dev \
	    $(addprefix --no-emit-package ,pip setuptools torch torchvision triton) \
	    pyproject.toml | sed '/^nvidia-[^m]/,/[^\\]$$/d; /^cuda-/,/[^\\]$$/d' ) > requirements.new
	mv requirements.new requirements-hashes.txt
	$(MAKE) requirements-serve

requirements-serve: pyproject.toml  ## the same, by hash, for the serving image with the extras SERVE
	.venv/bin/python -m pip install --quiet uv
	( echo "$(GENERATED)"; \
	  $(PIN) --generate-hashes --constraint requirements.txt $(addprefix --extra ,$(SERVE)) \
	    pyproject.toml ) > requirements.new
	mv requirements.new requirements-serve.txt
	( echo "$(GENERATED)"; \
	  sed -n 's/^requires = \["\(.*\)"\]$$/\1/p' pyproject.toml | $(PIN) --generate-hashes - ) > requirements.new
	mv requirements.new requirements-build.txt

clean:  ## remove the environment and the caches; results stay
	rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis
