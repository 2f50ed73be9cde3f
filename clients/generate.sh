#!/bin/sh
# Generates the code of every client from the contract. With --check, compares the committed code with the contract, and
# changes nothing; without npx this is skipped with a message, with CI=true it fails.
#
# Each client installs its own generator, of a pinned version, below target/ or its own directory.
set -eu

cd "$(dirname "$0")"
if [ "${1:-}" = --check ] && ! command -v npx >/dev/null; then
  [ "${CI:-}" != true ] || { echo "generate: npx not found, so the clients cannot be checked; install Node.js" >&2; exit 1; }
  echo "generate: SKIPPED the check of the clients: npx not found; install Node.js to run it"
  exit
fi
for program in */generate; do
  "./$program" "$@"
  echo "generate: ${program%/generate} is current"
done
