# Leakwatch. `make` alone says what there is.

.DEFAULT_GOAL := help
.PHONY: help demo test faults bench quality tuning console-picture deploy-check lint fmt image

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@.ci/prerequisites || true

demo: ## Build, and watch a leak being caught: simulated retailer, embedded Kafka, no other service
	@.ci/prerequisites
	cargo run --release --locked -- demo

test: ## Run all tests; fetches a real Kafka for those that need one, where Java and Maven are installed
	@.ci/prerequisites
	@.ci/test

faults: ## Kill, stop and starve everything on three real brokers for SECONDS (1500), with SEED; nothing may be lost
	@.ci/prerequisites
	FAULTS_SECONDS=$(or $(SECONDS),1500) $(if $(SEED),FAULTS_SEED=$(SEED)) cargo test --locked --test faults -- --nocapture

bench: ## Measure: each stage by itself (criterion), and the whole process
	@.ci/prerequisites
	cargo bench --locked

quality: ## Measure what is caught and what is raised for nothing, in 20 simulated companies; writes docs/QUALITY.md
	@.ci/prerequisites
	cargo bench --locked --bench quality -- --seeds $(or $(SEEDS),20) --out docs/QUALITY.md

tuning: ## Measure what `suggest` is worth in three simulated companies; writes the table of docs/tuning.md
	@.ci/prerequisites
	cargo bench --locked --bench tuning -- --out docs/tuning.md

console-picture: ## Make the picture in the README anew, from a demo run in Chromium
	@.ci/prerequisites
	LEAKWATCH_REQUIRE_REAL=1 cargo bench --locked --bench console_picture -- --out docs/images/console.png

deploy-check: ## Try everything in deploy/ on a real Kubernetes API, promtool and amtool; needs Go, Java, Maven and pip
	@deploy/prometheus/check
	@tests/kube/check

lint: ## Check form, clippy, licences and banned crates
	@.ci/prerequisites
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	@command -v cargo-deny >/dev/null || { echo "make lint: cargo-deny is missing: cargo install cargo-deny --locked" >&2; exit 1; }
	cargo deny --locked check licenses bans

fmt: ## Rewrite the sources in the common form
	cargo fmt

image: ## Build the container image with buildah or docker; IMAGE=name:tag names it
	@.ci/image $(IMAGE)
