#!/bin/sh
# Tests the client of every language: its own tests, the conformance cases, its example, and the first lines of its
# README; and the pages to embed. Installs what they need.
# Fails if a language could not run. Arguments: the languages to test, all by default.
set -u

cd "$(dirname "$0")/.."
chosen=$*
[ $# -gt 0 ] || set -- python typescript go java rust
server=${SESSION_AUTHORITY_PROGRAM:-${CARGO_TARGET_DIR:-target}/debug/session-authority}
SESSION_AUTHORITY_PROGRAM=$(realpath "$server")
export SESSION_AUTHORITY_PROGRAM
status=0
selected=
for language; do
  selected="$selected --language $language"
  if [ -x "clients/$language/test" ]; then
    echo "== $language: its own tests"
    "clients/$language/test" || status=1
  fi
done
if [ -z "$chosen" ]; then
  echo "== elements"
  clients/elements/test || status=1
fi
echo "== conformance"
# shellcheck disable=SC2086 # one word per option
clients/conformance/run.py --server "$server" $selected || status=1
echo "== examples"
# shellcheck disable=SC2086
clients/conformance/examples.py --server "$server" $selected || status=1
echo "== first lines of the READMEs"
# shellcheck disable=SC2086
clients/conformance/readmes.py --server "$server" $selected || status=1
exit $status
