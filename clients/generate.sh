#!/bin/sh
# Generates the code of the client libraries from the contract in proto/. With --check, compares the committed code with
# what the contract generates, and changes nothing.
#
# The plugins run locally, at pinned versions, and are installed to target/clients. Needs npx, python3 with venv and, once
# for each version, the package registries.
set -eu

buf=@bufbuild/buf@1.75.0
# The oldest generator whose code runs with protobuf 6 and 7.
python="grpcio-tools==1.75.1 mypy-protobuf==3.7.0 protobuf==6.33.6"

cd "$(dirname "$0")/.."
tools=$PWD/target/clients
mkdir -p "$tools"

if [ "$(cat "$tools/generate/wanted" 2>/dev/null)" != "$python" ]; then
  rm -rf "$tools/generate"
  python3 -m venv "$tools/generate"
  # shellcheck disable=SC2086 # one word per package
  "$tools/generate/bin/pip" --quiet --disable-pip-version-check install $python
  echo "$python" >"$tools/generate/wanted"
fi

if [ "${1:-}" != --check ]; then
  npx --yes "$buf" generate --template clients/buf.gen.yaml
  exit
fi

generated=$(mktemp -d)
trap 'rm -rf "$generated"' EXIT
trap "exit 1" INT TERM
npx --yes "$buf" generate --template clients/buf.gen.yaml --output "$generated"
sed -n 's/^ *out: //p' clients/buf.gen.yaml | sort -u | while read -r directory; do
  diff -r --exclude=__pycache__ "$generated/$directory" "$directory" || {
    echo "generate: $directory differs from the contract; run: make generate-clients" >&2
    exit 1
  }
done
echo "generate: the committed code of the clients is current"
