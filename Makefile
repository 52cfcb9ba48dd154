# The commands that README and .ci/run use. Every target sets up its prerequisites, and is quick when up to date.

SHELL := /bin/bash
export DARKROOM_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/darkroom
# Intermediate files live outside the clone, so that a fresh clone builds quickly; results are in target/.
export CARGO_BUILD_BUILD_DIR ?= $(DARKROOM_CACHE)/build
export PATH := $(DARKROOM_CACHE)/node/bin:$(PATH)

.PHONY: help setup build wasm worker cloudfront replay lambda lambda-arm64 package published package-npm package-python package-worker crates deploy deb demo serve test check test-arm64 test-container test-deb test-purge soak lint bench bench-stages cost fuzz fuzz-long

help:
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

setup: ## install missing compilers and test tools
	@scripts/setup-wasm.sh

wasm: setup ## build the components, in target/darkroom
	@scripts/build-wasm.sh

build: wasm ## build target/release/darkroom and the components
	@cargo build --release # all native members, so that `make test` finds its dependencies built with the same features

worker: wasm ## build the Cloudflare Worker, in edge/worker/build; wrangler deploy calls this
	@scripts/build-worker.sh

cloudfront: build ## build the CloudFront Function and the Lambda@Edge zip, in target/cloudfront
	@scripts/build-cloudfront.sh

replay: cloudfront ## replay a million synthetic requests: writes the table of docs/cloudfront.md
	@node edge/cloudfront/replay/main.mjs target/cloudfront/viewer-request.js docs/cloudfront.md

lambda: build ## build Lambda's zip and its contents: target/lambda
	@scripts/lambda.sh

lambda-arm64: build ## build the same for arm64: target/lambda-arm64
	@scripts/lambda.sh arm64

published: wasm ## build the image core without HEIC, and its lite set of formats: target/published
	@scripts/build-published.sh

package-npm: published ## build the npm package: target/npm/darkroom-image-*.tgz
	@scripts/package-npm.sh target/published/full.wasm target/published/lite.wasm target/npm

package-python: published ## build the wheel: target/python/darkroom_image-*.whl
	@scripts/package-python.sh target/published/full.wasm target/python

package-worker: published ## build the Worker as a folder that wrangler deploys without a compiler, and as a zip: target/worker-package
	@COMPONENT=target/published/full.wasm scripts/bundle-worker.sh
	@scripts/package-worker.sh target/worker target/worker-package/darkroom-worker

crates: build ## the crates that are published, each compiled from its package, without publishing
	@scripts/crates.sh

package: lambda-arm64 ## the zip that the template deploys: target/lambda-arm64/lambda.zip

deploy: package ## show the changes, ask, and deploy: CODE_BUCKET=... PARAMETERS="Name=value ..."
	@scripts/deploy.sh $(PARAMETERS)

demo: build ## process the sample photos: target/demo/index.html
	@target/release/darkroom process examples/photos --out target/demo --page

serve: build ## run the server with the sample photos: http://127.0.0.1:8080
	@scripts/serve.sh

test: build lambda cloudfront worker ## run every test
	@scripts/packages.sh tests tests
	@scripts/packages.sh aws tests/aws
	@scripts/packages.sh worker edge/worker
	@cargo test --release
	@scripts/test-infra.sh
	@scripts/test-worker.sh
	@scripts/test-cloudfront.sh
	@scripts/test-serve.sh
	@scripts/test-npm.sh
	@scripts/test-python.sh
	@scripts/test-readme.sh

check: setup ## after a change to the image core: run formatter, linter, and its tests on the native build
	@scripts/check.sh

test-arm64: lambda-arm64 ## run one event and the golden test in the arm64 program, emulated: takes minutes
	@scripts/packages.sh aws tests/aws
	@scripts/test-arm64.sh

deb: build ## build the Debian package of the command and the server: target/deb
	@scripts/deb.sh

test-deb: build ## install the Debian package into a fresh Debian, and check its systemd unit
	@scripts/test-deb.sh

test-container: build ## test the container's layers without an engine, with nginx in front of the server
	@scripts/test-container.sh

test-purge: build ## test `darkroom purge` on emulated AWS stores
	@scripts/packages.sh aws tests/aws
	@$(DARKROOM_CACHE)/aws-venv/bin/python tests/aws/purge.py target/release/darkroom

soak: build ## the server for ten minutes with good, bad and huge images, and under attack: memory holds steady; 1,200 uploads cut off at their end; 10,000 under kills
	@scripts/packages.sh aws tests/aws
	@DARKROOM_SOAK=600 DARKROOM_RACES=1200 DARKROOM_KILLED=10000 cargo test --release --test serve -- --nocapture soak attacks races kills

lint: build ## run formatter, clippy, rustdoc and other linters: warnings are errors
	@scripts/lint.sh

bench: build lambda ## compare Darkroom with native and WebAssembly tools, and with its goals; also Worker, pipeline and server
	@scripts/bench.sh
	@scripts/bench-formats.sh
	@scripts/bench-jpeg.sh
	@scripts/bench-decoders.sh
	@scripts/bench-worker.sh
	@scripts/bench-pipeline.sh
	@scripts/bench-serve.sh

bench-stages: ## benchmark each stage of the image core alone, native: criterion
	@scripts/bench-stages.sh

cost: ## write docs/cost.md, from prices and the results of `make bench`
	@scripts/packages.sh infra host/infra
	@$(DARKROOM_CACHE)/infra-venv/bin/python scripts/cost.py >target/cost.md && mv target/cost.md docs/cost.md

fuzz: ## run each fuzz target for a minute
	@scripts/fuzz.sh

MINUTES ?= 60
fuzz-long: ## all fuzz targets together for MINUTES (60), guided by coverage
	@MINUTES=$(MINUTES) scripts/fuzz.sh
