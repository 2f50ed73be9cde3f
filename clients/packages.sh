#!/bin/sh
# Builds and checks the package of every client, as it would be published. Publishes nothing. Arguments: the languages, all by
# default.
set -u

cd "$(dirname "$0")"
[ $# -gt 0 ] || set -- python typescript go java rust elements
status=0
for language; do
  if "$language/package"; then
    echo "$language: packaged"
  else
    echo "$language: FAIL" >&2
    status=1
  fi
done
exit $status
