#!/bin/sh
# Generates the code of every client from the contract. With --check, compares the committed code with the contract, and
# changes nothing; without npx this is skipped with a message, with CI=true it fails.
#
# Each client installs its own generator, of a pinned version, below target/ or its own directory.
set -eu

cd "$(dirname "$0")"
for program in */generate; do
  language=${program%/generate}
  missing=
  case $language in
    go) tools="npx go" ;;
    java) tools="npx mvn" ;;
    python) tools="npx python3" ;;
    *) tools=npx ;;
  esac
  for tool in $tools; do
    command -v "$tool" >/dev/null || missing=$tool
  done
  if [ "${1:-}" = --check ] && [ -n "$missing" ]; then
    [ "${CI:-}" != true ] || { echo "generate: $missing not found, so $language cannot be checked; install it" >&2; exit 1; }
    echo "generate: SKIPPED the check of $language: $missing not found; install it to run the check"
    continue
  fi
  "./$program" "$@"
  echo "generate: $language is current"
done
