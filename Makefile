# make demo    all set-up, then the main job on the recordings that the project ships
# make test    all set-up, then every test
# make check   test, then what is slower: sanitizers, clang-tidy, slow tests, long fuzzing
# make wheel   a wheel that carries its libraries;  make bundle   everything that a machine without a network needs
# make stubs   type stubs of the extension modules;  make format;  make lock;  make clean
#
# One build tree, build/release, serves the wheel, the C++ tests and the installed C++ package.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help system venv install demo test check wheel bundle cpp-package stubs format lock clean

PYTHON ?= python3
FUZZ_SECONDS ?= 60
LONG_FUZZ_SECONDS ?= 600
JOBS ?= $(shell nproc)

VENV := $(CURDIR)/.venv
BUILD := $(CURDIR)/build/release
HDF5 := $(CURDIR)/.cache/hdf5
export PATH := $(VENV)/bin:$(PATH)
export CMAKE_BUILD_PARALLEL_LEVEL := $(JOBS)
export MPLBACKEND := Agg
export PIP_DISABLE_PIP_VERSION_CHECK := 1
PIP := $(VENV)/bin/python -m pip --quiet
LAUNCHER = $(if $(shell command -v ccache),ccache)

# Directories too: their time changes when a file goes.
SOURCES := $(shell find cpp/biopotential python cmake data CMakeLists.txt pyproject.toml -not -name '*.pyc' -not -name __pycache__ -not -name '*.so' 2>/dev/null)
CPP_SOURCES := $(SOURCES) $(shell find tests/cpp tests/fuzz cpp/benchmarks 2>/dev/null)

help:
	@sed -n '1,/^$$/s/^# \{0,1\}//p' $(firstword $(MAKEFILE_LIST))

# --- set-up -----------------------------------------------------------------------------------------------------------
system:
	@scripts/system_packages.sh $(PYTHON)

# torch comes first and with its exact version: a range would let a CUDA build in.
$(VENV)/.build-tools: pyproject.toml requirements/lock.txt scripts/system_packages.sh
	scripts/system_packages.sh $(PYTHON)
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install 'pip>=25.1'
	$(PIP) install torch==2.13.0
	$(PIP) install -c requirements/lock.txt --group build
	touch $@

$(VENV)/.test-tools: $(VENV)/.build-tools
	$(PIP) install -c requirements/lock.txt --group test --group lint
	touch $@

venv: $(VENV)/.test-tools

# --- build and install ------------------------------------------------------------------------------------------------
# The wheel of this machine, from the build tree; `dist/` gets the one for other machines.
build/wheel/.built: $(VENV)/.build-tools $(SOURCES) scripts/private_hdf5.sh
	rm -rf build/wheel && mkdir -p build/wheel
	hdf5=$$(scripts/private_hdf5.sh $(HDF5)) && \
	$(VENV)/bin/python -m pip wheel . --no-build-isolation --no-deps --wheel-dir build/wheel -v \
	    -C build-dir=$(BUILD) -C build.targets=biopotential_python -C cmake.define.CMAKE_CXX_COMPILER_LAUNCHER=$(LAUNCHER) \
	    -C cmake.define.BIOPOTENTIAL_HDF5_ROOT="$$hdf5" -C cmake.define.BIOPOTENTIAL_TORCH=ON -C cmake.define.BIOPOTENTIAL_BUILD_TESTS=ON -C cmake.define.BIOPOTENTIAL_FUZZ_SECONDS=$(FUZZ_SECONDS) \
	    -C cmake.define.BIOPOTENTIAL_WARNINGS_AS_ERRORS=ON
	touch $@

$(VENV)/.installed: build/wheel/.built
	$(PIP) install -c requirements/lock.txt build/wheel/*.whl
	$(PIP) install --force-reinstall --no-deps build/wheel/*.whl
	touch $@

install: $(VENV)/.installed

$(BUILD)/.all: build/wheel/.built $(CPP_SOURCES)
	cmake --build $(BUILD)
	touch $@

# The C++ package, as `find_package(biopotential CONFIG)` finds it.
build/install/.installed: $(BUILD)/.all
	rm -rf build/install
	cmake --install $(BUILD) --component cpp --prefix $(CURDIR)/build/install >/dev/null
	touch $@

cpp-package: build/install/.installed

dist/.wheel: build/wheel/.built scripts/repair_wheel.py
	mkdir -p dist && rm -f dist/*.whl
	python scripts/repair_wheel.py build/wheel/*.whl dist $(HDF5)
	touch $@

wheel: dist/.wheel

dist/.bundle: dist/.wheel scripts/make_bundle.py requirements/lock.txt
	python scripts/make_bundle.py dist/*.whl dist/bundle
	touch $@

bundle: dist/.bundle

# --- run --------------------------------------------------------------------------------------------------------------
demo: $(VENV)/.installed
	biopotential demo -o out/demo

test: $(VENV)/.test-tools $(VENV)/.installed dist/.wheel build/install/.installed
	scripts/run_suites.sh $(BUILD)

PRESET = -DCMAKE_CXX_COMPILER_LAUNCHER=$(LAUNCHER) -DPython3_EXECUTABLE=$(VENV)/bin/python -DBIOPOTENTIAL_TORCH=ON

check: test dist/.bundle
	cmake --preset asan $(PRESET) -DBIOPOTENTIAL_FUZZ_SECONDS=$(FUZZ_SECONDS)
	cmake --build --preset asan
	ctest --preset asan -j $(JOBS)
	build/asan/tests/fuzz/biopotential_fuzz_io --seconds $(LONG_FUZZ_SECONDS) --seed 2
	cmake --preset tidy $(PRESET)
	python scripts/clang_tidy.py build/tidy
	python -m pytest -m slow

# --- care -------------------------------------------------------------------------------------------------------------
stubs: $(VENV)/.test-tools $(VENV)/.installed
	python scripts/make_stubs.py python/biopotential

format: $(VENV)/.test-tools
	find cpp python tests \( -name '*.cpp' -o -name '*.hpp' \) -print0 | xargs -0 clang-format -i
	ruff check --fix-only --quiet .
	ruff format --quiet .

# Pin what a fresh set of the newest allowed versions resolved to; torch stands alone in this file.
lock: $(VENV)/.test-tools $(VENV)/.installed
	scripts/lock.sh > build/lock.txt && mv build/lock.txt requirements/lock.txt

clean:
	rm -rf build dist out
