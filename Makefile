# What there is to do with Kindred. `make` alone lists it.

BIND ?= 127.0.0.1:5000
INDEX ?= index
PROFILES ?= data/profiles.pickle
PYTHON ?= python3
CARGO ?= cargo

TARGET := $(or $(CARGO_TARGET_DIR),target)
PEERS_ENVIRONMENT := $(TARGET)/bench-peers/environment
CONTRACT_ENVIRONMENT := $(TARGET)/contract/environment
CARGO_HOME ?= $(HOME)/.cargo
HOST = $(shell rustc -vV | sed -n 's/^host: //p')

.PHONY: help build index start test test-system page test-swap soak fuzz miri lint deny bench bench-load bench-serve bench-overload bench-peers bench-scaling bench-sizing bench-hot-swap static dist verify-build verify-container install uninstall clean
.DEFAULT_GOAL := help

# A description that begins with ##! is of a target for the first day.
help: ## this list
	@echo "To begin with:"
	@awk -F ':.*##! ' '/^[a-z-]+:.*##! / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile
	@echo "The rest:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

start: build ##! index the sample if there is no index yet, and serve it on 127.0.0.1:5000 (BIND=)
	@ls $(INDEX)/index-*.knd >/dev/null 2>&1 \
	  || $(TARGET)/release/index-builder build --profiles $(PROFILES) --out $(INDEX)
	@exec $(TARGET)/release/kindred --index-dir $(INDEX) --bind $(BIND)

build: ##! the two programs, in target/release
	$(CARGO) build --release --locked --workspace

index: build ##! a new version of the index from the sample (PROFILES=, INDEX=); a running server takes it
	$(TARGET)/release/index-builder build --profiles $(PROFILES) --out $(INDEX)

# Black-box tests start both programs. Both packages have such tests, so one command builds both before any test runs;
# `cargo build` before it would compile everything again, with the fewer features that programs need.
test: $(CONTRACT_ENVIRONMENT)/made ##! all tests, that the sample is what its generator makes, and the server what its OpenAPI document says
	$(CARGO) test --workspace --locked --no-fail-fast
	$(CARGO) test --workspace --locked --features kindred/otel --test server traces::
	$(PYTHON) data/generate_profiles.py --check
	CARGO_TARGET_DIR=$(TARGET) $(CONTRACT_ENVIRONMENT)/bin/python -B tests/contract/run.py

$(CONTRACT_ENVIRONMENT)/made: tests/contract/requirements.txt
	$(PYTHON) -m venv $(CONTRACT_ENVIRONMENT)
	$(CONTRACT_ENVIRONMENT)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

test-system: ## the release binaries from outside, with the system's curl, Chromium and npm (installed by apt-get if missing)
	tests/system.sh

# The server has the page in it as it is committed: only who changes the page needs Node.js.
page: ## the explorer's assets from its sources, with npm
	cd src/server/pages/explorer/page && npm ci --no-fund --no-audit && npm run check && npm run build

fuzz: export CARGO := $(CARGO)
fuzz: export TARGET := $(TARGET)
fuzz: ## what reads bytes of others, FUZZ_SECONDS= for each target (60), with cargo-fuzz where it is installed
	fuzz/run.sh

# What has unsafe code or casts of pointers and needs no file, no thread and no system call that Miri does not know.
miri: export MIRIFLAGS += -Zmiri-disable-isolation
miri: export PROPTEST_CASES ?= 8
miri: ## the reader of index files and the distance under Miri, where a nightly toolchain has it; else exit 1
	@$(CARGO) +nightly miri --version >/dev/null 2>&1 || { echo "nothing was checked; missing: Miri in a nightly toolchain (rustup +nightly component add miri)"; exit 1; }
	$(CARGO) +nightly miri test --locked --target-dir $(TARGET)/miri -p kindred --no-default-features --lib -- \
	  distance:: file:: search:: --skip file::mmap
	$(CARGO) +nightly miri test --locked --target-dir $(TARGET)/miri -p kindred --no-default-features --test index_bytes

lint: ## format, clippy, documentation, and the builder without the server
	$(CARGO) fmt --all --check
	rustfmt --edition 2024 --check fuzz/fuzz_targets/*.rs
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	$(CARGO) clippy --workspace --locked --features kindred/otel --lib --bins --test server -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked
	$(CARGO) check -p index-builder --locked

# Advisories need a database, which only `cargo deny fetch` brings: nothing is downloaded here.
deny: ## licences, duplicates and sources of dependencies, and advisories where their database is there, by cargo-deny
	@$(CARGO) deny --version >/dev/null 2>&1 || { echo "nothing was checked; missing: cargo-deny (cargo install cargo-deny --locked)"; exit 1; }
	$(CARGO) deny --locked check licenses bans sources
	@if ls -d $(CARGO_HOME)/advisory-db*/* >/dev/null 2>&1; then $(CARGO) deny --locked check --disable-fetch advisories; \
	  else echo "advisories were not checked; missing: their database (cargo deny fetch)"; fi

