#!/usr/bin/env bash
# Breaks what the near cache rests on, each thing for SOAK_SECONDS (60), and shows what callers saw as a table.
# With an argument only the faults whose name contains it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

echo "| what broke | sessions | revocations | validations | from memory | from the store | rejected | no verdict | STRONG | waited for | worst staleness, ms | violations |"
echo "|---|---|---|---|---|---|---|---|---|---|---|---|"
# One after the other, so that none takes the time of another.
SOAK_SECONDS="${SOAK_SECONDS:-60}" "${CARGO:-cargo}" test --locked --quiet --test integration \
  "near_cache::faults::${1:-}" -- --nocapture --test-threads 1 | grep --line-buffered -o '| .* |$'
