#!/bin/sh
# Generates code from the contract in proto/ with the buf template $1, whose plugins must be installed. With --check as
# $2, compares the committed code with what the contract generates, and changes nothing.
#
# Paths in the template are relative to the root of the repository. Each `out` holds generated code only.
set -eu

buf=@bufbuild/buf@1.75.0
template=$1

cd "$(dirname "$0")/.."
if [ "${2:-}" != --check ]; then
  npx --yes "$buf" generate --template "$template"
  exit
fi

generated=$(mktemp -d)
trap 'rm -rf "$generated"' EXIT
trap "exit 1" INT TERM
npx --yes "$buf" generate --template "$template" --output "$generated"
sed -n 's/^ *out: //p' "$template" | sort -u | while read -r directory; do
  diff -r --exclude=__pycache__ "$generated/$directory" "$directory" || {
    echo "generate: $directory differs from the contract; run: make generate-clients" >&2
    exit 1
  }
done
