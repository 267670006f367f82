# How Containr is built, tested, shown and installed. `make help` lists the goals.
# The flags of every build stand here and nowhere else; .ci/run calls these goals.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift
# Compilers at once; the default is one a core.
JOBS ?=

# `swift build` alone accepts an import of an undeclared room; with this flag the arrows of Package.swift hold.
ARROWS := --explicit-target-dependency-import-check error
JOBS_FLAG := $(if $(JOBS),--jobs $(JOBS))
DEBUG_FLAGS := $(ARROWS) $(JOBS_FLAG)
RELEASE_FLAGS := -c release --static-swift-stdlib $(ARROWS) $(JOBS_FLAG)

# Namespaces, cgroups and nftables need root; the build does not.
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
HELLO := examples/stacks/hello/stack.yaml
HELLO_PORT ?= 8080
export HELLO_PORT
BIN := .build/release
PROGRAMS := containr containr-up containr-down containr-runtime
COMPLETIONS := $(foreach name,containr containr-up containr-down,bash-completion/completions/$(name) \
  zsh/site-functions/_$(name) fish/vendor_completions.d/$(name).fish)
# What those start, never typed by anybody.
PARTS := containr-cli containr-run containr-shim

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

.PHONY: toolchain
toolchain:
	@command -v $(SWIFT) >/dev/null || { \
	  echo "error: no 'swift' in PATH. Containr needs a Swift 6.2 toolchain or newer: https://www.swift.org/install/linux/" >&2; exit 1; }

.PHONY: packages
packages: ## install what is missing (apt-get, by name)
	@scripts/packages.sh $(if $(SUDO),2>/dev/null || $(SUDO) scripts/packages.sh)

.PHONY: layers
layers: packages ## make the examples' base layers from Debian's own packages
	@scripts/make-layers.sh

.PHONY: build
build: toolchain packages ## release build of all programs into .build/release
	$(SWIFT) build $(RELEASE_FLAGS)

.PHONY: debug
debug: toolchain packages ## debug build
	$(SWIFT) build $(DEBUG_FLAGS)

.PHONY: demo
demo: build layers ## bring the hello stack up, look at it, fetch a page from it
	@echo
	@echo '$$ containr-up -d --wait $(HELLO)'
	$(SUDO) env HELLO_PORT=$(HELLO_PORT) $(BIN)/containr-up -d --wait -y $(HELLO)
	@echo
	@echo '$$ containr ps -f $(HELLO)'
	$(SUDO) env HELLO_PORT=$(HELLO_PORT) $(BIN)/containr ps -f $(HELLO)
	@echo
	@echo '$$ curl http://127.0.0.1:$(HELLO_PORT)/'
	@curl --fail --silent --show-error --max-time 10 http://127.0.0.1:$(HELLO_PORT)/
	@echo
	@echo
	@echo 'The stack is up. Try: $(SUDO) $(BIN)/containr logs --file $(HELLO)'
	@echo 'Take it down with:    make demo-down      (or $(SUDO) $(BIN)/containr-down $(HELLO))'

.PHONY: demo-down
demo-down: ## take the hello stack away, leave nothing
	$(SUDO) env HELLO_PORT=$(HELLO_PORT) $(BIN)/containr-down -y $(HELLO)

.PHONY: test
test: toolchain packages layers ## build and run all tests; as root the privileged ones too
	$(SWIFT) build --build-tests $(DEBUG_FLAGS)
	@# Few at once: on two cores dozens of stacks side by side only measure each other. Older toolchains lack the option.
	@width=--experimental-maximum-parallelization-width; \
	if ! $(SWIFT) test --help-hidden 2>/dev/null | grep -- "$$width" >/dev/null; then width=; fi; \
	scripts/run-tests.sh $(SWIFT) test --skip-build --disable-xctest $(DEBUG_FLAGS) $${width:+$$width 4} $(TESTFLAGS)

.PHONY: test-vm
test-vm: build layers ## run the tests that touch the kernel in a virtual machine: cgroup v2, AppArmor, SELinux
	$(SWIFT) build --build-tests $(DEBUG_FLAGS)
	@$(SUDO) scripts/test-vm.sh $(VM_FILTER)

