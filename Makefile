# Everything that is more than a line is a script in .ci, which any CI calls too.
.DEFAULT_GOAL := help
.PHONY: help build wasm run test race fuzz lint fmt soak e2e conformance bench profile size image release check clean

IMAGE ?= signalbox:dev
ARGS ?=

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: wasm ## the console and bin/signalbox
	.ci/build.sh

wasm: ## the console for the browser, compressed
	.ci/wasm.sh

run: ## build and start the demo on http://127.0.0.1:8989 (ARGS="-demo-clients 0" for more)
	BROTLI=5 .ci/wasm.sh
	.ci/build.sh
	bin/signalbox $(ARGS)

test: ## install what is needed and run every test
	.ci/test.sh

race: ## the Go tests with the race detector
	.ci/race.sh

fuzz: ## each fuzz target for FUZZTIME, 30s unless told otherwise
	.ci/fuzz.sh

soak: ## clients that check their answers while things break, for SOAK=15m
	.ci/soak.sh

lint: ## formatting, vet and staticcheck for both targets, import rules
	.ci/lint.sh

fmt: ## format the Go files
	.ci/fmt.sh

e2e: ## the console in headless Chromium
	.ci/e2e.sh

conformance: ## other people's tests and clients through the proxy (CONFORMANCE=php for some)
	.ci/conformance.sh

bench: ## throughput, CPU and memory against HAProxy and no proxy
	.ci/bench.sh

profile: ## record the profile that the program is compiled with, from a day's traffic
	.ci/profile.sh

size: wasm ## compare the console's size with its budget
	.ci/size.sh

image: ## the container image, without the demo
	docker build --build-arg VERSION="$$(.ci/version.sh)" -t $(IMAGE) .

release: size ## tag a release that has the built console in it (TAG=v1.2.3)
	.ci/release.sh "$(TAG)"

check: fmt lint race size ## what to run before a commit

clean: ## remove what was built
	rm -rf bin test-results web/static/app.wasm web/static/app.wasm.br web/static/app.wasm.gz web/static/app.version
