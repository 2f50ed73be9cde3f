#!/usr/bin/env bash
# Injects faults into the dependencies of the near cache and of the audit, each for SOAK_SECONDS (60), and prints the
# results as two tables. With an argument, only the tests are run whose path below `faults` starts with it (`server`).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The faults run one after the other, so that they do not compete for CPU time.
run_faults() {
  SOAK_SECONDS="${SOAK_SECONDS:-60}" "${CARGO:-cargo}" test --locked --quiet --test integration \
    "$1" -- --nocapture --test-threads 1 | { grep --line-buffered -o '| .* |$' || test $? = 1; }
}

echo "| fault | sessions | revocations | validations | from memory | from the store | rejected | unavailable | STRONG | slow verdicts (> 100 ms) | verdict p50, ms | p99, ms | sign-in p99, ms | max staleness, ms | violations |"
echo "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
run_faults "near_cache::faults::${1:-}"

echo
echo "| fault | acknowledged | audited before | max backlog | audited after | lost | duplicated | out of order |"
echo "|---|---|---|---|---|---|---|---|"
run_faults "audit::faults::${1:-}"
