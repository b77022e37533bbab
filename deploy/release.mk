# What there is to do with an unpacked release. `make` alone lists it.

.PHONY: help install uninstall check
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

install: ## both programs, manual pages, completions and systemd units (PREFIX=/usr/local, DESTDIR=, SYSCONFDIR=/etc)
	deploy/install.sh install

uninstall: ## remove what install installed; settings and the index stay
	deploy/install.sh uninstall

check: ## that every file is as it was released
	sha256sum --check --quiet SHA256SUMS
