# Targets for people and for CI. "make test" is everything that a change has
# to pass; each step of it is a target of its own.

GO     ?= go
BIN    ?= bin
GOTEST  = $(GO) test -count=1 $(VERBOSE)

# For tests/steps.sh.
export MAKE

# What "make fuzz" gives to each fuzz test; flags for "make bench"; -v to hear
# of every test.
FUZZTIME   ?= 10s
BENCHFLAGS ?=
VERBOSE    ?=

STEPS = check test-unit test-conformance test-script test-vm test-migration test-suites test-bench

.PHONY: build table test $(STEPS) packages test-long test-kernels bench fuzz clean

build:
	CGO_ENABLED=0 $(GO) build -trimpath -o $(BIN)/pidsim ./cmd/pidsim

# What is made from the table of system calls; the tests of these names compare.
table:
	$(GO) test ./tracer/internal/abi -run TestRows -update
	$(GO) test ./tracer/internal/bpf -run TestCompiled -update
	$(GO) test ./tracer -run TestSyscallsDocument -update

# Every step runs, whatever became of those before; the end tells what failed.
test: packages
	@sh tests/steps.sh $(STEPS)

# As root on Debian this installs what the tests need; otherwise it tells.
packages:
	@sh tests/packages.sh conformance script vm suites bench

check:
	@unformatted=$$(gofmt -s -l .); if [ -n "$$unformatted" ]; then \
		echo "gofmt -s would change:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) mod tidy -diff

# The packages of the product, under the race detector.
test-unit:
	$(GOTEST) -race -p 2 -timeout 10m $$($(GO) list ./... | grep -v /pidsim/tests/)

# The rest starts many processes, so one package runs at a time.
test-conformance:
	$(GOTEST) -p 1 -timeout 20m ./tests/conformance/...

test-script:
	$(GOTEST) -p 1 -timeout 10m ./tests/script/...

# A program moves to where its id is taken, and notices nothing.
test-migration:
	$(GOTEST) -p 1 -timeout 5m ./tests/migration/...

test-suites:
	$(GOTEST) -p 1 -timeout 20m ./tests/suites/...

# Whole suites of which "make test" runs the part that is about processes: those
# of CPython's sockets, multiprocessing and futures. Ten minutes.
test-long: packages
	$(GOTEST) -p 1 -timeout 40m ./tests/suites/... -run TestCPython -long

# One tiny round of the benchmarks, so that they do not rot.
test-bench:
	$(GOTEST) -p 1 -timeout 5m ./tests/bench/...

# Other kernels, in virtual machines: a patched one, and Debian's with our
# module. The first time it builds the patched kernel, which takes some minutes.
test-vm:
	@sh tests/packages.sh vm
	$(GOTEST) -p 1 -timeout 40m ./tests/vm/...

# The same with every kernel that there are patches for, and more of it.
test-kernels:
	@sh tests/packages.sh vm
	$(GOTEST) -timeout 180m -run 'Kernel|Module' ./tests/vm -kernels 6.1,6.12 -rounds 10000

bench:
	$(GO) run ./tests/bench $(BENCHFLAGS)

fuzz:
	@grep -rlE --include='*_test.go' '^func Fuzz' . | sort | while read -r file; do \
		for name in $$(sed -nE 's/^func (Fuzz[A-Za-z0-9_]*)\(.*/\1/p' "$$file"); do \
			echo "$$(dirname "$$file") $$name"; \
			$(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$(dirname "$$file")" || exit 1; \
		done; \
	done

clean:
	rm -rf $(BIN)