bench: ## the benchmarks of distance, search (SCAN_NODES=), opening, building, the neighbour table (TABLE_NODES=), swapping, and near texts in ten scripts
	$(CARGO) bench --workspace --locked --bench distance --bench search --bench open --bench build --bench table --bench swap --bench languages

bench-load: ## requests a second and latencies of the real server, also while it swaps (LOAD_RATE=, LOAD_SECONDS=)
	$(CARGO) build --release --locked -p index-builder
	$(CARGO) bench --locked -p kindred --bench load

bench-serve: ## answers from the neighbour table against a handler that returns a fixed body
	$(CARGO) bench --locked -p kindred --bench serve

bench-overload: ## twice the load that the server can take, 10,000 idle connections, slow senders
	$(CARGO) bench --locked -p kindred --bench overload

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

bench-sizing: export CARGO_TARGET_DIR := $(TARGET)
bench-sizing: export CARGO := $(CARGO)
bench-sizing: ## memory, disk and time by profiles (SIZES=), numbers (DIMENSIONS=) and K (NEIGHBOURS=); writes docs/operations.md
	$(CARGO) build --release --locked -p index-builder
	$(PYTHON) benches/scaling/sizing.py

bench-hot-swap: export CARGO_TARGET_DIR := $(TARGET)
bench-hot-swap: ## swapping beside three other architectures (HOT_SWAP_PROFILES=, HOT_SWAP_RATE=); writes docs/hot-swap.md
	$(CARGO) bench --locked -p kindred --bench hot_swap
	$(PYTHON) benches/hot_swap/report.py

test-swap: export CARGO_TARGET_DIR := $(TARGET)
test-swap: ## what a swap promises, with 1,020 versions (some 15 minutes, 12 GB of disk); writes docs/hot-swap.md
	$(CARGO) build --release --locked -p index-builder
	$(CARGO) bench --locked -p kindred --bench guarantee
	$(PYTHON) benches/guarantee/report.py

soak: ## mixed load and swaps for SOAK_MINUTES=30: no wrong answer, no broken connection, no growing memory
	$(CARGO) build --release --locked -p index-builder
	$(CARGO) bench --locked -p kindred --bench soak

# The same bytes wherever it is built. Panics name files, so these say where they lay. Names of symbols are left out:
# LLVM writes some things in an order that depends on where it has them in memory, and then names symbols by a hash of
# that. The code is the same.
REMAP = --remap-path-prefix=$(CARGO_HOME)=/cargo --remap-path-prefix=$(CURDIR)=/kindred --remap-path-prefix=$(abspath $(TARGET))=/target

# Static linking needs an explicit target: without one, the flag would also reach procedural macros.
static: ## both programs, linked statically, in dist/
	RUSTFLAGS="-C target-feature=+crt-static -C strip=symbols $(REMAP)" $(CARGO) build --release --locked --workspace --target $(HOST)
	mkdir -p dist
	cp $(TARGET)/$(HOST)/release/kindred $(TARGET)/$(HOST)/release/index-builder dist/

dist: export CARGO := $(CARGO)
dist: export OUT := dist
dist: static ## a release, in dist/: an archive, a Debian package and SHA256SUMS, with what `make static` makes
	PROGRAMS=dist deploy/package.sh

verify-build: export MAKE := $(MAKE)
verify-build: ## that two builds of this commit in two places give the same bytes (takes as long as two times dist)
	tests/verify_build.sh

verify-container: static ## that both programs run as in the image of deploy/docker, with no other file (as root)
	tests/verify_container.sh

install uninstall: export PROGRAMS ?=
install uninstall: export TARGET := $(TARGET)
install uninstall: export PREFIX ?= /usr/local
install uninstall: export SYSCONFDIR ?= /etc
install uninstall: export DESTDIR ?=
install: ##! what was built, manual pages, completions and systemd units (PREFIX=, DESTDIR=, SYSCONFDIR=, PROGRAMS=)
	deploy/install.sh install

uninstall: ## what install installed; settings and the index stay
	deploy/install.sh uninstall

clean: ## remove what was built; an index stays
	$(CARGO) clean
	rm -rf dist
