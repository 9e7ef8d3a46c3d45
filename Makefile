# make check      quick: form, lint, doors, docs, short tests (under a minute)
# make test       everything a change must pass, on a fresh Debian machine too (about 12 minutes on two cores)
# make test-long  every figure of docs/STATUS.md at full size; goes on where it was interrupted
# make fuzz       every fuzz target for T each: make fuzz T=5m
# make bench      throughput and CPU beside another client and beside a bare program
# make cross      builds for all systems

SHELL       := /bin/bash
.SHELLFLAGS := -eo pipefail -c
T           := 30s
LOG         := .cache/test.log

export CGO_ENABLED := 0

STATICCHECK := go tool -modfile=tools/go.mod staticcheck
# Every test prints its name, so that tests can be counted, and its time, for the list of the slowest.
TEST        := go test -v
TO_LOG      := 2>&1 | tee -a $(LOG)

# Rooms of which only short tests run under the race detector: they drive whole programs or whole swarms.
HEAVY       := ^groove$$|/sim$$|/interop$$|/bench
LIGHT        = $$(go list ./... | grep -vE '$(HEAVY)')

.PHONY: check test test-long fuzz bench cross programs log form units swarms clients fuzz-briefly slowest

check: form
	go test -short ./...

form:
	@test -z "$$(gofmt -l . | tee /dev/stderr)" || { echo "these files want gofmt"; exit 1; }
	go vet ./...
	$(STATICCHECK) ./...
	go mod tidy -diff

test: programs log form
	go test -short ./... $(TO_LOG)
	$(MAKE) --no-print-directory units swarms clients fuzz-briefly slowest

programs:
	@scripts/install-test-programs.sh

log:
	@mkdir -p .cache && : >$(LOG)

units:
	CGO_ENABLED=1 $(TEST) -race -shuffle=on $(LIGHT) $(TO_LOG)

# Stories of whole swarms in virtual time: S1 with one seed, and the same log from two runs.
swarms:
	$(TEST) ./sim $(TO_LOG)

# The built binary among real clients in private networks, and killed at random moments.
clients:
	$(TEST) -timeout 20m ./internal/test/interop $(TO_LOG)

fuzz-briefly:
	scripts/fuzz.sh 3s $(TO_LOG)

slowest:
	@echo "the ten slowest tests:"
	@sed -nE 's/^--- (PASS|FAIL): (\S+) \(([0-9.]+)s\)$$/\3 s  \2/p' $(LOG) | sort -rn | head -10

test-long: programs
	scripts/test-long.sh

fuzz:
	scripts/fuzz.sh $(T) docs/fuzzing.md

bench:
	go run ./bench

cross:
	scripts/cross.sh
