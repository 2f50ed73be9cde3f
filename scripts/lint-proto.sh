#!/bin/sh
# Lints the gRPC contract with buf; the rules are in proto/buf.yaml.
#
# npx downloads buf, pinned below, from the npm registry. Without npx the check is skipped with a message; with CI=true
# it fails instead, so that a missing check cannot go unnoticed.
set -eu

buf=@bufbuild/buf@1.75.0

cd "$(dirname "$0")/.."

if command -v npx >/dev/null; then
  npx --yes "$buf" lint proto
  echo "lint: the contract passes buf lint"
elif [ "${CI:-}" = true ]; then
  echo "lint: npx not found, so the contract cannot be checked; install Node.js" >&2
  exit 1
else
  echo "lint: SKIPPED buf lint of the contract: npx not found; install Node.js to run it"
fi
