#!/usr/bin/env bash
# Breaks what the near cache and the audit rest on, each thing for SOAK_SECONDS (60), and shows what came of it as two
# tables. With an argument only the faults whose name contains it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# One after the other, so that none takes the time of another.
break_all() {
  SOAK_SECONDS="${SOAK_SECONDS:-60}" "${CARGO:-cargo}" test --locked --quiet --test integration \
    "$1" -- --nocapture --test-threads 1 | { grep --line-buffered -o '| .* |$' || test $? = 1; }
}

echo "| what broke | sessions | revocations | validations | from memory | from the store | rejected | no verdict | STRONG | waited for | verdict p50, ms | p99, ms | sign-in p99, ms | worst staleness, ms | violations |"
echo "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
break_all "near_cache::faults::${1:-}"

echo
echo "| what broke | answered | in the audit before | waited meanwhile | in the audit after | lost | twice | out of order |"
echo "|---|---|---|---|---|---|---|---|"
break_all "audit::faults::${1:-}"
