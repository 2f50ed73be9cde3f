CARGO ?= cargo

.DEFAULT_GOAL := help
.PHONY: help run geoip docs test test-gateways test-openapi test-webhooks test-browser screenshots test-servers test-clients test-examples bench-clients client-docs client-packages generate-clients lint-clients bench-tools lint lint-rust lint-proto lint-deploy lint-dependencies fmt bench eval deny clean model plans soak fuzz

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

run: ## Start a development server with embedded stores (nothing to install)
	$(CARGO) run --locked --bin session-authority -- dev $(if $(wildcard target/geoip/*.mmdb),--geoip target/geoip)

geoip: ## Download a GeoIP city database for `make run` (DB-IP Lite, CC BY 4.0, 64 MB)
	@scripts/fetch-geoip.sh target/geoip

docs: ## Generate docs/configuration.md, docs/openapi.json and the tables of permissions and layers from the code
	@$(CARGO) run --locked --quiet --bin session-authority -- config-reference > docs/configuration.md.new
	@mv docs/configuration.md.new docs/configuration.md
	@$(CARGO) run --locked --quiet --bin session-authority -- openapi > docs/openapi.json.new
	@mv docs/openapi.json.new docs/openapi.json
	UPDATE_DOCS=1 $(CARGO) test --locked --test integration architecture::

# Tests mostly wait for servers, so more of them run at the same time than there are cores.
test: export RUST_TEST_THREADS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 4)))
test: test-servers ## Run all tests against real Redis and PostgreSQL servers
	$(CARGO) test --locked --workspace --lib --bins --tests

test-gateways: ## Test with real gateways: Envoy, nginx, Caddy, Traefik, HAProxy (downloads them to target/)
	@scripts/fetch-gateways.sh
	$(CARGO) test --locked --test integration gateways:: -- --ignored

test-openapi: ## Check docs/openapi.json against a running server with schemathesis (downloads it to target/)
	$(CARGO) build --locked
	@scripts/test-openapi.sh

test-webhooks: ## Check the messages of webhooks with libraries of others (downloads them to target/)
	$(CARGO) build --locked
	@scripts/test-webhooks.sh

test-browser: ## Test gRPC-Web, the console and the account page in a real Chromium (installs it if it is missing)
	$(CARGO) build --locked
	@scripts/test-browser.sh

screenshots: ## Take the pictures of the pages in docs/images, from a server with simulated users (installs Chromium)
	$(CARGO) build --locked
	@scripts/test-browser.sh screenshots

test-clients: ## Test the client library of every language against a real server, and their examples
	$(CARGO) build --locked
	@clients/test.sh

# The server is built as `make test` builds it, so after that there is nothing to build.
test-examples: ## Try the example of each client library by HTTP (needs Go, Java with Maven, Node.js and Python)
	$(CARGO) test --locked --workspace --lib --bins --tests --no-run
	@clients/conformance/examples.py --server $${CARGO_TARGET_DIR:-target}/debug/session-authority

client-docs: ## Build the API documentation of every client library in target/clients/docs, warnings as errors
	@clients/each.sh build-docs

client-packages: ## Build and check the package of every client library, as it would be published
	@clients/each.sh package

bench-clients: ## Measure each client beside the bare generated stub (keep the machine otherwise idle)
	$(CARGO) build --locked --release
	@clients/conformance/bench.py --server $${CARGO_TARGET_DIR:-target}/release/session-authority

generate-clients: ## Generate the code of the clients from the contract
	@clients/generate.sh

model: ## Model-check the near cache: try every order of events (loom)
	RUSTFLAGS="--cfg model" $(CARGO) test --locked --target-dir target/model --package session-authority --lib near_cache::model

soak: test-servers ## Inject faults under the near cache and the audit, each for SOAK_SECONDS (60), and show the results
	@CARGO="$(CARGO)" scripts/soak.sh

fuzz: ## Fuzz every parser of untrusted input, each for FUZZ_SECONDS (60)
	@CARGO="$(CARGO)" scripts/fuzz.sh

plans: test-servers ## Show the query plans of the audit (PostgreSQL) with PLANS_SESSIONS (1000000) sessions
	PLANS_SESSIONS="$${PLANS_SESSIONS:-1000000}" $(CARGO) test --locked --test integration audit::history::plans -- --nocapture

test-servers: ## Install the servers that the tests need, if they are missing
	@scripts/install-test-servers.sh

# The other checks mostly wait for downloads, so they run beside those of the Rust code, one after the other.
lint: ## Check formatting, clippy, doc links, the gRPC contract, generated clients, deploy/ and the dependencies
	@$(MAKE) --no-print-directory --jobs=2 lint-rust lint-proto lint-clients lint-deploy lint-dependencies

lint-rust: ## Check formatting, clippy and doc links only
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(CARGO) clippy --locked --package session-authority --lib --profile test -- -D warnings --cfg model
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps

lint-proto: ## Check the gRPC contract only (needs npx)
	@scripts/lint-proto.sh

lint-clients: ## Check that the generated code of the clients is current
	@clients/generate.sh --check

lint-deploy: ## Check deploy/ only (downloads its tools to target/)
	@scripts/lint-deploy.sh

lint-dependencies: ## Check bans, licences and sources of the dependencies only (no network needed, except to install its tool)
	@CARGO="$(CARGO)" scripts/check-dependencies.sh policy

fmt: ## Format the code
	$(CARGO) fmt --all

bench: test-servers bench-tools ## Run all benchmarks (about 50 minutes; keep the machine otherwise idle)
	-@scripts/fetch-gateways.sh
	$(CARGO) bench --locked

eval: ## Measure the detection of attacks: precision and recall of each rule, and alerts about honest users
	$(CARGO) bench --locked --profile dev --bench detection_eval

bench-tools: ## Install the load generator h2load for `make bench`, if it is missing
	@scripts/install-bench-tools.sh

deny: lint-dependencies ## Check the dependencies, also for known vulnerabilities (from GitHub, or the clone ADVISORY_DB)
	@CARGO="$(CARGO)" scripts/check-dependencies.sh advisories

clean: ## Remove all build output
	$(CARGO) clean
