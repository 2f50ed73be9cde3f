#!/bin/sh
# Lints the gRPC contract with buf and compares it with the last released one, proto/released.binpb. The rules are in
# proto/buf.yaml.
#
# npx downloads buf, pinned below, from the npm registry. Without npx the check is skipped with a message; with CI=true
# it fails instead, so that a missing check cannot go unnoticed.
set -eu

buf=@bufbuild/buf@1.75.0

cd "$(dirname "$0")/.."

if command -v npx >/dev/null; then
  npx --yes "$buf" lint proto
  npx --yes "$buf" breaking proto --against proto/released.binpb
  echo "lint: the contract passes buf lint and is compatible with the released one"
elif [ "${CI:-}" = true ]; then
  echo "lint: npx not found, so the contract cannot be checked; install Node.js" >&2
  exit 1
else
  echo "lint: SKIPPED buf lint and buf breaking of the contract: npx not found; install Node.js to run it"
fi
