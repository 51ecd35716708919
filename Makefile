# Everything here needs Go and make, and nothing else.
GO          ?= go
VENDOR      ?= trolley,irp,spreetail
STATICCHECK ?= honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: conformance
conformance: ## every case of every vendor, against the reference servers and clients, on a fake clock
	$(GO) test ./suites -count=1 -v

.PHONY: live
live: ## the same against a server: make live TARGET=https://sandbox.example.com VENDOR=trolley
	$(GO) test ./suites -count=1 -v -timeout 60m -vendor $(VENDOR) -target $(TARGET)

SDK := suites/testdata/drivers/trolley-sdk

.PHONY: sdk
sdk: ## Trolley's own SDK, from npm and unmodified, as the client under test
	cd $(SDK) && npm ci --ignore-scripts --no-audit --no-fund
	$(GO) test ./suites -count=1 -v -strict -vendor trolley -client 'node $(SDK)/driver.js' -known-failing $(SDK)/known-failing.txt -reports reports/out/sdk

BROWSER := suites/testdata/browser

.PHONY: page
page: ## report.html of seven runs, opened in Chromium; screenshots in reports/out
	cd $(BROWSER) && npm ci --ignore-scripts --no-audit --no-fund
	$(GO) test ./suites/endtoend -count=1 -v -timeout 20m -run TestPagesInABrowser -browser -out $(CURDIR)/reports/out

.PHONY: test
test: ## all tests
	$(GO) test -count=1 -shuffle=on -timeout 20m ./...

.PHONY: race
race: ## the tests under the race detector, those that try everything cut short; needs a C compiler
	$(GO) test -race -short -count=1 -shuffle=on -timeout 20m ./vectors/... ./harness/... ./reports/... ./suites ./suites/example/...

.PHONY: repeat
repeat: ## the unit tests twenty times over, in random order
	$(GO) test -count=20 -shuffle=on ./harness/... ./reports/... ./vectors/...
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do $(GO) test ./suites -count=1 -reports "" || exit 1; done

.PHONY: baseline
baseline: ## reports/baseline: what the reference servers and clients show, which the tests hold them to
	$(GO) test ./suites -count=1 -v -baseline reports/baseline -update

.PHONY: mutants
mutants: ## every case against every broken server and client; reports/out/mutants.json says what caught which
	$(GO) test ./harness/mutant -count=1 -v -run TestMutantsAreCaught -out reports/out

.PHONY: lint
lint: ## gofmt, go vet and staticcheck
	@out=$$(gofmt -l .); if [ -n "$$out" ]; then echo "gofmt would change:"; echo "$$out"; exit 1; fi
	$(GO) vet ./... ./suites/testdata/peer ./suites/testdata/drivers/go ./suites/testdata/drivers/broken ./suites/testdata/canary/...
	$(GO) run $(STATICCHECK) ./... ./suites/testdata/peer ./suites/testdata/drivers/go ./suites/testdata/drivers/broken ./suites/testdata/canary/...
	$(GO) mod verify

RECORDING ?= recording

.PHONY: har
har: ## a recording as HTTP Archive, in reports/out/recording.har: make har RECORDING=DIR
	$(GO) test ./suites -count=1 -v -replay $(RECORDING) -har reports/out/recording.har

READERS := suites/testdata/readers

.PHONY: readers
readers: ## junit.xml and the HTTP Archive as read by the parsers of their readers, from npm
	cd $(READERS) && npm ci --ignore-scripts --no-audit --no-fund
	SKEWPROOF_READERS=1 $(GO) test ./suites/endtoend -count=1 -v -run 'TestReaders|TestHAR'

.PHONY: bench
bench: ## how fast the engine is, on one core
	$(GO) test ./suites -run '^$$' -bench . -cpu 1

.PHONY: fuzz
fuzz: ## half a minute for each fuzz test
	for f in FuzzLoad FuzzJudge FuzzParseOffset; do $(GO) test ./harness -run '^$$' -fuzz "^$$f$$" -fuzztime 30s || exit 1; done

.PHONY: vectors
vectors: ## recompute every signature with Python and openssl, which share no code with the harness
	python3 vectors/recompute.py --openssl

.PHONY: build
build: ## bin/skewproof: the suite as one static program with the same flags
	CGO_ENABLED=0 $(GO) test -c -trimpath -ldflags '-s -w' -o bin/skewproof ./suites

.PHONY: help
help:
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*##/\t/'
