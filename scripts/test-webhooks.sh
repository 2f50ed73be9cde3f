#!/bin/sh
# Checks the messages of webhooks with implementations of others: the signatures with the libraries `standardwebhooks` of
# PyPI and npm, the content with JSON Schema, and security event tokens with PyJWT. It installs them to target/webhooks.
set -eu

packages="standardwebhooks==1.1.0 jsonschema[format]==4.26.0 pyjwt[crypto]==2.15.1"
npm_package=standardwebhooks@1.1.1

cd "$(dirname "$0")/.."
target=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)
tools=$target/webhooks

if [ "$(cat "$tools/installed" 2>/dev/null)" != "$packages $npm_package" ]; then
  echo "webhooks: installing $packages $npm_package"
  rm -rf "$tools"
  python3 -m venv "$tools/python"
  # shellcheck disable=SC2086 # one word for each package
  "$tools/python/bin/pip" --quiet --disable-pip-version-check install $packages
  npm --silent --prefix "$tools/node" install "$npm_package"
  echo "$packages $npm_package" >"$tools/installed"
fi

for algorithm in ES256 RS256; do
  "$tools/python/bin/python" scripts/test-webhooks.py "$target/debug/session-authority" "$tools/node" "$algorithm"
done
