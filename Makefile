# What there is to do with Kindred. `make` alone lists it.

BIND ?= 127.0.0.1:5000
INDEX ?= index
PROFILES ?= data/profiles.pickle
PYTHON ?= python3
CARGO ?= cargo

TARGET := $(or $(CARGO_TARGET_DIR),target)
PEERS_ENVIRONMENT := $(TARGET)/bench-peers/environment
HOST = $(shell rustc -vV | sed -n 's/^host: //p')

.PHONY: help build index start test test-system lint bench bench-load bench-serve bench-peers bench-scaling bench-hot-swap dist clean
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

build: ## the two programs, in target/release
	$(CARGO) build --release --locked --workspace

index: build ## a new version of the index from the sample (PROFILES=, INDEX=); a running server takes it
	$(TARGET)/release/index-builder build --profiles $(PROFILES) --out $(INDEX)

start: build ## index the sample if there is no index yet, and serve it on 127.0.0.1:5000 (BIND=)
	@ls $(INDEX)/index-*.knd >/dev/null 2>&1 \
	  || $(TARGET)/release/index-builder build --profiles $(PROFILES) --out $(INDEX)
	@exec $(TARGET)/release/kindred --index-dir $(INDEX) --bind $(BIND)

# Black-box tests start both programs; cargo builds a package's program only for the tests of that package.
test: ## all tests, and that the sample is what its generator makes
	$(CARGO) build --workspace --locked
	$(CARGO) test --workspace --locked --no-fail-fast
	$(PYTHON) data/generate_profiles.py --check

test-system: ## the release binaries from outside, with the system's curl (installed by apt-get if missing)
	tests/system.sh

lint: ## format, clippy, documentation, and the builder without the server
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked
	$(CARGO) check -p index-builder --locked

bench: ## the benchmarks of distance, search, opening, building, the neighbour table (TABLE_NODES=) and swapping
	$(CARGO) bench --workspace --locked --bench distance --bench search --bench open --bench build --bench table --bench swap

bench-load: ## requests a second and latencies of the real server, also while it swaps (LOAD_RATE=, LOAD_SECONDS=)
	$(CARGO) build --release --locked -p index-builder
	$(CARGO) bench --locked -p kindred --bench load

bench-serve: ## answers from the neighbour table against a handler that returns a fixed body
	$(CARGO) bench --locked -p kindred --bench serve

# The settings are listed in benches/peers/main.rs and peers.py.
bench-peers: export CARGO_TARGET_DIR := $(TARGET)
bench-peers: $(PEERS_ENVIRONMENT)/made ## beside other libraries (ROWS=, DIMENSION= or DATA=FILE.npy); writes docs/performance.md
	$(PEERS_ENVIRONMENT)/bin/python benches/peers/peers.py

# Nothing is left half made: the file that says so is the last to come.
$(PEERS_ENVIRONMENT)/made: benches/peers/requirements.txt
	$(PYTHON) -m venv $(PEERS_ENVIRONMENT)
	$(PEERS_ENVIRONMENT)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

bench-scaling: export CARGO_TARGET_DIR := $(TARGET)
bench-scaling: ## from 10,000 to 1,000,000 profiles (SIZES=); writes docs/performance.md
	$(CARGO) build --release --locked -p index-builder
	$(CARGO) bench --locked -p kindred --bench scaling
	$(PYTHON) benches/scaling/report.py

bench-hot-swap: export CARGO_TARGET_DIR := $(TARGET)
bench-hot-swap: ## swapping beside three other architectures (HOT_SWAP_PROFILES=, HOT_SWAP_RATE=); writes docs/hot-swap.md
	$(CARGO) bench --locked -p kindred --bench hot_swap
	$(PYTHON) benches/hot_swap/report.py

# Static linking needs an explicit target: without one, the flag would also reach procedural macros.
dist: ## both programs linked statically, in dist/
	RUSTFLAGS="-C target-feature=+crt-static" $(CARGO) build --release --locked --workspace --target $(HOST)
	mkdir -p dist
	cp $(TARGET)/$(HOST)/release/kindred $(TARGET)/$(HOST)/release/index-builder dist/

clean: ## remove what was built; an index stays
	$(CARGO) clean
	rm -rf dist
