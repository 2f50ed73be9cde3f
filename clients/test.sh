#!/bin/sh
# Tests the client of every language: its own tests, the conformance cases, and its example. Installs what they need.
# Fails if a language could not run. Arguments: the languages to test, all by default.
set -u

cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- python typescript go java rust
server=${SESSION_AUTHORITY_PROGRAM:-target/debug/session-authority}
status=0
selected=
for language; do
  selected="$selected --language $language"
  if [ -x "clients/$language/test" ]; then
    echo "== $language: its own tests"
    "clients/$language/test" || status=1
  fi
done
echo "== conformance"
# shellcheck disable=SC2086 # one word per option
clients/conformance/run.py --server "$server" $selected || status=1
echo "== examples"
# shellcheck disable=SC2086
clients/conformance/examples.py --server "$server" $selected || status=1
exit $status
