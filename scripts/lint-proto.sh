#!/bin/sh
# Lints the gRPC contract with buf; the rules are in proto/buf.yaml.
#
# buf comes from the npm registry through npx, pinned here. Without npx the check is skipped, and says so;
# where CI=true it fails instead, because a check that silently did not run is worse than none.
set -eu

buf=@bufbuild/buf@1.75.0

cd "$(dirname "$0")/.."

if command -v npx >/dev/null; then
  npx --yes "$buf" lint proto
  echo "lint: the contract passes buf lint"
elif [ "${CI:-}" = true ]; then
  echo "lint: npx is missing, so the contract cannot be checked; install Node.js" >&2
  exit 1
else
  echo "lint: SKIPPED buf lint of the contract, because npx is missing; install Node.js to run it"
fi
