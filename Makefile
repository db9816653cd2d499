# Server5K. `make` alone lists what there is.

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -s -w -X main.version=$(VERSION)
LINT     := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZTIME ?= 60s
SEED     ?= 1
RUNS     ?= 3
DURATION ?= 20s
MUTANTS  ?= 1
KILLS    ?= 20
SHOTS    ?= $(CURDIR)/build/e2e

.DEFAULT_GOAL := help
.PHONY: help run build test e2e pictures lint check deploy-check chaos-db chaos-cluster failover bench bench-postgres bench-cluster fuzz generate

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build and start a server with demonstration data on :8000
	DEBUG=true bin/server5k serve --demo

build: ## Build the static binary bin/server5k
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/server5k ./cmd/server5k

test: ## Run all tests with the race detector, in random order
	@.ci/deps
	go test $$(command -v gcc >/dev/null && echo -race) -shuffle=on ./...

e2e: build ## Test the pages in a browser, with judges on their sockets; SHOTS
	@.ci/deps e2e
	@mkdir -p build
	@{ cat gateway/console/static/console.css; echo '/* next */'; } >build/next.css
	@echo '{"Replace":{"$(CURDIR)/gateway/console/static/console.css":"$(CURDIR)/build/next.css"}}' >build/next.json
	@CGO_ENABLED=0 go build -overlay build/next.json -trimpath -ldflags '$(LDFLAGS)' -o bin/server5k-next ./cmd/server5k
	@cd .ci/e2e && SERVER5K_BIN='$(CURDIR)/bin/server5k' SERVER5K_NEXT='$(CURDIR)/bin/server5k-next' E2E_SHOTS='$(abspath $(SHOTS))' \
		go test -count=1 -parallel 4 -timeout 10m ./...; status=$$?; echo 'screenshots: $(abspath $(SHOTS))'; exit $$status

pictures: e2e ## Make the pictures of the README anew, from what the browser shows
	@cd .ci/e2e && go run ./pictures '$(abspath $(SHOTS))' '$(CURDIR)/docs/pictures'

lint: ## Check style, go.mod and that other systems build
	$(LINT) run --allow-parallel-runners
	go mod tidy -diff
	CGO_ENABLED=0 GOOS=windows go build -o /dev/null ./cmd/server5k
	CGO_ENABLED=0 GOOS=darwin go build -o /dev/null ./cmd/server5k

check: lint test ## What must pass before a commit

deploy-check: ## Check the files for systemd, nginx, Compose and Kubernetes
	@.ci/deps deploy
	@.ci/deploy-check

chaos-db: ## Break servers and PostgreSQL under load; SEED, RUNS, DURATION, MUTANTS=0
	@.ci/deps
	go run ./cmd/chaos -seed $(SEED) -runs $(RUNS) -duration $(DURATION)
	@if [ "$(MUTANTS)" != 0 ]; then go run ./cmd/chaos -mutants; fi

chaos-cluster: ## Break three nodes, Redis and PostgreSQL under load; SEED, RUNS, DURATION, MUTANTS=0
	@.ci/deps
	go run ./cmd/chaos -cluster -seed $(SEED) -runs $(RUNS) -duration $(DURATION)
	@if [ "$(MUTANTS)" != 0 ]; then go run ./cmd/chaos -cluster -mutants; fi

failover: ## Measure how long a competition is without an owner; KILLS
	@.ci/deps
	go run ./cmd/chaos -cluster -failover $(KILLS)

bench: ## Run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...

bench-postgres: ## Run the benchmarks of PostgreSQL, with the bare inserts beside them
	@.ci/deps
	go test -run '^$$' -bench 'Unnest|Append' -benchtime 2s ./persistence/postgres
	go test -run '^$$' -bench 'Postgres|SingleCommits' -benchtime 60000x -timeout 20m ./cmd/server5k

bench-cluster: ## Run the benchmarks of a cluster, with the single node beside it
	@.ci/deps
	go test -run '^$$' -bench 'Cluster$$' -benchtime 30000x -timeout 30m ./cmd/server5k
	go test -run '^$$' -bench 'ClusterViewers' -benchtime 100x ./cmd/server5k
	go test -run '^$$' -bench 'IdleNode' -benchtime 3x ./cmd/server5k

fuzz: ## Run every fuzz target for FUZZTIME
	@set -e; for pkg in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			echo "== $$pkg $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$pkg; \
		done; \
	done

generate: ## Regenerate generated code
	go generate ./...