.PHONY: test-rootless-vm
test-rootless-vm: build layers ## tests of limits in the virtual machine (cgroup v2), with the programs as an ordinary user
	$(SWIFT) build --build-tests $(DEBUG_FLAGS)
	@CONTAINR_TEST_AS_USER=1 $(if $(SUDO),$(SUDO) -E) scripts/test-vm.sh $(VM_FILTER)

.PHONY: test-rootless
test-rootless: toolchain packages layers ## run the privileged tests with the built programs as an ordinary user
	$(SWIFT) build --build-tests $(DEBUG_FLAGS)
	@# Everything but what a test says of itself (docs/rootless.md lists it).
	@CONTAINR_TEST_AS_USER=1 CONTAINR_TEST_NAME=test-rootless $(if $(SUDO),$(SUDO) -E) scripts/run-tests.sh $(SWIFT) test --skip-build --disable-xctest \
	  $(DEBUG_FLAGS) --experimental-maximum-parallelization-width 4 --filter '^ContainrPrivilegedTests\.$(ROOTLESS_FILTER)' $(TESTFLAGS)

.PHONY: test-engines
test-engines: build ## containr-runtime underneath podman, dockerd and containerd, those that are installed
	@$(SUDO) scripts/test-engines.sh

.PHONY: lint
lint: toolchain ## format and the house's rules
	$(SWIFT) format lint --strict --parallel --recursive Package.swift Sources Tests
	@scripts/check-rules.sh
	@scripts/mutants.py --check

.PHONY: format
format: toolchain ## rewrite sources in the house's format
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests

.PHONY: schema
schema: toolchain packages ## write schemas/stack.schema.json and the key tables of docs/stack-file.md anew
	CONTAINR_WRITE_SCHEMA=1 $(SWIFT) test --disable-xctest $(DEBUG_FLAGS) --filter SchemaTests

.PHONY: schema-check
schema-check: packages ## check the schema and the examples with check-jsonschema (from PyPI)
	@scripts/check-schema.sh

.PHONY: script-tests
script-tests: packages ## test the scripts that compare
	python3 -m unittest discover --quiet --start-directory scripts

FUZZ_SECONDS ?= 60
.PHONY: fuzz
fuzz: toolchain packages ## fuzz the readers of files for FUZZ_SECONDS (60)
	@scripts/fuzz.sh $(FUZZ_SECONDS)

.PHONY: bench
bench: build layers ## measure against a static C floor, and crun, podman and docker where installed
	@$(SUDO) benchmarks/run.sh $(BIN)
	@benchmarks/load.sh $(BIN)

.PHONY: install
install: ## install into PREFIX (after `make build`); DESTDIR for packagers
	@[ -x $(BIN)/containr-shim ] || { echo "error: nothing is built yet; run 'make build' first" >&2; exit 1; }
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(PREFIX)/libexec/containr'
	install -s -m 0755 $(addprefix $(BIN)/,$(PROGRAMS)) '$(DESTDIR)$(PREFIX)/bin/'
	install -s -m 0755 $(addprefix $(BIN)/,$(PARTS)) '$(DESTDIR)$(PREFIX)/libexec/containr/'
	$(BIN)/containr manual '$(DESTDIR)$(PREFIX)/share/man/man1'
	install -d $(foreach place,$(COMPLETIONS),'$(DESTDIR)$(PREFIX)/share/$(dir $(place))')
	@for program in containr containr-up containr-down; do \
	  $(BIN)/containr completion --program $$program bash >"$(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$program"; \
	  $(BIN)/containr completion --program $$program zsh >"$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_$$program"; \
	  $(BIN)/containr completion --program $$program fish >"$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$program.fish"; \
	done

.PHONY: uninstall
uninstall: ## remove what `install` put there
	rm -f $(foreach name,$(PROGRAMS),'$(DESTDIR)$(PREFIX)/bin/$(name)')
	rm -f $(foreach name,$(PARTS),'$(DESTDIR)$(PREFIX)/libexec/containr/$(name)')
	rm -f '$(DESTDIR)$(PREFIX)'/share/man/man1/containr*.1 $(foreach place,$(COMPLETIONS),'$(DESTDIR)$(PREFIX)/share/$(place)')
	[ ! -d '$(DESTDIR)$(PREFIX)/libexec/containr' ] || rmdir '$(DESTDIR)$(PREFIX)/libexec/containr'

.PHONY: clean
clean: ## remove build products and made layers
	$(SWIFT) package clean
	rm -rf examples/stacks/*/layers examples/layers
