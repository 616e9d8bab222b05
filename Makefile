# chitchat. `make help` lists the targets.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run build web test test-go test-web e2e screenshots feel topology topology-load fuzz bench bench-rebuild env test-deploy lint generate check-generated fmt tools clean

GOLANGCI_LINT_VERSION := v2.15.0
GOVULNCHECK_VERSION := v1.9.0

# What the page is built from; the build is done again when one of these is newer.
WEB_SOURCES := $(shell find web/src web/public web/build -type f 2>/dev/null) \
	web/index.html web/package.json web/package-lock.json web/vite.config.ts

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## Build everything and serve it on http://localhost:8080 (ARGS="--listen …" for more)
	@bin="$$(internal/pgd/fetch.sh)" && CHITCHAT_PG_BIN="$${CHITCHAT_PG_BIN:-$$bin}" exec bin/chitchat serve $(ARGS)

build: web ## Build bin/chitchat with the page in it
	go build -trimpath -o bin/chitchat ./cmd/chitchat

web: web/dist/index.html ## Build the page

web/node_modules/.installed: web/package-lock.json web/package.json web/.npmrc
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or newer"; exit 1; }
	cd web && npm ci --no-audit --no-fund
	@touch $@

web/dist/index.html: web/node_modules/.installed $(WEB_SOURCES)
	cd web && npm run build
	@touch $@

test: test-web test-go ## Run the tests: the page's, the server's, and both in a real browser

test-web: web/node_modules/.installed
	cd web && npm test

# The race detector needs a C compiler, the browser tests a Chromium. `make lint` vets. Three packages at a time: much of
# a test's time is the start of a Postgres, which leaves the cores to others.
test-go: web
	@command -v cc >/dev/null || command -v gcc >/dev/null || { echo "a C compiler is missing: apt-get install gcc libc6-dev (macOS: xcode-select --install)"; exit 1; }
	@web/test/find-chromium.sh >/dev/null
	@bin="$$(internal/pgd/fetch.sh)" && export CHITCHAT_PG_BIN="$${CHITCHAT_PG_BIN:-$$bin}" CHROME_BIN="$$(web/test/find-chromium.sh)" && \
		go test -race -vet=off -p 3 -timeout 15m ./...

e2e: web ## Run the long tests in a real browser: all day, by keys and touch, hostile texts, long history, the list alone
	@bin="$$(internal/pgd/fetch.sh)" && export CHITCHAT_PG_BIN="$${CHITCHAT_PG_BIN:-$$bin}" CHROME_BIN="$$(web/test/find-chromium.sh)" && \
		(cd web && npm run browser) && go test -race -tags e2e -run '^TestBrowser' -timeout 15m ./cmd/chitchat

# What the processes wrote and the table of figures stay in .cache/topology.
topology: ## Kill, stop, cut off and restart each part of a whole topology under load, and check every invariant (10 minutes)
	@mkdir -p .cache/topology && bin="$$(internal/pgd/fetch.sh)" && CHITCHAT_PG_BIN="$${CHITCHAT_PG_BIN:-$$bin}" \
		go test -race -tags topology -run '^Test(Recorder|Chaos)' -count 1 -timeout 20m -v -artifacts -outputdir $(CURDIR)/.cache/topology ./internal/topology

topology-load: ## Measure memory and CPU of each role under 1,000 sockets and 200 messages a second
	@mkdir -p .cache/topology && bin="$$(internal/pgd/fetch.sh)" && CHITCHAT_PG_BIN="$${CHITCHAT_PG_BIN:-$$bin}" \
		go test -tags topology -run '^TestFootprint$$' -count 1 -timeout 10m -v -artifacts -outputdir $(CURDIR)/.cache/topology ./internal/topology

screenshots: build ## Take the pictures of docs/screenshots, of a company that does not exist
	@bin="$$(internal/pgd/fetch.sh)" && export CHITCHAT_PG_BIN="$${CHITCHAT_PG_BIN:-$$bin}" CHROME_BIN="$$(web/test/find-chromium.sh)" && \
		web/e2e/with-server.sh "node e2e/make-company.mjs" node e2e/screenshots.mjs URL ../docs/screenshots

feel: build ## Measure load time, frames while one types, and sizes of the page
	@bin="$$(internal/pgd/fetch.sh)" && export CHITCHAT_PG_BIN="$${CHITCHAT_PG_BIN:-$$bin}" CHROME_BIN="$$(web/test/find-chromium.sh)" && \
		web/e2e/with-server.sh "node e2e/make-history.mjs" node e2e/feel.mjs URL

fuzz: ## Run each fuzz target for FUZZTIME (10s)
	@set -e; for package in ./domain ./httpapi/gateway; do \
		for target in $$(go test -list '^Fuzz' $$package | grep ^Fuzz); do \
			echo "$$package $$target"; go test -run '^$$' -fuzz "^$$target$$" -fuzztime $${FUZZTIME:-10s} $$package; \
		done; done

bench: ## Measure what an append, a delivery and a projected event cost (BENCHTIME, 1s)
	go test -run '^$$' -bench . -benchtime $${BENCHTIME:-1s} -timeout 20m ./domain ./eventstore ./httpapi/gateway ./projections

bench-rebuild: ## Measure rebuild and verify beside a bare COPY of the same rows (EVENTS, 1000000)
	@bin="$$(internal/pgd/fetch.sh)" && CHITCHAT_PG_BIN="$${CHITCHAT_PG_BIN:-$$bin}" CHITCHAT_BENCH_EVENTS=$${EVENTS:-1000000} \
		go test -run '^$$' -bench '^BenchmarkRebuild$$' -benchtime 1x -timeout 30m ./cmd/chitchat

tools: bin/golangci-lint bin/govulncheck

bin/golangci-lint:
	GOBIN=$(CURDIR)/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)

bin/govulncheck:
	GOBIN=$(CURDIR)/bin go install golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION)

env: ## Write .env with new secrets for docker compose, unless it is there
	@deploy/make-env.sh .env

test-deploy: ## Check what deploys chitchat: compose, Envoy, NATS, Prometheus, Grafana, Kubernetes, Dockerfile
	cd deploy/check && go vet ./... && go test -count=1 ./...

lint: tools web/node_modules/.installed ## Check style, boundaries and known vulnerabilities
	bin/golangci-lint run
	cd deploy/check && ../../bin/golangci-lint run
	go mod verify
	cd web && npm run lint
	@out=$$(bin/govulncheck ./... 2>&1); status=$$?; \
	if [ $$status -ne 0 ] && grep -qE 'no such host|dial tcp|connection refused|fetching vulnerabilities' <<<"$$out"; then \
		echo "govulncheck: its database can't be reached from here, not checked"; \
	else echo "$$out" | tail -n 20; exit $$status; fi

generate: web/node_modules/.installed ## Make the generated files anew
	cd web && npm run generate

check-generated: web/node_modules/.installed ## Fail when a generated file or go.mod is not up to date
	cd web && npm run check-generated
	go mod tidy -diff
	cd deploy/check && go mod tidy -diff

fmt: tools web/node_modules/.installed ## Format everything
	bin/golangci-lint fmt
	cd web && npm run format

clean: ## Remove what was built and fetched (never the data)
	rm -rf bin .cache web/node_modules
	find web/dist -mindepth 1 ! -name .gitkeep -delete
